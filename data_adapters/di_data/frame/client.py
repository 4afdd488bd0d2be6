"""From a request to an accepted answer: what is stored, what is asked, what is refused, what is stale.

Problem: between a question and its records stand a cache, a service that may fail, a body that may be
anything, and a former answer that is better than none. Decision: one way for all adapters. A fresh stored
answer is taken; else the service is asked, its body judged by the guards and by the adapter's own parser,
and only then stored; where the service fails, the last good answer is given, marked stale, with its age in
a warning; after five failures in a row a provider is set aside for the run. Limits: one request at a time.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import requests

from di_advisor.errors import (
    DamagedStoreError,
    InputWarning,
    SourceContentError,
    SourceError,
    SourceUnavailableError,
)
from di_data.frame.adapter import Adapter, SourceFacts
from di_data.frame.addresses import check_url, takes_connections
from di_data.frame.bodies import BodyStore, Version, checksum, fingerprint, keeping
from di_data.frame.budgets import SharedBudget, Unlimited, shared_budget
from di_data.frame.bundle import Bundle
from di_data.frame.changes import changed_past
from di_data.frame.exchange import Received, Request
from di_data.frame.guards import refuse_fewer_rows
from di_data.frame.judging import judged_records, parsed_records
from di_data.frame.keys import Keys, Secret
from di_data.frame.session import Call, SourceSession, open_session
from di_data.frame.transport import CheckedTransport, Sleep

__all__ = ["Answer", "Mode", "SourceClient", "Wire", "age_in_words", "utc_now"]

_FAILURES_IN_A_ROW: Final = 5
_CLOCKS_DIFFER_BY: Final = timedelta(minutes=5)


class Mode(StrEnum):
    """Where answers come from."""

    ONLINE = "online"
    CACHE_ONLY = "cache_only"
    """Stored answers only: no socket is opened."""
    BUNDLE = "bundle"
    """Answers of a bundle only: no socket is opened."""


@dataclass(frozen=True)
class Answer:
    """An accepted answer to one request.

    Attributes
    ----------
    body : bytes
        As it came.
    received : Received
        Its circumstances.
    records : tuple
        What the adapter made of it.
    notes : tuple of str
        What a person should read: its age where it is stale, what changed about the past.
    """

    body: bytes
    received: Received
    records: tuple[Any, ...]
    notes: tuple[str, ...] = ()


def utc_now() -> datetime:
    """Now, for the rim of the package."""
    return datetime.now(UTC)  # noqa: TID251  # here, at the rim, now becomes an argument


def age_in_words(age: timedelta) -> str:
    """How old something is, as it is shown."""
    if age >= timedelta(days=2):
        return f"{age.days} days old"
    hours = int(age / timedelta(hours=1))
    return f"{hours} hours old" if hours >= 2 else f"{max(0, int(age / timedelta(minutes=1)))} minutes old"


def _checked(sleep: Sleep) -> CheckedTransport:
    return CheckedTransport(sleep=sleep)


@dataclass(frozen=True)
class Wire:
    """How services are reached; only tests replace any of it.

    Attributes
    ----------
    sleep : callable
        Waits so many seconds.
    transport : callable
        Makes the transport adapter of a session out of `sleep`.
    limited : bool
        Whether budgets are kept; a test's own server needs none.
    reach : callable
        Says of a host whether it takes connections; None where that cannot be said.
    """

    sleep: Sleep = time.sleep
    transport: Callable[[Sleep], CheckedTransport] = _checked
    limited: bool = True
    reach: Callable[[str], bool | None] = takes_connections


class SourceClient:
    """Answers requests of adapters.

    Parameters
    ----------
    folder : Path
        Where answers and budgets are kept.
    mode : Mode
        Where answers come from.
    keys : Keys, optional
        Keys of services.
    bundle : Bundle, optional
        Answers for the mode `BUNDLE`.
    clock : callable
        Gives the time, UTC.
    wire : Wire
        How services are reached.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mode: Mode = Mode.ONLINE,
        keys: Keys | None = None,
        bundle: Bundle | None = None,
        clock: Callable[[], datetime] = utc_now,
        wire: Wire | None = None,
    ) -> None:
        self.folder, self.mode, self.keys, self.clock = folder, mode, keys or Keys(), clock
        self.bodies = BodyStore(folder)
        self._bundle, self._wire = bundle, wire or Wire()
        self._sessions: dict[str, SourceSession] = {}
        self._budgets: dict[str, SharedBudget | Unlimited] = {}
        self._failed: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"SourceClient({self.mode.value}, {self.keys!r})"

    def answer(
        self, adapter: Adapter[Any], request: Request, *, accept_fewer: bool = False, as_fetched: datetime | None = None
    ) -> Answer:
        """Answer a request.

        Parameters
        ----------
        adapter : Adapter
            Whose request it is.
        request : Request
            What is asked.
        accept_fewer : bool
            Whether far fewer records than last time are believed.
        as_fetched : datetime, optional
            Give the answer as it was known then, from the store.

        Raises
        ------
        SourceError
            If there is neither a good answer nor a former one.
        StoreError
            If the store cannot be read or written, or what is stored or bundled is not what was written.
        """
        if self.mode is Mode.BUNDLE:
            return self._bundled(adapter, request)
        with keeping(self.folder):
            if as_fetched is not None or self.mode is Mode.CACHE_ONLY:
                return self._stored(adapter, request, as_fetched)
            return self._asked(adapter, request, accept_fewer=accept_fewer)

    def close(self) -> None:
        """Close connections and files."""
        for session in self._sessions.values():
            session.close()  # type: ignore[no-untyped-call]  # the library has hints elsewhere
        for budget in self._budgets.values():
            budget.close()
        self._sessions, self._budgets = {}, {}

    def _asked(self, adapter: Adapter[Any], request: Request, *, accept_fewer: bool) -> Answer:
        facts, key = adapter.facts, fingerprint(adapter.facts.name, request)
        try:
            self._refuse_set_aside(facts)
            found = self._sent(adapter, request, key, accept_fewer=accept_fewer)
        except SourceError as e:
            if isinstance(e, SourceUnavailableError | SourceContentError):
                self._failed[facts.provider] = self._failed.get(facts.provider, 0) + 1
                former = self._former(adapter, request, key)
                if former is not None:
                    return self._stale(former, e)
            raise
        self._failed[facts.provider] = 0
        return found

    def _sent(self, adapter: Adapter[Any], request: Request, key: str, *, accept_fewer: bool) -> Answer:
        facts, made = adapter.facts, list[Answer]()

        def judge(body: bytes) -> bytes:
            received = self._received(facts, request, checksum(body), self.clock())
            records = judged_records(adapter, body, received)
            versions = () if facts.never_stored else self.bodies.versions(key)
            last = versions[-1] if versions else None
            if not accept_fewer:
                refuse_fewer_rows(len(records), last.records if last else None, received)
            notes: tuple[str, ...] = ()
            if not facts.never_stored:
                notes = self._changes(adapter, request, last, records, received)
                with keeping(self.folder):
                    self.bodies.put(body)
                    self.bodies.note(key, Version(received.raw_sha256, received.fetched_at, len(records)))
            made.append(Answer(body, received, records, notes))
            return json.dumps([received.raw_sha256, received.fetched_at.isoformat()]).encode()

        session = self._session(facts)
        stored = None if facts.never_stored else session.cache.get_response(key)
        call = Call(facts, request, lambda: self._begin(facts, request), judge)
        fresh = stored is not None and not stored.is_expired
        if stored is not None and fresh and not self._of_our_time(stored, facts):
            session.cache.delete(key)  # the clock was moved meanwhile: ask
            fresh = False
        held = stored if stored is not None and fresh else self._send(session, request, call, key)
        if made:
            return made[-1]
        sha256, fetched_at = json.loads(held.content)
        try:
            body = self.bodies.get(sha256)
        except DamagedStoreError:
            body = None
        if body is None:  # deleted or damaged under the cache's feet: ask anew
            session.cache.delete(key)
            self._send(session, request, call, key)
            return made[-1]
        received = self._received(facts, request, sha256, datetime.fromisoformat(fetched_at))
        return Answer(body, received, parsed_records(adapter, body, received))

    def _of_our_time(self, stored: requests.Response, facts: SourceFacts) -> bool:
        age = self.clock() - datetime.fromisoformat(json.loads(stored.content)[1])
        return -_CLOCKS_DIFFER_BY <= age <= facts.keeps_for

    def _send(self, session: SourceSession, request: Request, call: Call, key: str) -> requests.Response:
        # Before the library reads the address, which raises errors of its own about odd ones.
        check_url(request.address, call.facts.hosts, source=call.facts.name)
        return session.send(session.prepare_request(_prepared(request)), call=call, fingerprint=key)

    def _begin(self, facts: SourceFacts, request: Request) -> Secret | None:
        secret = self.keys.find(facts)
        if request.wait:
            self._wire.sleep(request.wait.total_seconds())
        return secret

    def _changes(
        self, adapter: Adapter[Any], request: Request, last: Version | None, records: Sequence[Any], received: Received
    ) -> tuple[str, ...]:
        if last is None or last.raw_sha256 == received.raw_sha256:
            return ()
        try:
            body = self.bodies.get(last.raw_sha256)
            if body is None:
                return ()
            before = self._received(adapter.facts, request, last.raw_sha256, last.fetched_at)
            changes = changed_past(parsed_records(adapter, body, before), records)
        except (DamagedStoreError, SourceContentError):
            return ()
        if not changes:
            return ()
        told = (
            f"{adapter.facts.provider}, {request.address}: the past has changed since "
            f"{last.fetched_at:%Y-%m-%d %H:%M}: {'; '.join(changes)}. "
            f"The former answer is kept (sha256 {last.raw_sha256[:12]}...)."
        )
        warnings.warn(told, InputWarning, stacklevel=2)
        return (told,)

    def _former(
        self, adapter: Adapter[Any], request: Request, key: str, until: datetime | None = None
    ) -> Answer | None:
        """Return the last answer that is stored, that its adapter still accepts."""
        for version in reversed(self.bodies.versions(key)):
            if until is not None and version.fetched_at > until:
                continue
            body = self.bodies.get(version.raw_sha256)
            if body is not None:
                received = self._received(adapter.facts, request, version.raw_sha256, version.fetched_at)
                return Answer(body, received, parsed_records(adapter, body, received))
        return None

    def _stale(self, former: Answer, why: SourceError) -> Answer:
        age = age_in_words(former.received.age(self.clock()))
        told = f"{former.received.provider}, {former.received.source}: {age}, because the source failed: {why}"
        warnings.warn(told, InputWarning, stacklevel=2)
        return replace(former, received=replace(former.received, stale=True), notes=(*former.notes, told))

    def _stored(self, adapter: Adapter[Any], request: Request, until: datetime | None) -> Answer:
        facts = adapter.facts
        found = self._former(adapter, request, fingerprint(facts.name, request), until)
        if found is None:
            when = f" as of {until:%Y-%m-%d %H:%M}" if until else ""
            raise SourceUnavailableError(
                f"{facts.title} ({facts.name}), {request.address}: nothing is stored{when}, and no socket is opened.",
                hint="Pull it once in mode online, or load a bundle.",
                source=facts.name,
                address=request.address,
            )
        age = found.received.age(self.clock())
        if until is None and age > facts.keeps_for:
            told = f"{facts.provider}, {request.address}: {age_in_words(age)}; it is taken anew in mode online."
            warnings.warn(told, InputWarning, stacklevel=2)
            return replace(found, received=replace(found.received, stale=True), notes=(told,))
        return found

    def _bundled(self, adapter: Adapter[Any], request: Request) -> Answer:
        if self._bundle is None:
            raise SourceUnavailableError("The mode is bundle, and there is no bundle.", hint="Name its folder.")
        body, received = self._bundle.body(adapter.facts, request)
        return Answer(body, received, judged_records(adapter, body, received))

    def _refuse_set_aside(self, facts: SourceFacts) -> None:
        if self._failed.get(facts.provider, 0) >= _FAILURES_IN_A_ROW:
            raise SourceUnavailableError(
                f"{facts.provider} failed {_FAILURES_IN_A_ROW} times in a row and is set aside for this run.",
                hint="Start again later, or work on what is stored (mode cache_only).",
                source=facts.name,
            )

    def _received(self, facts: SourceFacts, request: Request, sha256: str, at: datetime) -> Received:
        return Received(request, request.address, sha256, at, facts.provider, facts.licence)

    def _session(self, facts: SourceFacts) -> SourceSession:
        if facts.name not in self._sessions:
            self.folder.mkdir(parents=True, exist_ok=True)
            budget = self._budgets.get(facts.provider)
            if budget is None:
                limits = facts.limits if self._wire.limited else ()
                path = self.folder / "budgets.sqlite"
                budget = shared_budget(path, facts.provider, limits, sleep=self._wire.sleep)
                self._budgets[facts.provider] = budget
            transport = self._wire.transport(self._wire.sleep)
            self._sessions[facts.name] = open_session(facts, self.folder / "answers.sqlite", budget, transport)
        return self._sessions[facts.name]


def _prepared(request: Request) -> requests.Request:
    headers: Mapping[str, str] = request.headers
    if request.body:
        headers = {"Content-Type": "application/json", **headers}
    parameters = [(name, value) for name, value in request.parameters]
    return requests.Request(
        request.method.value, request.url, params=parameters, headers=dict(headers), data=request.body.encode() or None
    )
