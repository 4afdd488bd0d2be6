"""The wire: connections to checked addresses, bounded retries, bounded bodies.

Problem: a library's defaults follow redirects, read bodies without end, wait as long as a service says, and
connect to whatever a name resolves to at that moment. Decision: one transport adapter for requests whose
connections resolve once and go to the address that was checked, whose retries are urllib3's with a cap on
waiting, and which reads a body up to its limits of size and time before anybody sees it. Limits: behind a
proxy of the environment the proxy resolves the name.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable
from typing import Any, Final, cast

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse, PoolManager, Retry
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ResponseError
from urllib3.response import BaseHTTPResponse
from urllib3.util.connection import create_connection

from di_advisor.errors import SourceContentError, SourceUnavailableError
from di_data.frame.addresses import Resolver, public_addresses, system_resolver

__all__ = ["LONGEST_WAIT_SECONDS", "RETRIED", "BoundedRetry", "CheckedTransport", "Sleep", "bounded_retry"]

Sleep = Callable[[float], None]

RETRIED: Final = (429, 500, 502, 503, 504)
"""Statuses after which it is asked again."""

LONGEST_WAIT_SECONDS: Final = 60
"""A service that asks to wait longer is told no."""

_CHUNK_BYTES: Final = 2**16
_PATIENCE: Final = 10.0
"""A body may take so many read limits in all."""


class BoundedRetry(Retry):
    """urllib3's retries, with a cap on what a service may ask us to wait, and a sleep that tests replace."""

    pause: Sleep = staticmethod(time.sleep)

    def sleep_for_retry(self, response: BaseHTTPResponse) -> bool:
        """Wait as long as the service asks."""
        seconds = self.get_retry_after(response)
        if seconds:
            self.pause(seconds)
        return bool(seconds)

    def _sleep_backoff(self) -> None:
        seconds = self.get_backoff_time()
        if seconds > 0:
            self.pause(seconds)

    def parse_retry_after(self, retry_after: str) -> float:
        """Seconds that a service asks to wait, uncapped: `increment` judges them; unreadable is none."""
        try:
            return super().parse_retry_after(retry_after)
        except (ValueError, OverflowError, OSError):
            return 0.0

    def increment(self, method: str | None = None, url: str | None = None, *rest: Any, **named: Any) -> BoundedRetry:
        """Count one more try, unless the service asks to wait longer than we do."""
        response = cast("BaseHTTPResponse | None", rest[0] if rest else named.get("response"))
        if response is not None and (self.get_retry_after(response) or 0.0) > LONGEST_WAIT_SECONDS:
            raise MaxRetryError(cast(Any, named.get("_pool")), url or "", ResponseError("asks to wait too long"))
        return super().increment(method, url, *rest, **named)


def bounded_retry(sleep: Sleep) -> BoundedRetry:
    """Three more tries after a failure that may pass; never after a refusal."""
    kind: type[BoundedRetry] = type("BoundedRetry", (BoundedRetry,), {"pause": staticmethod(sleep)})
    return kind(
        total=3,
        backoff_factor=0.5,
        status_forcelist=RETRIED,
        allowed_methods=("GET", "HEAD", "POST"),
        respect_retry_after_header=True,
        raise_on_status=False,
        raise_on_redirect=False,
        redirect=False,
    )


class _PinnedConnection(HTTPSConnection):
    """Connects to an address that was checked, under the name that was asked for."""

    debuglevel = 0
    resolve: Resolver = staticmethod(system_resolver)

    def set_debuglevel(self, level: int) -> None:
        """Stay silent: the standard library would print headers, keys included."""
        del level

    def _new_conn(self) -> socket.socket:
        try:
            addresses = public_addresses(self.host, self.port or 0, self.resolve)
        except socket.gaierror as e:
            raise NameResolutionError(self.host, self, e) from e
        last = OSError("the name has no address")
        for address in addresses:
            try:
                return create_connection(
                    (address, self.port or 0), self.timeout, self.source_address, self.socket_options
                )
            except OSError as e:
                last = e
        raise NewConnectionError(self, f"no address of {self.host} answers") from last


class CheckedTransport(HTTPAdapter):
    """Transport adapter of requests for one provider.

    Parameters
    ----------
    sleep : callable
        Waits so many seconds between tries.
    resolve : callable
        Gives the IP addresses of a host.
    """

    def __init__(self, *, sleep: Sleep = time.sleep, resolve: Resolver = system_resolver) -> None:
        self._resolve = resolve
        super().__init__(max_retries=bounded_retry(sleep))

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **named: Any) -> None:  # noqa: FBT001, FBT002  # the library's own signature
        """Make connections that go to checked addresses only."""
        super().init_poolmanager(connections, maxsize, block, **named)
        connection = type("PinnedConnection", (_PinnedConnection,), {"resolve": staticmethod(self._resolve)})
        pool = type("PinnedPool", (HTTPSConnectionPool,), {"ConnectionCls": connection})
        manager = cast(PoolManager, self.poolmanager)
        manager.pool_classes_by_scheme = {"https": pool}

    def send(self, request: PreparedRequest, *rest: Any, max_bytes: int = 0, **named: Any) -> Response:
        """Send a request and read its body, up to `max_bytes`, within its limits.

        Raises
        ------
        SourceContentError
            If the body is larger than allowed, or shorter than announced.
        SourceUnavailableError
            If the body comes too slowly.
        """
        timeout = named.get("timeout")
        read_seconds = float(timeout[1]) if isinstance(timeout, tuple) else 30.0
        named["stream"] = True
        response = super().send(request, *rest, **named)
        try:
            body = _read(response, read_seconds, max_bytes)
        finally:
            response.close()
        return _whole(response, body)


def _read(response: Response, read_seconds: float, max_bytes: int) -> bytes:
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(int(announced), max_bytes)
    read = bytearray()
    deadline = time.monotonic() + read_seconds * _PATIENCE
    for chunk in response.iter_content(_CHUNK_BYTES):
        read += chunk
        if len(read) > max_bytes:
            raise _too_large(len(read), max_bytes)
        if time.monotonic() > deadline:
            raise SourceUnavailableError(
                f"The body did not come whole within {read_seconds * _PATIENCE:g} seconds.",
                hint="Ask again later, or for less at a time.",
            )
    return bytes(read)


def _too_large(seen: int, allowed: int) -> SourceContentError:
    return SourceContentError(
        f"The body is larger than this source's answers are: {seen:,} bytes or more, of {allowed:,} allowed.",
        hint="Ask for less at a time; if the source has grown, its adapter's max_bytes has to.",
        bytes=seen,
    )


def _whole(response: Response, body: bytes) -> Response:
    """Return a response whose body is in memory, with what else the frame looks at."""
    made = Response()
    made.status_code = response.status_code
    made.reason = response.reason
    made.url = response.url
    made.request = response.request
    made.headers = response.headers
    made.elapsed = response.elapsed
    made.raw = HTTPResponse(
        body=io.BytesIO(body),
        status=response.status_code,
        preload_content=False,
        decode_content=False,
        request_url="",
    )
    return made
