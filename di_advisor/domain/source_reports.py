"""What a source of data gave, and how sources stand: for the command line, the panel and the adapters alike.

Problem: what came from a service has to be shown and used by parts that do not know the services. Decision:
records travel beside the circumstances of the bodies that they came from, and what a person should read is
sentences; how a source stands is a value too. Limits: records are of any type; who asks knows which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from di_advisor.domain.observations import Provenance

__all__ = ["Pulled", "PulledBody", "SmokeResult", "SourceStatus"]


@dataclass(frozen=True, slots=True)
class PulledBody:
    """One answer of a source.

    Attributes
    ----------
    label : str
        What was asked for: a ticker, a page.
    provenance : Provenance
        From whom, from where, when, under which licence, with which checksum.
    records : int
        How many records it held.
    stale : bool
        Whether the source failed or was not asked, and an older answer is given.
    """

    label: str
    provenance: Provenance
    records: int
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of a question.

    Attributes
    ----------
    records : tuple
        All records, in the order of the answers.
    received : tuple of PulledBody
        The answers.
    warnings : tuple of str
        What a person should read: ages, changes of the past.
    missing : tuple of str
        What the source does not have or refused, one sentence each.
    """

    records: tuple[object, ...]
    received: tuple[PulledBody, ...]
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of the answers came."""
        return min((each.provenance.fetched_at for each in self.received), default=None)

    @property
    def stale(self) -> bool:
        """Whether any of the answers is an older one in place of a new one."""
        return any(each.stale for each in self.received)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source stands.

    Attributes
    ----------
    name, title, provider : str
        As its adapter says.
    hosts : tuple of str
        Which hosts it calls.
    licence, documentation : str
        Terms, and where its answers are described.
    key_variable : str
        Name of the variable that holds its key; empty where it knows none.
    key_needed : bool
        Whether it answers only with a key.
    keyed : bool
        Whether the key is there.
    reachable : bool or None
        Whether its hosts take connections; None where that was not tried.
    last_at : datetime or None
        When it last gave something here, UTC.
    last_records : int or None
        How many records that were.
    last_error : str
        What it last failed with, if that was later.
    age : timedelta or None
        How old what it last gave is.
    verified_live : date or None
        When somebody saw the live service answer as documented; None means never.
    broken : str
        Why its adapter could not be loaded; then little else is known.
    limits : tuple of str
        How much may be asked of it: "50 an hour".
    keeps_for : timedelta
        How long an answer counts as fresh.
    options : tuple of str
        Names of the options that it knows.
    """

    name: str
    title: str = ""
    provider: str = ""
    hosts: tuple[str, ...] = ()
    licence: str = ""
    documentation: str = ""
    key_variable: str = ""
    key_needed: bool = False
    keyed: bool = False
    reachable: bool | None = None
    last_at: datetime | None = None
    last_records: int | None = None
    last_error: str = ""
    age: timedelta | None = None
    verified_live: date | None = None
    broken: str = ""
    limits: tuple[str, ...] = ()
    keeps_for: timedelta = timedelta(0)
    options: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it may be asked: loaded, and keyed where a key is needed."""
        return not self.broken and (self.keyed or not self.key_needed)

    @property
    def verification(self) -> str:
        """Whether somebody saw the live service answer, in words."""
        return f"verified live on {self.verified_live}" if self.verified_live else "never verified live"


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """What came of asking a live service a small question.

    Attributes
    ----------
    name : str
        Of the adapter.
    outcome : str
        "answers", "refused", "unavailable", "other content", "not asked" or "fails".
    detail : str
        In a sentence.
    records : int
        How many records came.
    """

    name: str
    outcome: str
    detail: str
    records: int = 0
