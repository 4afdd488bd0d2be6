"""The session: requests with a cache, a budget and checks between them, in an order that matters.

Problem: composed in the wrong order the libraries count stored answers against the budget, and with their
defaults they write keys to disk. Decision: the cache comes first and sees requests without keys; below it
stands `_Checked`, which looks at every address, follows redirects by hand, puts the key in at the last
moment, and lets nothing pass that a judge refuses; below that the budget, then requests. What the cache
stores is the checksum of a body; the body itself is in the store of bodies. Limits: cookies, netrc files
and compressed request bodies are not used.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import requests
from requests.cookies import RequestsCookieJar
from requests.utils import get_environ_proxies
from requests_cache import DO_NOT_CACHE, CacheMixin
from requests_cache.backends.base import BaseCache
from requests_cache.backends.sqlite import SQLiteCache
from requests_ratelimiter import LimiterMixin
from urllib3 import HTTPResponse

from di_advisor.errors import DiAdvisorError, SourceAddressError
from di_data.frame.adapter import SourceFacts
from di_data.frame.addresses import check_url
from di_data.frame.budgets import SharedBudget, Unlimited
from di_data.frame.exchange import Request
from di_data.frame.keys import Secret
from di_data.frame.refusals import failure_of, refuse_status
from di_data.frame.scrubbing import clean_body, clean_logs, scrub
from di_data.frame.transport import CheckedTransport

__all__ = ["IGNORED_PARAMETERS", "Call", "SourceSession", "open_session"]

IGNORED_PARAMETERS: Final = (
    *("Authorization", "Proxy-Authorization", "X-API-Key", "X-Auth-Token", "X-API-Token", "X-Access-Token"),
    *("X-Finnhub-Token", "X-OPENFIGI-APIKEY", "access_token", "api_key", "apikey", "api-key", "token", "t", "key"),
)
"""Never written, even if a caller put a key where none belongs: the library's defaults and what they lack."""

_AGENT: Final = "di_advisor (direct indexing; one user's own requests)"
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_REDIRECTS: Final = 5
_KEPT_HEADERS: Final = ("Content-Type", "ETag", "Last-Modified", "Date")


@dataclass(frozen=True)
class Call:
    """What `_Checked` needs to know of one request.

    Attributes
    ----------
    facts : SourceFacts
        Of the adapter: hosts, time limits, size.
    request : Request
        What is asked, without secrets.
    begin : callable
        Called right before sending: waits where the request says so, and gives the key or None.
    judge : callable
        Takes the body; raises where it is refused; returns what the cache is to hold in its place.
    """

    facts: SourceFacts
    request: Request
    begin: Callable[[], Secret | None] = field(repr=False)
    judge: Callable[[bytes], bytes] = field(repr=False)


class _Checked(requests.Session):
    """Checks, key, redirects and judge: between the cache above and the budget below."""

    def send(self, request: requests.PreparedRequest, *, call: Call, **_: Any) -> requests.Response:  # type: ignore[override]  # private to the frame
        """Send a request of a call, and return what the cache may hold.

        Raises
        ------
        SourceError
            Whatever went wrong, without a trace of the key.
        """
        failure: DiAdvisorError | KeyboardInterrupt
        try:
            return self._send(request, call)
        except DiAdvisorError as e:
            failure = e
        except (requests.RequestException, OSError, ValueError) as e:
            failure = failure_of(e, call.facts, call.request)
        except KeyboardInterrupt:
            failure = KeyboardInterrupt()
        # Raised out here, so that no frame of the libraries, which hold the key, hangs on to it.
        raise failure.with_traceback(None)

    def _send(self, request: requests.PreparedRequest, call: Call) -> requests.Response:
        facts = call.facts
        origin = check_url(str(request.url), facts.hosts, source=facts.name)
        secret = call.begin()
        hop = request
        for _ in range(_MOST_REDIRECTS + 1):
            host = check_url(str(hop.url), facts.hosts, source=facts.name)
            response = super().send(
                _with_key(hop, facts, secret if host == origin else None),
                allow_redirects=False,
                timeout=(facts.connect_seconds, facts.read_seconds),
                proxies=get_environ_proxies(str(hop.url), no_proxy=None),
                verify=_certificates(),
                max_bytes=facts.max_bytes,
            )
            location = response.headers.get("Location", "")
            if response.status_code not in _REDIRECTS or not location:
                return self._judged(response, request, call, secret)
            hop = _redirected(hop, location, response.status_code, call)
        raise SourceAddressError(
            f"{facts.name}: {call.request.address} leads from redirect to redirect.",
            hint="Open it in a browser; the service may have moved.",
            source=facts.name,
            address=call.request.address,
        )

    def _judged(
        self, response: requests.Response, asked: requests.PreparedRequest, call: Call, secret: Secret | None
    ) -> requests.Response:
        body = clean_body(response.content, secret)
        conditional = {"If-None-Match", "If-Modified-Since"} & set(asked.headers)
        if response.status_code == requests.codes.not_modified and conditional:
            return _clean_response(response, asked, b"")
        keyed = secret is not None
        refuse_status(response.status_code, body, response.headers, call.facts, call.request, keyed=keyed)
        return _clean_response(response, asked, call.judge(body))


