"""Break-evens: what would make a trade disappear from the plan, everything else free to give way.

Decision: the plan without the trade is solved first. There, the first dollar of the trade would earn
its *margin*; the trade pays exactly as long as whatever else is charged per dollar of it stays below.
The tax rate on the lot, the lot's price and the expected return at which it disappears follow from the
margin. Where a minimum trade, or the charge of a whole washed width, stands between some and none, the
margin is the charge at which the trade and doing without are worth the same, by Newton's method on
exact solves. The half-spread (which all lots of the name pay) and risk aversion change more than one
trade and are searched by exact solves.

Under the whole Schedule D rates change between a trade and none: every break-even is then searched by
exact solves by the law (`break_even_law`).

Limits: before rounding, with the other names' choices kept. Market
impact has no break-even: its marginal cost starts at zero, so it makes trades small and never makes one
disappear by itself. The price's is that of its effect on tax; weights in account and index are taken as
they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from di_advisor.errors import SolveError
from di_advisor.formulate.problem import Block
from di_advisor.propose.at_law import bends
from di_advisor.propose.break_even_law import break_evens_at_law, crossing
from di_advisor.propose.break_even_words import BreakEven, of_aversion, of_price, of_return, of_spread
from di_advisor.propose.counterfactual import Place, without
from di_advisor.propose.marginals import Marginals
from di_advisor.propose.neighbours import Neighbour
from di_advisor.propose.planned import Planned
from di_advisor.propose.recut import charged, sales_of
from di_advisor.solve.choices import Choice, washed
from di_advisor.units import percent_from_fraction

__all__ = ["BreakEven", "break_evens", "margin_of"]

_DUST = 1e-9
_NEWTON_MAX = 12
_HALVINGS = 10
_CLOSE = 1e-9
_WITHIN = {Choice.SELL_BEYOND: Choice.SELL, Choice.BUY_BEYOND: Choice.BUY}
"""What a name whose whole washed width is charged, which is a constant, is charged by where it trades less."""


def break_evens(planned: Planned, place: Place) -> tuple[BreakEven, ...]:
    """What would make one trade of a plan disappear; nothing where the rules need it or it came from rounding.

    Raises
    ------
    UncertifiedError, UnfinishedError
        If a question was not answered with a certificate.
    """
    if bends(planned.problem):
        return break_evens_at_law(planned, place)
    try:
        margin = margin_of(planned, place)
    except SolveError:
        return ()
    if margin is None or margin <= 0:
        return ()
    which = "sale" if place.lot >= 0 else "purchase"
    return (
        *_of_spread(planned, place, which),
        *_of_tax(planned, place, margin),
        of_return(which, margin),
        *_of_aversion(planned, place, which),
    )


def margin_of(planned: Planned, place: Place) -> float | None:
    """What the first dollar of a trade would earn in the plan without it, in USD per USD traded.

    None where the trade came about when rounding to shares.

    Raises
    ------
    InfeasibleError
        If the rules need the trade.
    """
    bare = without(planned, place)
    block, name = planned.problem.block, place.name
    discrete = bare.choices[name] == Choice.NOTHING and block.min_trade[name] > 0
    discrete = discrete or planned.solution.choices[name] in _WITHIN
    plan = planned.solution.plan
    if (plan.sells[place.lot] if place.lot >= 0 else plan.buys[name]) <= _DUST:
        return None
    if discrete:
        return _by_newton(planned, place, bare)
    marginals = Marginals.of(washed(block, planned.solution.choices), bare.plan, bare.prices)
    return -_first_dollar(planned, marginals, place)


def _pieces(block: Block, place: Place) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    segments = block.segments
    mine = segments.lot == place.lot if place.lot >= 0 else ~segments.sell & (segments.name == place.name)
    return np.flatnonzero(mine)


def _first_dollar(planned: Planned, marginals: Marginals, place: Place) -> float:
    """What the first dollar of a trade changes at a plan without it: beside the name's other sales, or instead of one.

    Its trading cost is that at the end of what the name sells there.
    """
    block, segments = marginals.block, marginals.block.segments
    first = int(_pieces(block, place)[0])
    if place.lot < 0:
        return float(marginals.by_segment[first])
    paid = _price_of_costs(planned, marginals, place)
    charged_by = paid if block.power is None else paid - 1.0
    free = marginals.by_segment - charged_by * segments.cash_cost
    mine = segments.sell & (segments.name == place.name)
    sold = float(marginals.amounts[mine].sum())
    _, _, _, total = sales_of(planned.problem, place.name)
    chords = None if total.traded is None else total.traded.side(selling=True)
    dearer = 0.0
    if chords is not None:
        beyond = np.flatnonzero(chords.knots[place.name, 1:] > sold + _DUST)
        dearer = float(chords.slopes[place.name, beyond[0] if len(beyond) else -1])
    used = np.flatnonzero(mine & (marginals.amounts > _DUST))
    beside = float(free[first]) + charged_by * dearer
    return min(beside, float(free[first] - free[used].max())) if len(used) else beside


def _price_of_costs(planned: Planned, marginals: Marginals, place: Place) -> float:
    """One plus what a dollar paid in trading costs is worth to the rules that count cash."""
    segments = marginals.block.segments
    at = int(_pieces(marginals.block, place)[0])
    dearer = replace(segments, cash_cost=segments.cash_cost + 1.0)
    rows = [row for rule in planned.problem.rules for row in rule.rows(dearer)]
    if len(rows) != len(marginals.block.rows):
        return 1.0
    total = 1.0
    for price, row, more in zip(marginals.prices.rows.tolist(), marginals.block.rows, rows, strict=True):
        if price and row.on_segments is not None and more.on_segments is not None:
            total += price * float(more.on_segments[at] - row.on_segments[at])
    return total


def _by_newton(planned: Planned, place: Place, bare: Neighbour) -> float:
    """The charge per unit at which a trade of at least the minimum and doing without are worth the same."""
    charge = 0.0
    for _ in range(_NEWTON_MAX):
        block = charged(planned.problem, name=place.name, lot=place.lot, charge=charge)
        found = _best(planned, place, block)
        worth = bare.objective - found.objective
        made = float(found.plan.sells[place.lot] if place.lot >= 0 else found.plan.buys[place.name])
        if made <= _DUST or worth <= _CLOSE * max(abs(bare.objective), _CLOSE):
            break
        charge += worth / made  # the worth is convex in the charge: this never overshoots
    return charge


def _best(planned: Planned, place: Place, block: Block) -> Neighbour:
    """The best plan in another block of the plan's names, its choices kept, but that a washed width may be left."""
    choices = planned.solution.choices
    found = planned.neighbours.solve(choices, block=block)
    within = _WITHIN.get(Choice(int(choices[place.name])))
    if within is None:
        return found
    less = choices.copy()
    less[place.name] = within
    try:
        other = planned.neighbours.solve(less, block=block)
    except SolveError:
        return found
    return other if other.objective < found.objective else found


