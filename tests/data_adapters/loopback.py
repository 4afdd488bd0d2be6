"""A service on this machine in place of a real one: the adapter, its https address and the session stay as they are.

The one thing replaced is the wire: `LoopbackTransport` connects to a server of the test instead of the host, in plain
text, with the limits of time and size small enough for a test. Checks of addresses and redirects, keys, cache and
judge are the ones that users get.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from pytest_httpserver import HTTPServer
from urllib3 import HTTPConnectionPool
from werkzeug import Request as Seen
from werkzeug import Response

from di_data.frame.adapter import Adapter, SourceFacts
from di_data.frame.client import Mode, SourceClient, Wire
from di_data.frame.discovery import Discovery
from di_data.frame.keys import Keys
from di_data.frame.transport import CheckedTransport

CANARY = "canary-5f3759df-key"
"""Stands for a key; nothing that is written or shown may hold it."""

MORNING = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

Handler = Callable[[Seen], Response]


class LoopbackTransport(CheckedTransport):
    """Connects to a server of the test, whatever the host."""

    def __init__(
        self, port: int, *, sleep: Callable[[float], None], read_seconds: float = 5.0, max_bytes: int | None = None
    ) -> None:
        self._port, self._read_seconds, self._most = port, read_seconds, max_bytes
        self._pool = HTTPConnectionPool("127.0.0.1", port)
        super().__init__(sleep=sleep)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        return self._pool

    def add_headers(self, request: requests.PreparedRequest, **_: Any) -> None:
        request.headers["Host"] = urlsplit(request.url).netloc

    def send(
        self, request: requests.PreparedRequest, *rest: Any, max_bytes: int = 0, **named: Any
    ) -> requests.Response:
        named["timeout"] = (2.0, self._read_seconds)
        return super().send(request, *rest, max_bytes=self._most or max_bytes, **named)

    def close(self) -> None:
        self._pool.close()
        super().close()


class Service:
    """A service on loopback that answers with what it is told, in order; the last answer repeats."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.seen: list[Seen] = []
        self.slept: list[float] = []
        self.released = threading.Event()
        self._answers: list[Handler] = []

    def answers(self, *answers: bytes | int | Response | Handler) -> None:
        """Answer so from now on: bodies with 200, statuses, responses, or functions of a request."""
        self.seen.clear()
        self.slept.clear()
        self._answers = [_handler(each) for each in answers]
        self.server.clear()
        self.server.expect_request(re.compile(r".*")).respond_with_handler(self._respond)

    def client(self, folder: Path, facts: Sequence[SourceFacts] = (), **settings: Any) -> SourceClient:
        """Client whose wire leads here; every key that is needed is the canary."""
        wire = {name: settings.pop(name) for name in ("read_seconds", "max_bytes") if name in settings}
        given = {each.key.variable: CANARY for each in facts if each.key is not None}
        settings.setdefault("keys", Keys(given, environment={}, keyring=lambda _: None))
        settings.setdefault("clock", lambda: MORNING)
        settings.setdefault("mode", Mode.ONLINE)
        return SourceClient(
            folder,
            wire=Wire(
                self.slept.append, lambda sleep: LoopbackTransport(self.server.port, sleep=sleep, **wire), limited=False
            ),
            **settings,
        )

    def _respond(self, request: Seen) -> Response:
        request.get_data()
        self.seen.append(request)
        answer = self._answers[min(len(self.seen), len(self._answers)) - 1]
        return answer(request)

    def slow(self, _: Seen) -> Response:
        """Answer too late."""
        self.released.wait(1.0)
        return Response(b"too late")


class Installed(Discovery):
    """Stands for what is installed."""

    def __init__(self, *adapters: Adapter[Any]) -> None:
        super().__init__({})
        self._loaded = {each.facts.name: each for each in adapters}

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._loaded))


def forget_freshness(folder: Path) -> None:
    """Make what is stored under a folder old: it is asked for again, and stays what it was."""
    for path in folder.rglob("answers.sqlite*"):
        path.unlink()


def redirect(location: str, status: int = 302) -> Response:
    """Redirect."""
    return Response(b"", status=status, headers={"Location": location})


def cut_off(body: bytes) -> Handler:
    """Half a body that announces the whole."""

    def respond(_: Seen) -> Response:
        response = Response(body[: len(body) // 2])
        response.automatically_set_content_length = False
        response.headers["Content-Length"] = str(len(body))
        return response

    return respond


def _handler(answer: bytes | int | Response | Handler) -> Handler:
    if isinstance(answer, bytes):
        return lambda _: Response(answer)
    if isinstance(answer, int):
        return lambda _: Response(b'{"detail": "no"}', status=answer)
    if isinstance(answer, Response):
        return lambda _: Response(answer.data, status=answer.status_code, headers=answer.headers)
    return answer