class _Limited(LimiterMixin, requests.Session):
    """The budget above requests itself."""


class _CheckedAndLimited(_Checked, _Limited):  # type: ignore[misc]  # `send` of the frame asks for a call
    """Checks above the budget: every hop of a redirect counts."""


class SourceSession(CacheMixin, _CheckedAndLimited):
    """The session of one provider: cache, checks, budget, requests, in this order."""

    def __repr__(self) -> str:
        return "SourceSession()"


def open_session(
    facts: SourceFacts, cache: Path, budget: SharedBudget | Unlimited, transport: CheckedTransport
) -> SourceSession:
    """Session of one adapter.

    Parameters
    ----------
    facts : SourceFacts
        Of the adapter.
    cache : Path
        File in which the checksums of answers stand; shared by all adapters and kernels.
    budget : SharedBudget or Unlimited
        The provider's, shared by all kernels of the user.
    transport : CheckedTransport
        The wire.
    """
    clean_logs()
    session = SourceSession(
        backend=BaseCache() if facts.never_stored else _stored(cache),
        expire_after=DO_NOT_CACHE if facts.never_stored else facts.keeps_for,
        key_fn=_key_of,
        ignored_parameters=IGNORED_PARAMETERS,
        allowable_codes=(200,),
        allowable_methods=("GET", "POST"),
        match_headers=False,
        limiter=budget,
        per_host=False,
        bucket_name=facts.provider,
    )
    session.trust_env = False  # proxies and certificates are taken from the environment by hand, netrc files never
    session.cookies = _NoCookies()
    session.headers["User-Agent"] = _AGENT
    session.mount("https://", transport)
    session.mount("http://", _Closed())
    return session


def _stored(path: Path) -> SQLiteCache:
    """Cache of answers in a file; as JSON, because a file that runs code when read is not to be trusted."""
    return SQLiteCache(str(path), serializer="json", wal=True, busy_timeout=30_000)


class _Closed(CheckedTransport):
    """What stands where plain http would be."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Refuse."""
        raise SourceAddressError(f"{scrub(str(request.url))} is not https, and is not called.", hint="Use https.")


class _NoCookies(RequestsCookieJar):
    """Keeps nothing: a session that logs in is not wanted."""

    def set_cookie(self, cookie: object, *_: Any, **__: Any) -> None:
        """Forget it."""


def _key_of(request: requests.PreparedRequest, fingerprint: str = "", **_: Any) -> str:
    return fingerprint or str(request.url)


def _with_key(request: requests.PreparedRequest, facts: SourceFacts, secret: Secret | None) -> requests.PreparedRequest:
    """Return the request with its key; other hosts than the first get none."""
    place = facts.key
    if secret is None or place is None:
        return request
    keyed = request.copy()
    if place.header:
        keyed.headers[place.header] = place.prefix + secret.reveal()
    else:
        keyed.prepare_url(str(keyed.url), {place.parameter: place.prefix + secret.reveal()})
    return keyed


def _redirected(request: requests.PreparedRequest, location: str, status: int, call: Call) -> requests.PreparedRequest:
    """Return the next hop, without a key that the service may have written into its address."""
    target = urlsplit(urljoin(str(request.url), location))
    place = call.facts.key
    if place is not None and place.parameter:
        kept = [(k, v) for k, v in parse_qsl(target.query, keep_blank_values=True) if k != place.parameter]
        target = target._replace(query=urlencode(kept))
    address = urlunsplit(target)
    check_url(address, call.facts.hosts, source=call.facts.name)
    if request.method != "GET" and status not in {307, 308}:
        raise SourceAddressError(
            f"{call.facts.name}: {call.request.address} answers a question with a redirect ({status}).",
            hint="The service may have moved.",
            source=call.facts.name,
        )
    hop = request.copy()
    hop.prepare_url(address, None)
    hop.headers.pop("If-None-Match", None)
    hop.headers.pop("If-Modified-Since", None)
    return hop


def _clean_response(response: requests.Response, asked: requests.PreparedRequest, body: bytes) -> requests.Response:
    """Return a response that holds nothing but what may be stored."""
    made = requests.Response()
    made.status_code = response.status_code
    made.url = str(asked.url)
    made.request = asked
    made.headers.update({name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers})
    made.raw = HTTPResponse(
        body=io.BytesIO(body), status=response.status_code, preload_content=False, request_url=str(asked.url)
    )
    return made


def _certificates(environment: Mapping[str, str] = os.environ) -> str | bool:
    return environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE") or True
