"""Corporate actions: splits, spin-offs and mergers, each with its own type.

Problem: the price file's split column holds spin-off factors too (1.048, 1.324). They scale prices,
but no share count of a lot. Decision: a factor is a split when it is a ratio of small whole numbers
and no spin-off is listed on that day; every other factor only scales prices. Spin-offs carry the
first closes of both companies, from which a basis can be shared out by market value; mergers carry
cash and shares paid. Limits: a merger without known terms is left out; dividends are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from di_data.corporate_actions.ratios import plain_ratio
from di_data.history_folder.identities import Renames

__all__ = ["CorporateActions", "Merger", "SpinOff", "Split", "corporate_actions"]


@dataclass(frozen=True, slots=True)
class Split:
    """New shares for each old one, from the open of the ex-date."""

    security_id: str
    ex_date: date
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class SpinOff:
    """Shares of a new company for each share of the parent; raw closes of the ex-date, and of the day before."""

    parent_id: str
    ex_date: date
    child_id: str
    ratio: Decimal
    parent_close_usd: Decimal
    child_close_usd: Decimal
    parent_previous_close_usd: Decimal


@dataclass(frozen=True, slots=True)
class Merger:
    """Cash and acquirer's shares for each share; the company is gone afterwards."""

    security_id: str
    on: date
    cash_usd: Decimal
    ratio: Decimal
    acquirer_id: str


@dataclass(frozen=True)
class CorporateActions:
    """All actions known of a folder.

    Attributes
    ----------
    splits, spin_offs, mergers : tuple
        By date.
    price_factors : Mapping of str to tuple of (date, float)
        By id, everything that the price file divides earlier prices by, splits and spin-offs alike.
    unexplained : tuple of (str, date, float)
        Factors that are neither a plain split nor a listed spin-off; they scale prices only.
    """

    splits: tuple[Split, ...]
    spin_offs: tuple[SpinOff, ...]
    mergers: tuple[Merger, ...]
    price_factors: Mapping[str, tuple[tuple[date, float], ...]]
    unexplained: tuple[tuple[str, date, float], ...]

    def split_factor(self, security_id: str, after: date, until: date) -> Fraction:
        """New shares for a share held over the ex-dates in (after, until]."""
        ratio = Fraction(1)
        for s in self.splits:
            if s.security_id == security_id and after < s.ex_date <= until:
                ratio *= s.ratio
        return ratio


def corporate_actions(
    factors: pd.DataFrame, spin_offs: pd.DataFrame, mergers: pd.DataFrame, renames: Renames, *, named_on: date
) -> CorporateActions:
    """Read the three tables, every cell text.

    Parameters
    ----------
    factors, spin_offs, mergers : DataFrame
        As `layout` reads them.
    renames : Renames
        Which company a ticker means; spin-offs and mergers name it as of their own day.
    named_on : date
        The day whose tickers the factors use, however old the factor is.
    """
    spun = tuple(sorted(_spin_offs(spin_offs, renames), key=lambda s: s.ex_date))
    spin_days = {(s.parent_id, s.ex_date) for s in spun}
    splits, unexplained = [], []
    price_factors: dict[str, list[tuple[date, float]]] = {}
    for row in factors.itertuples(index=False):
        text, day = str(row.split), date.fromisoformat(str(row.date))
        if not text or float(text) in {0.0, 1.0}:
            continue
        security_id = renames.security_id(str(row.ticker), named_on)
        price_factors.setdefault(security_id, []).append((day, float(text)))
        ratio = None if (security_id, day) in spin_days else plain_ratio(text)
        if ratio is not None:
            splits.append(Split(security_id, day, ratio))
        elif (security_id, day) not in spin_days:
            unexplained.append((security_id, day, float(text)))
    return CorporateActions(
        splits=tuple(sorted(splits, key=lambda s: s.ex_date)),
        spin_offs=spun,
        mergers=tuple(sorted(_mergers(mergers, renames), key=lambda m: m.on)),
        price_factors={k: tuple(sorted(v)) for k, v in price_factors.items()},
        unexplained=tuple(unexplained),
    )


def _spin_offs(table: pd.DataFrame, renames: Renames) -> list[SpinOff]:
    found = []
    for row in table.itertuples(index=False):
        if "-2" in str(row.parent) or "-2" in str(row.spinco):  # FOX-201903: a ticker that was used again
            continue
        day = date.fromisoformat(str(row.ex_date))
        found.append(
            SpinOff(
                renames.security_id(str(row.parent), day),
                day,
                renames.security_id(str(row.spinco), day),
                Decimal(str(row.ratio)) / Decimal(str(row.parent_shares)),
                Decimal(str(row.parent_close)),
                Decimal(str(row.spinco_close)),
                Decimal(str(row.parent_prev_close)),
            )
        )
    return found


def _mergers(table: pd.DataFrame, renames: Renames) -> list[Merger]:
    found = []
    for row in table[table["bucket"] == "merger"].itertuples(index=False):
        cash, ratio = str(row.payout_per_share) or "0", str(row.stock_ratio) or "0"
        if Decimal(cash) == 0 and (Decimal(ratio) == 0 or not row.acquirer_ticker):
            continue
        day = date.fromisoformat(str(row.observed_delist_date))
        acquirer = renames.security_id(str(row.acquirer_ticker), day) if Decimal(ratio) else ""
        found.append(Merger(renames.security_id(str(row.ticker), day), day, Decimal(cash), Decimal(ratio), acquirer))
    return found
