"""Accounts with the prices of an earlier night: the next night's solves begin where that one ended.

Problem: prices of exposures change little from one day to the next, and every night climbs to them from nothing.
Decision: a source of accounts around another one, which gives each account the prices of its record in an earlier
run. They are part of the account's bytes, so a record follows from its account and the facts as ever, and a desk that
is opened with the same source drills down to the same orders. Limits: they are kept in memory, some 200 bytes an
account; a start changes which of several plans within the certificate is found, and spares steps of the batched solver
only. Where factors have changed names, their prices begin at zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.execution.jobs import Failure
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.bodies import bodies_of
from di_advisor.fleet.record import FleetRecord
from di_advisor.fleet.running import passes_of, records_of
from di_advisor.fleet.sealed import begun_at, is_begun
from di_advisor.fleet.sources import AccountSource, source_of

__all__ = ["WarmAccounts"]


@dataclass(frozen=True)
class WarmAccounts:
    """Accounts that begin at the prices of an earlier run.

    Attributes
    ----------
    accounts : iterable of FleetAccount, or AccountSource
        Today's; those without a record there begin at nothing.
    folder : str or Path
        The earlier run's, finished or not: its last pass counts.
    """

    accounts: Iterable[FleetAccount] | AccountSource
    folder: str | Path = field(repr=False)

    def __iter__(self) -> Iterator[FleetAccount]:
        return (self._begun(account) for account in self.accounts)

    def find(self, label: str) -> FleetAccount:
        """The account of a label; `InputError` where there is none."""
        return self._begun(source_of(self.accounts).find(label))

    def bodies(self) -> Iterator[tuple[str, bytes | Failure]]:
        """Labels and accounts as they travel, with their prices."""
        for label, body in bodies_of(self.accounts):
            if isinstance(body, Failure) or is_begun(body):
                yield label, body
            else:
                yield label, begun_at(body, self._prices_of(label))

    def _begun(self, account: FleetAccount) -> FleetAccount:
        return account if account.begins_at else replace(account, begins_at=self._prices_of(account.label))

    def _prices_of(self, label: str) -> Mapping[str, float]:
        known = self._known.get(label)
        return {} if known is None else dict(zip(known[0], known[1].tolist(), strict=True))

    @cached_property
    def _known(self) -> dict[str, tuple[tuple[str, ...], FloatArray]]:
        """Names of factors, shared by accounts of the same ones, and prices."""
        names: dict[tuple[str, ...], tuple[str, ...]] = {}
        found = {}
        for record in records_of(passes_of(Path(self.folder))[-1]):
            if isinstance(record, FleetRecord) and record.prices:
                factors = tuple(record.prices)
                found[record.label] = (names.setdefault(factors, factors), np.array(list(record.prices.values())))
        return found
