"""Tables of lots for a year-end plan: what to sell, what turns long-term, what a purchase can still wash, what to give.

The longest lists are cut, and the rest stands in one row, so that totals still add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from di_advisor.policy.year_end import Charity, GiftPlan, LotOffer, PartSale, Standing
from di_advisor.report.tables import Align, Cell, Column, Table
from di_advisor.report.wording import count_of, day, shares
from di_advisor.report.year_end_tables import plus_of, term_of, usd_of

__all__ = ["gift_lots_table", "gift_table", "january_table", "sales_table", "turning_table"]

_SHOWN: Final = 15
_RIGHT: Final = Align.RIGHT


def sales_table(sales: Sequence[PartSale]) -> Table:
    """Lots for the advice, in order."""
    rows: list[tuple[Cell, ...]] = [
        (
            x.offer.ticker,
            x.offer.lot.lot_id,
            term_of(x.term),
            shares(x.shares),
            usd_of(x.value_usd),
            plus_of(x.gain_usd),
            day(x.first_day),
        )
        for x in sales[:_SHOWN]
    ]
    left = sales[_SHOWN:]
    if left:
        value, gain = (sum((getattr(x, n) for x in left), Fraction(0)) for n in ("value_usd", "gain_usd"))
        rows.append((f"and {len(left):,} more", "", "", "", usd_of(value), plus_of(gain), ""))
    value, gain = (sum((getattr(x, n) for x in sales), Fraction(0)) for n in ("value_usd", "gain_usd"))
    columns = (
        Column("Name"),
        Column("Lot"),
        Column("Term"),
        Column("Shares", align=_RIGHT),
        Column("Value", "$", _RIGHT),
        Column("Gain", "$", _RIGHT),
        Column("From"),
    )
    total = ("Together", "", "", "", usd_of(value), plus_of(gain), "")
    return Table("Lots for it, most for each dollar sold first", columns, tuple(rows), (total,) if sales else ())


def turning_table(stands: Standing) -> Table:
    """Lots that turn long-term: by the last trade date, and just after."""
    rows = tuple(_turning(o, "by year end") for o in _largest(stands.turning)) + tuple(
        _turning(o, "just after") for o in _largest(stands.turning_after)
    )
    columns = (
        Column("Name"),
        Column("Lot"),
        Column("Long-term from"),
        Column("When"),
        Column("Value", "$", _RIGHT),
        Column("Gain", "$", _RIGHT),
    )
    counts = f"{len(stands.turning):,} by the last trade date, {len(stands.turning_after):,} in the 60 days after"
    return Table(f"Lots that turn long-term: {counts}; the largest gains and losses", columns, rows)


def _largest(offers: Iterable[LotOffer]) -> list[LotOffer]:
    chosen = sorted(offers, key=lambda o: -abs(o.gain_usd))[:_SHOWN]
    return sorted(chosen, key=lambda o: (o.long_from or o.as_of, o.ticker))


def _turning(offer: LotOffer, when: str) -> tuple[Cell, ...]:
    dated = day(offer.long_from)
    return offer.ticker, offer.lot.lot_id, dated, when, usd_of(offer.value_usd), plus_of(offer.gain_usd)


def january_table(stands: Standing) -> Table:
    """Loss sales whose window is open, those that reach into January first."""
    rows = tuple(
        (
            w.ticker,
            w.account_id,
            day(w.sold),
            "-" if w.loss_usd is None else usd_of(w.loss_usd),
            day(w.until),
            "yes" if w.until.year > stands.dates.year else "no",
            " ".join(w.dangers) or "Nothing known; do not buy it, anywhere.",
        )
        for w in stands.windows
    )
    columns = (
        Column("Name"),
        Column("Account"),
        Column("Sold"),
        Column("Loss", "$", _RIGHT),
        Column("Window until"),
        Column("Into January"),
        Column("What would wash it"),
    )
    return Table("Losses that a purchase can still wash", columns, rows)


def gift_table(plan: GiftPlan) -> Table:
    """What a gift saves, and what of it counts this year."""
    rows: list[tuple[Cell, ...]] = [
        ("Given, in whole shares", usd_of(plan.value_usd), f"of {usd_of(plan.wish_usd)} wished for"),
        ("Gain that nobody is taxed on", usd_of(plan.gain_usd), "26 USC 170(e)(1)"),
        ("Tax if sold this year instead", usd_of(plan.sale_tax_usd), "losses carried over valued"),
        ("Later tax that is never due", usd_of(plan.later_usd), "at the stated later rate, in today's dollars"),
    ]
    deduction = plan.deduction
    if deduction is not None:
        limit = "30 %" if plan.charity is Charity.PUBLIC else "20 %"
        rows += [
            ("Limit this year", usd_of(deduction.limit_usd), f"{limit} of {usd_of(deduction.agi_usd)} of income"),
            ("Carried on for five years", usd_of(deduction.carried_usd), "26 USC 170(b)(1)"),
            ("Taken off by the floor", usd_of(deduction.floor_usd), "0.5 % of income from 2026, as recalled: check"),
            ("Deducted this year", usd_of(deduction.deducted_usd), "where deductions are itemised"),
            ("Deductions grow by", usd_of(deduction.over_standard_usd), "over the standard deduction, or other ones"),
            (
                "Tax saved by the deduction",
                usd_of(deduction.saved_usd),
                "difference of two whole returns; a cap on it is not counted",
            ),
        ]
    columns = (Column("Gift"), Column("Amount", "$", _RIGHT), Column("What"))
    return Table(f"Giving lots to charity ({plan.charity.value.replace('_', ' ')})", columns, tuple(rows))


def gift_lots_table(plan: GiftPlan) -> Table:
    """Which lots, and by reason which not."""
    rows: list[tuple[Cell, ...]] = [
        (x.offer.ticker, x.offer.lot.lot_id, shares(x.shares), usd_of(x.value_usd), plus_of(x.gain_usd), "given")
        for x in plan.lots[:_SHOWN]
    ]
    if left := plan.lots[_SHOWN:]:
        value, gain = (sum((getattr(x, n) for x in left), Fraction(0)) for n in ("value_usd", "gain_usd"))
        rows.append((f"and {len(left):,} more", "", "", usd_of(value), plus_of(gain), "given"))
    for group in plan.not_given:
        value, gain = (sum((getattr(o, n) for o in group.lots), Fraction(0)) for n in ("value_usd", "gain_usd"))
        rows.append(("others", count_of(len(group.lots), "lot"), "", usd_of(value), plus_of(gain), group.why))
    columns = (
        Column("Name"),
        Column("Lot"),
        Column("Shares", align=_RIGHT),
        Column("Value", "$", _RIGHT),
        Column("Gain", "$", _RIGHT),
        Column("Why"),
    )
    return Table("Lots to give, most gain for each dollar first", columns, tuple(rows))
