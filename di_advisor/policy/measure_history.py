"""The measures of accounts day by day, kept in the ledger's store beside the journal.

Problem: what was measured on a day cannot be measured again later with the same models, so it has to be kept when it is
known. Decision: one note a day and account of the kind ``measures`` (`di_advisor.ledger.store.Note`: append-only, with
a digest) that holds the figures as JSON and the version of their definitions; a day measured twice counts as measured
last, and both stay. Values, flows and taxes make a `ValueHistory`, by which after-tax return and tax alpha follow.
Limits: a day that was not measured is missing, not guessed; returns span such gaps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import DamagedStoreError, InputError
from di_advisor.policy.measures import NowMeasures, ValueHistory

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.ledger.store import Note, Store

__all__ = ["DEFINITIONS", "DayMeasures", "measured", "measures_frame", "record_measures", "value_history_of"]

DEFINITIONS: Final = 1
"""Version of the definitions in `di_advisor.policy.measures`."""

_KIND: Final = "measures"
_FIGURES: Final = (
    "value_usd", "flow_usd", "tax_usd", "cost_usd", "tracking_error", "unrealised_usd", "liquidation_tax_usd",
    "factor_share", "correlation",
)  # fmt: skip


@dataclass(frozen=True)
class DayMeasures:
    """What was measured of one account on one day.

    Attributes
    ----------
    account_id : str
        The account.
    as_of : date
        The day.
    value_usd : float
        At its close, after its flows.
    flow_usd, tax_usd, cost_usd : float
        Money in (positive) or out, tax that fell due because of the account, and trading cost, since the day before.
    tracking_error : float
        Ex ante, a fraction a year.
    unrealised_usd, liquidation_tax_usd : float
        Net unrealised gain, and tax if all were sold.
    factor_share, correlation : float
        As of `FactorAlignment`.
    active_factors : Mapping of str to float
        Active exposure by factor.
    definitions : int
        Version of the definitions.

    Raises
    ------
    InputError
        If a figure is not finite, or the account has no name.
    """

    account_id: str
    as_of: date
    value_usd: float
    flow_usd: float
    tax_usd: float
    cost_usd: float
    tracking_error: float
    unrealised_usd: float
    liquidation_tax_usd: float
    factor_share: float
    correlation: float
    active_factors: Mapping[str, float]
    definitions: int = DEFINITIONS

    def __post_init__(self) -> None:
        object.__setattr__(self, "active_factors", FrozenMap(dict(self.active_factors)))
        wrong = [n for n in _FIGURES if not math.isfinite(getattr(self, n))]
        wrong += [f"exposure to {f}" for f, v in self.active_factors.items() if not math.isfinite(v)]
        if wrong:
            raise InputError(
                f"Of {self.account_id} on {self.as_of}, {', '.join(wrong)} is no number.",
                hint="What is not known is not recorded; look for the missing price or model.",
                account_id=self.account_id,
            )

    @classmethod
    def of(
        cls,
        account_id: str,
        now: NowMeasures,
        *,
        flow_usd: float = 0.0,
        tax_usd: float = 0.0,
        cost_usd: float = 0.0,
    ) -> DayMeasures:
        """What `measures_now` found, with what moved since the day measured before."""
        return cls(
            account_id=account_id,
            as_of=now.as_of,
            value_usd=now.value_usd,
            flow_usd=flow_usd,
            tax_usd=tax_usd,
            cost_usd=cost_usd,
            tracking_error=now.tracking_error,
            unrealised_usd=now.unrealised_usd,
            liquidation_tax_usd=now.liquidation_tax_usd,
            factor_share=now.alignment.factor_share,
            correlation=now.alignment.correlation,
            active_factors=now.alignment.active,
        )


def record_measures(
    store: Store, taxpayer: str, rows: Iterable[DayMeasures], *, recorded_at: datetime
) -> tuple[Note, ...]:
    """Keep measures in a store; those that are there already, figure by figure, are not written twice.

    Raises
    ------
    InputError, StoreError
        As `Store.add_note`.
    """
    known = {(r.account_id, r.as_of): r for r in measured(store, taxpayer)}
    told = [row for row in rows if known.get((row.account_id, row.as_of)) != row]
    return tuple(store.add_note(taxpayer, _KIND, row.account_id, _text(row), recorded_at=recorded_at) for row in told)


def measured(store: Store, taxpayer: str, account_id: str | None = None) -> tuple[DayMeasures, ...]:
    """What was measured, by account and day; a day measured twice as it was measured last.

    Raises
    ------
    DamagedStoreError
        If a note is not what was recorded, or cannot be read.
    StoreError
        If the store cannot be used.
    """
    found: dict[tuple[str, date], DayMeasures] = {}
    for note in store.notes(taxpayer, kind=_KIND):
        if account_id is None or note.subject == account_id:
            row = _row(note)
            found[row.account_id, row.as_of] = row
    return tuple(found[key] for key in sorted(found))


def measures_frame(rows: Sequence[DayMeasures]) -> pd.DataFrame:
    """One row an account and day: the figures, and ``active_`` with the name of each factor."""
    import pandas as pd

    plain = [asdict(row) | {"active_factors": dict(row.active_factors)} for row in rows]
    for row in plain:
        row |= {f"active_{name}": value for name, value in row.pop("active_factors").items()}
    return pd.DataFrame(plain)


def value_history_of(rows: Sequence[DayMeasures]) -> ValueHistory:
    """The history of one account, for `measures_of_history`.

    Raises
    ------
    InputError
        If they are of several accounts, or of fewer than two days.
    """
    accounts = sorted({row.account_id for row in rows})
    if len(accounts) > 1:
        raise InputError(f"Measures of {', '.join(accounts)}.", hint="A history is of one account.")
    ordered = sorted(rows, key=lambda row: row.as_of)
    return ValueHistory(
        dates=tuple(row.as_of for row in ordered),
        value_usd=np.array([row.value_usd for row in ordered]),
        flow_usd=np.array([row.flow_usd for row in ordered]),
        tax_usd=np.array([row.tax_usd for row in ordered]),
        cost_usd=np.array([row.cost_usd for row in ordered]),
        liquidation_tax_start_usd=ordered[0].liquidation_tax_usd if ordered else 0.0,
        liquidation_tax_end_usd=ordered[-1].liquidation_tax_usd if ordered else 0.0,
    )


def _text(row: DayMeasures) -> str:
    plain: dict[str, Any] = asdict(row) | {"as_of": row.as_of.isoformat(), "active_factors": dict(row.active_factors)}
    return json.dumps(plain, ensure_ascii=True, sort_keys=True, allow_nan=False)


def _row(note: Note) -> DayMeasures:
    try:
        plain = json.loads(note.body)
        return DayMeasures(**plain | {"as_of": date.fromisoformat(plain["as_of"])})
    except (ValueError, TypeError, KeyError) as e:
        raise DamagedStoreError(
            f"Note {note.number} on {note.subject} is of the kind {_KIND}, and cannot be read: {e}.",
            hint="Another program wrote it, or a newer one; it was left as it is.",
            number=note.number,
        ) from e
