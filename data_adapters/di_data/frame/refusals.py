"""What a failure means, in words that say what to do, without a key in them.

Problem: "403 Client Error" sends an analyst to a search engine, and the library's own text quotes the
address with the key. Decision: statuses and exceptions become one of four errors with a hint that knows
whether a key was sent and where it goes; nothing of the library's own text is passed on. Limits: what the
service itself writes is quoted up to 200 characters, masked.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import Any, Final

import requests
from urllib3.exceptions import (
    HTTPError,
    IncompleteRead,
    LocationParseError,
    NameResolutionError,
    ReadTimeoutError,
    SSLError,
)

from di_advisor.errors import (
    SourceAddressError,
    SourceContentError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
)
from di_data.frame.adapter import SourceFacts
from di_data.frame.exchange import Request
from di_data.frame.scrubbing import scrub
from di_data.frame.transport import LONGEST_WAIT_SECONDS

__all__ = ["failure_of", "refuse_status"]

_PASSING: Final = {408, 425, 429}
_QUOTED: Final = 200
_HINTS: Final = {
    400: "The service does not understand the question: check symbols, days and options.",
    401: "It needs a key: see its documentation.",
    402: "The plan behind the key does not include this, or not for this symbol.",
    403: "The service turns us away: too many questions, a blocked network, or a key is needed.",
    404: "There is nothing at this address: check the symbol; or the service has moved.",
}


def refuse_status(
    status: int, body: bytes, headers: Mapping[str, Any], facts: SourceFacts, request: Request, *, keyed: bool
) -> None:
    """Refuse every status but 200.

    Raises
    ------
    SourceRefusedError
        If asking again would not help.
    SourceUnavailableError
        If it may.
    SourceContentError
        If it is a success that carries nothing.
    """
    if status == requests.codes.ok:
        return
    where = f"{facts.title} ({facts.name}), {request.address}"
    told = _quoted(body)
    seen: dict[str, Any] = {"source": facts.name, "address": request.address, "status": status}
    if status in _PASSING or status >= requests.codes.internal_server_error:
        wait = str(headers.get("Retry-After", ""))
        asks = f" and asks to wait {wait} s (we wait up to {LONGEST_WAIT_SECONDS})" if wait.isdigit() else ""
        raise SourceUnavailableError(
            f"{where}: status {status} after bounded retries{asks}.{told}",
            hint="Ask again later; the limits of the provider are in its adapter's facts."
            if status == requests.codes.too_many_requests
            else "The service has a fault of its own: ask again later.",
            **seen,
        )
    if status < requests.codes.bad_request:
        raise SourceContentError(f"{where}: status {status} instead of data.{told}", hint="Ask again later.", **seen)
    raise SourceRefusedError(f"{where}: status {status}.{told}", hint=_hint(status, facts, keyed=keyed), **seen)


def failure_of(error: Exception, facts: SourceFacts, request: Request) -> SourceError:
    """Return the typed error of an exception of the libraries."""
    where = f"{facts.title} ({facts.name}), {request.address}"
    causes = _causes(error)
    seen: dict[str, Any] = {"source": facts.name, "address": request.address, "cause": type(error).__name__}
    for cause in causes:
        if isinstance(cause, SourceError):
            return cause
    if any(isinstance(each, IncompleteRead) for each in causes):
        return SourceContentError(
            f"{where}: the body is cut off, it is shorter than the service announced.",
            hint="Ask again; what was stored before stays.",
            **seen,
        )
    if any(isinstance(each, requests.exceptions.ContentDecodingError) for each in causes):
        return SourceContentError(f"{where}: the compressed body cannot be read.", hint="Ask again.", **seen)
    if any(isinstance(each, requests.exceptions.InvalidURL | LocationParseError) for each in causes):
        return SourceAddressError(f"{where}: an address, or a redirect's, cannot be read.", hint="Check it.", **seen)
    return SourceUnavailableError(
        f"{where}: {_in_words(causes, facts)}",
        hint="Check the network, or work on what is stored (mode cache_only).",
        **seen,
    )


def _in_words(causes: list[BaseException], facts: SourceFacts) -> str:
    if any(isinstance(each, requests.exceptions.ReadTimeout | ReadTimeoutError) for each in causes):
        return f"no answer within {facts.read_seconds:g} seconds."
    if any(isinstance(each, requests.exceptions.ConnectTimeout) for each in causes):
        return f"no connection within {facts.connect_seconds:g} seconds."
    if any(isinstance(each, NameResolutionError) for each in causes):
        return "the name of the host is not known to the name server."
    if any(isinstance(each, SSLError | ssl.SSLError | requests.exceptions.SSLError) for each in causes):
        return "the certificate of the service is not trusted (REQUESTS_CA_BUNDLE names a company's own)."
    if any(isinstance(each, requests.exceptions.ProxyError) for each in causes):
        return "the proxy of the environment does not answer."
    return f"the connection failed ({type(causes[-1]).__name__})."


def _causes(error: BaseException) -> list[BaseException]:
    """Return an exception with all that it wraps."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or each in found:
            continue
        found.append(each)
        waiting += [getattr(each, "reason", None), each.__cause__, each.__context__]
        if isinstance(each, requests.RequestException | HTTPError | OSError):
            waiting += list(each.args)
    return found


def _hint(status: int, facts: SourceFacts, *, keyed: bool) -> str:
    own = dict(facts.hints).get(status)
    if own:
        return own
    place = facts.key
    if place is not None and place.header.lower() == "user-agent" and status in {401, 403}:
        return (
            f"This service wants to know who asks: set {place.variable} to a company's name and an e-mail address. It "
            "also answers so for ten minutes to who asked too often."
        )
    key = place.variable if place is not None else ""
    with_key = {
        401: f"The key is not accepted: check {key}.",
        403: f"The key {key} is not accepted, or its plan does not include this.",
    }
    return (with_key if keyed else {}).get(status) or _HINTS.get(status) or f"See {facts.documentation}."


def _quoted(body: bytes) -> str:
    text = re.sub(r"\s+", " ", body[: 4 * _QUOTED].decode("utf-8", errors="replace")).strip()
    if not text or text.startswith("<") or not text.isprintable():
        return ""
    return f" It says: {scrub(text)[:_QUOTED]}"