def _of_spread(planned: Planned, place: Place, which: str) -> Iterator[BreakEven]:
    """The half-spread of the name, on all it trades, at which this trade is no longer made."""
    costs = planned.signals.market.costs
    costs = costs if place.lot < 0 or costs.selling is None else costs.selling
    now = float(costs.linear[place.name])
    multiple = crossing(lambda by: _made(planned, place, _dearer(planned, place.name, (by - 1.0) * now)), above=True)
    if multiple is not None:
        yield of_spread(which, now, now * multiple)


def _dearer(planned: Planned, name: int, extra: float) -> Block:
    """The block with a further cost per unit traded of one name, paid in cash."""
    block = planned.problem.block
    more = np.where(block.segments.name == name, extra, 0.0)
    old = block.segments
    segments = replace(old, slope=old.slope + more, cash_cost=old.cash_cost + more)
    return replace(
        block, segments=segments, rows=tuple(r for rule in planned.problem.rules for r in rule.rows(segments))
    )


def _made(planned: Planned, place: Place, block: Block) -> bool:
    """Whether a trade is still made in another block of the plan's names, and worth more than not trading the name."""
    choices = planned.solution.choices
    try:
        found = _best(planned, place, block)
        if (found.plan.sells[place.lot] if place.lot >= 0 else found.plan.buys[place.name]) <= _DUST:
            return False
        if block.min_trade[place.name] <= 0 and choices[place.name] not in _WITHIN:
            return True
        idle = choices.copy()
        idle[place.name] = Choice.NOTHING
        return planned.neighbours.solve(idle, block=block).objective > found.objective
    except SolveError:
        return True  # nothing is said where nothing was certified


