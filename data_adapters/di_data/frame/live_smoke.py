"""The live smoke test: one tiny question to every real service, and a dated report of what came.

Problem: what an adapter claims about a service is as documented, until somebody with a network looks.
Decision: each adapter names a small question; on an explicit wish, and never in continuous integration, it
is asked anew, and what came is written as JSON and as text: whether the documented shape answered, what was
refused, with which checksum. Limits: a good answer today says nothing of tomorrow, hence the date.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from di_advisor.domain.source_reports import Pulled, SmokeResult
from di_advisor.errors import (
    DiAdvisorError,
    InputError,
    PluginError,
    SourceContentError,
    SourceRefusedError,
    SourceUnavailableError,
)
from di_data.frame.adapter import Adapter
from di_data.frame.bodies import write_whole
from di_data.frame.client import SourceClient, Wire
from di_data.frame.keys import Keys
from di_data.frame.pulling import pull
from di_data.frame.scrubbing import scrub

__all__ = ["LIVE_VARIABLE", "Smoke", "refuse_unless_wished"]

LIVE_VARIABLE: Final = "DI_ADVISOR_LIVE"
"""Set to 1 where a program wishes to call the real services."""

_SHOWN: Final = 400
_OUTCOMES: Final[dict[type[DiAdvisorError], str]] = {
    SourceRefusedError: "refused",
    SourceUnavailableError: "unavailable",
    SourceContentError: "other content",
}


@dataclass(frozen=True)
class Smoke:
    """What a smoke test needs.

    Attributes
    ----------
    adapter : callable
        Gives the adapter of a name; raises PluginError.
    keys : Keys
        Keys of services.
    clock : callable
        Gives the time, UTC.
    wire : Wire
        How services are reached.
    """

    adapter: Callable[[str], Adapter[Any]]
    keys: Keys
    clock: Callable[[], datetime]
    wire: Wire

    def run(self, names: Sequence[str], folder: Path) -> tuple[SmokeResult, ...]:
        """Ask every source its example and write ``smoke-DATE.json`` and ``smoke-DATE.txt``."""
        started = self.clock()
        client = SourceClient(
            folder / f"bodies-{started:%Y-%m-%dT%H%M%S}", keys=self.keys, clock=self.clock, wire=self.wire
        )
        results, rows = [], []
        try:
            for name in names:
                result, row = self._asked(client, name)
                results.append(result)
                rows.append(row)
        finally:
            client.close()
        report = {
            "started_at": started.isoformat(),
            "python": platform.python_version(),
            "what": "one documented question to each live service, asked anew",
            "sources": rows,
        }
        stem = f"smoke-{started:%Y-%m-%d}"
        write_whole(folder / f"{stem}.json", json.dumps(report, indent=1).encode())
        write_whole(folder / f"{stem}.txt", _in_words(started, results).encode())
        return tuple(results)

    def _asked(self, client: SourceClient, name: str) -> tuple[SmokeResult, dict[str, object]]:
        try:
            adapter = self.adapter(name)
        except PluginError as e:
            return _told(name, "fails", str(e))
        query = adapter.facts.example
        if query is None:
            return _told(name, "not asked", "its adapter names no example to ask")
        try:
            pulled = pull(client, adapter, query)
        except DiAdvisorError as e:
            return _told(name, next((word for kind, word in _OUTCOMES.items() if isinstance(e, kind)), "fails"), str(e))
        return _answered(name, pulled)


def refuse_unless_wished(*, live: bool, environment: Mapping[str, str] = os.environ) -> None:
    """Refuse to call real services unless that is wished for, and always in continuous integration.

    Raises
    ------
    InputError
        If it is not.
    """
    if environment.get("CI", "").lower() in {"1", "true"}:
        raise InputError("The live smoke test never runs in continuous integration.", hint="Run it by hand.")
    if not live and environment.get(LIVE_VARIABLE) != "1":
        raise InputError(
            "The live smoke test calls real services, with your keys and against your limits.",
            hint=f"Ask for it: live=True, or set {LIVE_VARIABLE}=1.",
        )


def _answered(name: str, pulled: Pulled) -> tuple[SmokeResult, dict[str, object]]:
    detail = f"{len(pulled.records)} records of the documented shape in {len(pulled.received)} answers"
    result, row = _told(name, "answers" if pulled.records else "other content", detail, len(pulled.records))
    row["answers"] = [
        {"source": each.provenance.source, "sha256": each.provenance.raw_sha256, "records": each.records}
        for each in pulled.received
    ]
    row["missing"] = list(pulled.missing)
    return result, row


def _told(name: str, outcome: str, detail: str, records: int = 0) -> tuple[SmokeResult, dict[str, object]]:
    result = SmokeResult(name, outcome, scrub(detail)[:_SHOWN], records)
    return result, {"name": name, "outcome": outcome, "detail": result.detail, "records": records}


def _in_words(started: datetime, results: Sequence[SmokeResult]) -> str:
    width = max((len(each.name) for each in results), default=0)
    lines = [f"Live smoke test of {started:%Y-%m-%d %H:%M} UTC", ""]
    lines += [f"{each.name:<{width}}  {each.outcome:<13}  {each.detail}" for each in results]
    good = [each.name for each in results if each.outcome == "answers"]
    lines += ["", f"{len(good)} of {len(results)} answer as documented."]
    if good:
        day = f"date({started.year}, {started.month}, {started.day})"
        lines.append(f"Their adapters may say verified_live = {day}: {', '.join(good)}")
    return "\n".join(lines) + "\n"
