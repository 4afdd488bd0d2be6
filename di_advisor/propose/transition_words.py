"""A transition in plain words, generated from its figures. Not escaped: whoever renders them does that."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from di_advisor.domain.transition import TransitionWish
from di_advisor.domain.wording import counted, signless
from di_advisor.propose.transition import Alternative, LaterTrade, PlannedStage, PlannedYear
from di_advisor.units import bps_from_fraction, percent_from_fraction

__all__ = ["notes", "sentences"]


_BY_RATES = (
    "Tax of every year is reckoned at the marginal rates given, linear in gains: a net loss counts in full at "
    "its rate, without the limits, carryovers and brackets of the return. Tax put off is not discounted, "
    "and gains not realised by the end are not taxed."
)
_BY_RETURN = (
    "Tax of every year is that of the whole return: netting, brackets, the limit on losses, and carryovers into the "
    "next year. Later years are this year's return without its gains, by the tables of their year or the latest there "
    "are; losses still unused after the last year are worth what was given for them, nothing otherwise. Tax put off is "
    "not discounted, and gains not realised by the end are not taxed."
)


def _usd(amount: Decimal) -> str:
    return f"${abs(amount):,.0f}"


def _signed(amount: Decimal) -> str:
    text = signless(float(amount), ",.0f")
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def _bps(fraction: float) -> str:
    return f"{bps_from_fraction(fraction):,.0f}"


def sentences(
    stages: Sequence[PlannedStage],
    years: Sequence[PlannedYear],
    later: Sequence[LaterTrade],
    alternatives: Sequence[Alternative],
) -> tuple[str, ...]:
    """What the plan does, what waiting is worth, and what budgets hold it back."""
    first, last = stages[0], stages[-1]
    te = f"tracking error goes from {_bps(first.tracking_error_before)} to {_bps(last.tracking_error_after)} bps a year"
    done = f"{percent_from_fraction(last.done):.0f} % of the way to the target is then done"
    when = f"from {first.on} to {last.on}" if len(stages) > 1 else f"on {first.on}"
    count = f"{counted(len(stages), 'stage')}, {when}"
    said = [f"The account moves in {count}: {te}, and {done}."]
    said.append(
        f"Today sells {_usd(first.sold_usd)} and buys {_usd(first.bought_usd)}; "
        f"{percent_from_fraction(first.done):.0f} % of the way is done today."
    )
    turned = [t for t in later if t.turned and t.gain_usd is not None and t.gain_usd > 0]
    if turned:
        gain = sum((t.gain_usd for t in turned if t.gain_usd is not None), Decimal(0))
        one = turned[0]
        lots = counted(len(turned), "lot is", "lots are")
        said.append(
            f"{lots} short-term today and sold once long-term, with gains of {_usd(gain)}; "
            f"the first is {one.ticker} (lot {one.lot_id}), on {one.on}."
        )
    for year in years:
        for what, used, budget in (
            ("net gain", year.gain_usd, year.gain_budget_usd),
            ("tax on gains", year.tax_usd, year.tax_budget_usd),
        ):
            if budget is not None:
                had, limit = _signed(used), _signed(budget)
                said.append(f"In {year.year} the plan realises {had} of {what}; the budget is {limit}.")
    said += [_against(a) for a in alternatives]
    return tuple(said)


def _against(other: Alternative) -> str:
    if other.saves_usd is None:
        return f"{other.sentence.rstrip(',')} is not allowed: it would break a rule or a budget, or wash a loss."
    more = "more" if other.saves_usd >= 0 else "less"
    return f"{other.sentence} would cost {_usd(other.saves_usd)} {more} than the plan, all terms counted."


_STAYS_BANNED = (
    "Wash sales are priced against trades that are known only. Within the plan none is made: what a stage sells at a "
    "loss, no stage within 30 days of it buys."
)


def notes(
    wish: TransitionWish, *, several: bool, by_return: bool = False, washes_priced: bool = False
) -> tuple[str, ...]:
    """What the plan takes for granted."""
    said = []
    if several:
        said.append(
            "Later stages are provisional: on each date ask again, with the prices, lots and rates of that day. Only "
            "today's orders are meant to be sent. Whole shares are kept today, not later."
        )
    rate = wish.expected_return_per_year
    growth = (
        f"All names and cash are taken to grow by {percent_from_fraction(rate):.1f} % a year"
        if rate
        else "Prices are taken to stay where they are"
    )
    said += [
        f"{growth}; no name is expected to do better than another, and the target's weights stay as they are today.",
        _BY_RETURN if by_return else _BY_RATES,
        "Averages of ESG measures, bands and screens hold after the last stage; until then none gets worse than today.",
        "Lots bought during the plan, stand-ins among them, stay in it; other names outside the target are only sold.",
        "Budgets count what this plan realises in this account, not what was realised before or elsewhere.",
    ]
    if washes_priced:
        said.append(_STAYS_BANNED)
    return tuple(said)