def _of_tax(planned: Planned, place: Place, margin: float) -> Iterator[BreakEven]:
    """Tax rate on the lot's gain, and the price at which the gain would be too large (the loss too small)."""
    if place.lot < 0:
        return
    account = planned.signals.account
    value, gain = float(account.lot_value_usd[place.lot]), float(account.lot_gain_usd[place.lot])
    tax = sum(
        float(part.lot_slope[place.lot])
        for part in (t.separable() for t in planned.problem.terms if t.name == "tax")
        if part is not None and part.lot_slope is not None
    )
    if not gain or not tax:
        return
    ratio = gain / value
    rate = tax / ratio
    wash = planned.problem.block.wash
    if gain < 0 and wash is not None and wash.sell_width[place.name] * wash.sell_price[place.name] > 0:
        yield from _of_washed_loss(planned, place, rate, ratio)
        return
    limit = rate + margin / ratio
    shown, at = percent_from_fraction(limit), percent_from_fraction(rate)
    if gain > 0:
        says = f"The sale pays as long as the tax rate on this gain stays below {shown:.1f} %; it is {at:.1f} %."
        yield BreakEven("tax rate", rate, limit, says, above=True)
    elif limit > 0:
        says = f"The sale pays as long as the tax rate on this loss stays above {shown:.1f} %; it is {at:.1f} %."
        yield BreakEven("tax rate", rate, limit, says, above=False)
    if rate > 0 and ratio + margin / rate < 1:
        price = float(planned.signals.market.price_usd[place.name])
        dear = price * (1.0 - ratio) / (1.0 - ratio - margin / rate)
        yield of_price(price, dear)


def _of_washed_loss(planned: Planned, place: Place, rate: float, ratio: float) -> Iterator[BreakEven]:
    """The same of a loss of which a part is washed: what washing costs falls with what the loss saves.

    Nothing where the name has other lots to sell, whose washed losses are charged by the same price.
    """
    problem, name = planned.problem, place.name
    if len(sales_of(problem, name)[0]) > 1:
        return

    def made(part: float) -> bool:
        block = charged(problem, name=name, lot=place.lot, charge=(part - 1.0) * rate * ratio)
        price = block.wash.sell_price.copy() if block.wash is not None else np.zeros(0)
        price[name] *= part
        wash = None if block.wash is None else replace(block.wash, sell_price=price)
        return _made(planned, place, replace(block, wash=wash))

    low, high = 0.0, 1.0
    if made(low):
        return
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if made(middle) else (middle, high)
    shown, at = percent_from_fraction(rate * high), percent_from_fraction(rate)
    says = f"The sale pays as long as the tax rate on this loss stays above {shown:.1f} %; it is {at:.1f} %."
    yield BreakEven("tax rate", rate, rate * high, says, above=False)
    now = float(planned.signals.market.price_usd[name])
    yield of_price(now, now * (1.0 - ratio) / (1.0 - ratio * high))


def _of_aversion(planned: Planned, place: Place, which: str) -> Iterator[BreakEven]:
    """The nearest risk aversion, below and above today's, at which the trade is no longer made."""
    block = planned.problem.block
    now = block.aversion

    def made(multiple: float) -> bool:
        return _made(planned, place, replace(block, aversion=now * multiple))

    if now <= 0:
        return
    for above in (False, True):
        multiple = crossing(made, above=above)
        if multiple is not None:
            yield of_aversion(which, now, now * multiple, above=above)
