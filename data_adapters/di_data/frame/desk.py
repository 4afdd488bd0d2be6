"""The desk: all installed sources behind one door, for the command line, the panel and notebooks.

Problem: who wants data should name a source and a question, and see at any time how the sources stand.
Decision: one object finds the adapters, answers questions through one client, reads saved files with the
same parsers, and remembers when each source last gave something. Limits: one user's own folder; what is
remembered there are days, counts and errors, never keys.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from di_advisor.domain.source_query import SourceQuery
from di_advisor.domain.source_reports import Pulled, PulledBody, SmokeResult, SourceStatus
from di_advisor.errors import DiAdvisorError, InputError, InputWarning, PluginError, SourceContentError, why_unreadable
from di_data.frame.adapter import Adapter
from di_data.frame.addresses import reached
from di_data.frame.bodies import write_whole
from di_data.frame.bundle import Bundle, export_bundle
from di_data.frame.client import Mode, SourceClient, Wire, utc_now
from di_data.frame.discovery import Discovery
from di_data.frame.exchange import Content, Received
from di_data.frame.guards import refuse_other_content
from di_data.frame.judging import judged_records
from di_data.frame.keys import Keys
from di_data.frame.live_smoke import Smoke, refuse_unless_wished
from di_data.frame.pulling import PullSettings, answers_of, pull
from di_data.frame.scrubbing import scrub

__all__ = ["LocalDesk", "default_folder"]

_REMEMBERED: Final = 500
_KINDS: Final = {
    ".json": Content.JSON,
    ".jsonl": Content.JSON_LINES,
    ".csv": Content.CSV,
    ".html": Content.HTML,
    ".htm": Content.HTML,
    ".xml": Content.XML,
    ".xlsx": Content.XLSX,
    ".zip": Content.ZIP,
    ".parquet": Content.PARQUET,
}


def default_folder() -> Path:
    """Folder of this user in which answers are kept: among data, because caches are cleared."""
    import platformdirs

    return Path(platformdirs.user_data_path("di_advisor")) / "sources"


class LocalDesk:
    """Sources of data on this machine.

    Parameters
    ----------
    folder : Path, optional
        Where answers, budgets and standing are kept.
    mode : str
        "online", "cache_only" or "bundle".
    keys : Mapping of str to str or Keys, optional
        Keys by the name of their variable; beyond them the environment and the keyring are looked at.
    bundle : Path, optional
        Folder of a bundle; makes the mode "bundle".
    discovery : Discovery, optional
        In place of what is installed.
    clock : callable
        Gives the time, UTC.
    wire : Wire, optional
        How services are reached; for tests.

    Raises
    ------
    InputError
        If the mode is not one of the three, or is "bundle" without one.
    """

    def __init__(  # each has a default; a desk is made once
        self,
        folder: Path | None = None,
        *,
        mode: str = Mode.ONLINE,
        keys: Mapping[str, str] | Keys | None = None,
        bundle: Path | None = None,
        discovery: Discovery | None = None,
        clock: Callable[[], datetime] = utc_now,
        wire: Wire | None = None,
    ) -> None:
        chosen = Mode.BUNDLE if bundle is not None else _mode(mode)
        if chosen is Mode.BUNDLE and bundle is None:
            raise InputError("The mode is bundle, and no folder of a bundle is named.", hint="Name it: bundle=...")
        self.folder = folder or default_folder()
        self._keys = keys if isinstance(keys, Keys) else Keys(keys)
        self._wire, self._clock = wire or Wire(), clock
        self._discovery = discovery or Discovery()
        opened = Bundle(bundle) if bundle is not None else None
        self._client = SourceClient(
            self.folder, mode=chosen, keys=self._keys, bundle=opened, clock=clock, wire=self._wire
        )

    def __repr__(self) -> str:
        return f"LocalDesk({self._client.mode.value}, {len(self.names())} sources)"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and files."""
        self._client.close()

    def names(self) -> tuple[str, ...]:
        """Names of the installed sources."""
        return self._discovery.names()

    def adapter(self, name: str) -> Adapter[Any]:
        """Adapter of a source; raises PluginError where there is none that works."""
        return self._discovery.adapter(name)

    def status(self, *, probe: bool = False) -> tuple[SourceStatus, ...]:
        """How all sources stand, broken ones included.

        Parameters
        ----------
        probe : bool
            Whether to try if their hosts take connections; nothing is asked of them. Not in other modes
            than online.
        """
        standing = tuple(map(self._status, self.names()))
        if not probe or self._client.mode is not Mode.ONLINE:
            return standing
        found = reached((host for each in standing for host in each.hosts), self._wire.reach)
        return tuple(replace(each, reachable=_all([found[host] for host in each.hosts])) for each in standing)

    def pull(self, name: str, query: SourceQuery, **settings: Any) -> Pulled:
        """Pull records from a source.

        Parameters
        ----------
        name : str
            Of the source.
        query : SourceQuery
            What is asked.
        **settings
            Fields of `PullSettings`: ``progress`` (label, done, known of), ``cancel``, ``partial``,
            ``accept_fewer``, ``as_fetched``.

        Raises
        ------
        PluginError, InputError, SourceError, UnfinishedError
            As the texts say; nothing half-read is stored.
        """
        adapter = self.adapter(name)
        try:
            pulled = pull(self._client, adapter, query, PullSettings(**settings))
        except DiAdvisorError as e:
            # Errors quote bodies; of account data only the kind of the error is written down.
            told = type(e).__name__ if adapter.facts.never_stored else scrub(str(e))[:_REMEMBERED]
            self._remember(name, last_error=told, error_at=self._clock().isoformat())
            raise
        if not pulled.stale and self._client.mode is Mode.ONLINE and settings.get("as_fetched") is None:
            newest = max(each.provenance.fetched_at for each in pulled.received)
            self._remember(name, last_at=newest.isoformat(), last_records=len(pulled.records), last_error="")
        return pulled

    def parse_file(self, name: str, path: Path, context: Mapping[str, str] | None = None) -> Pulled:
        """Records of a saved answer or workbook, by the same guards and parser as an answer of the service.

        Parameters
        ----------
        name : str
            Of the source.
        path : Path
            File.
        context : Mapping of str to str, optional
            What the parser needs to know of the question: the symbol.

        Raises
        ------
        InputError
            If the file cannot be read, or a mapping is given to a source that takes none.
        SourceContentError
            If the guards or the parser refuse it: both are said.
        """
        adapter = self.adapter(name)
        facts = adapter.facts
        if context and "mapping" in context and "mapping" not in facts.options:
            raise InputError(f"{name} takes no mapping: its shape is its own.", hint="Leave the mapping out.")
        try:
            body = path.read_bytes()
        except OSError as e:
            raise InputError(f"{path} cannot be read: {why_unreadable(e)}.", hint="Check the name of the file.") from e
        expects = _KINDS.get(path.suffix.lower(), facts.accepts)
        received = Received.of_file(
            path, body, expects, provider=facts.provider, licence=facts.licence, context=context
        )
        _refuse_all(adapter, body, received)
        with warnings.catch_warnings(record=True) as odd:
            warnings.simplefilter("always", InputWarning)
            records = judged_records(adapter, body, received)
        told = tuple(str(each.message) for each in odd)
        return Pulled(records, (PulledBody(path.name, received.provenance, len(records)),), told)

    def export_bundle(self, folder: Path, questions: Iterable[tuple[str, SourceQuery]]) -> Path:
        """Write the answers to questions into a bundle and return its manifest; asks where nothing is stored."""
        found = []
        for name, query in questions:
            adapter = self.adapter(name)
            if adapter.facts.never_stored:
                raise InputError(
                    f"{name} gives account data, which is not put into bundles.", hint="Leave it out of the questions."
                )
            answers, _ = answers_of(self._client, adapter, query)
            found += [(name, each.body, each.received) for each in answers]
        return export_bundle(folder, found)

    def smoke(self, folder: Path, *, live: bool, names: Sequence[str] | None = None) -> tuple[SmokeResult, ...]:
        """Ask the live services a small question each, and write a dated report into a folder.

        Parameters
        ----------
        folder : Path
            For the report and the bodies.
        live : bool
            Whether this is truly wished; else the environment variable DI_ADVISOR_LIVE has to be 1.
        names : sequence of str, optional
            Which sources; all by default.

        Raises
        ------
        InputError
            If it is not wished, in continuous integration, and in other modes than online.
        """
        refuse_unless_wished(live=live)
        if self._client.mode is not Mode.ONLINE:
            raise InputError(f"The mode is {self._client.mode.value}: nothing is called.", hint="Use mode online.")
        return Smoke(self.adapter, self._keys, self._clock, self._wire).run(names or self.names(), folder)

    def _status(self, name: str) -> SourceStatus:
        try:
            facts = self.adapter(name).facts
        except PluginError as e:
            return SourceStatus(name, broken=str(e))
        key, last = facts.key, self._remembered(name)
        last_at, counted = _moment(last.get("last_at")), last.get("last_records")
        return SourceStatus(
            name=name,
            title=facts.title,
            provider=facts.provider,
            hosts=facts.hosts,
            licence=facts.licence,
            documentation=facts.documentation,
            key_variable=key.variable if key else "",
            key_needed=bool(key and key.needed),
            keyed=bool(key and self._keys.look(key.variable) is not None),
            last_at=last_at,
            last_records=counted if isinstance(counted, int) else None,
            last_error=str(last.get("last_error", "")),
            age=self._clock() - last_at if last_at else None,
            verified_live=facts.verified_live,
            limits=tuple(map(str, facts.limits)),
            keeps_for=facts.keeps_for,
            options=facts.options,
        )

    def _remembered(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads(self._standing(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, name: str, **facts: object) -> None:
        try:
            write_whole(self._standing(name), json.dumps({**self._remembered(name), **facts}).encode())
        except OSError as e:  # what was pulled counts, and the error that was about to be told
            told = f"When {name} last gave something cannot be written down in {self.folder}: {e.strerror or e}."
            warnings.warn(told, InputWarning, stacklevel=2)

    def _standing(self, name: str) -> Path:
        return self.folder / "standing" / f"{name}.json"


def _mode(mode: str) -> Mode:
    try:
        return Mode(mode)
    except ValueError:
        known = ", ".join(each.value for each in Mode)
        raise InputError(f"There is no mode {mode!r}.", hint=f"The modes are {known}.") from None


def _all(reached: list[bool | None]) -> bool | None:
    return None if None in reached or not reached else all(reached)


def _refuse_all(adapter: Adapter[Any], body: bytes, received: Received) -> None:
    """Say what the guards refuse and what the parser refuses, in one error."""
    try:
        refuse_other_content(body, received)
    except SourceContentError as of_guards:
        try:
            adapter.parse(body, received)
        except (DiAdvisorError, ValueError, LookupError, TypeError, AttributeError) as of_parser:
            raise SourceContentError(
                f"{of_guards.what} The parser says: {of_parser}", hint=of_guards.hint, **of_guards.facts
            ) from of_parser
        raise


def _moment(written: object) -> datetime | None:
    """A time as it was written down, or None where a person or a crash has changed it."""
    try:
        moment = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
