"""Break-evens under the whole Schedule D: what would make a trade disappear, by exact solves by the law.

Problem: under the whole return the rate on a trade is not one figure; across a kink the last dollars of
a sale can be taxed otherwise than the first, and a trade can vanish at once instead of shrinking.
Decision: the least of the objective with a charge on the trade is concave in the charge and ends at
the plan without it, whatever the tax looks like: so there is one charge below which the trade is made
and above which it is not. It is bracketed by Newton's method, which never overshoots a concave
function, and halved; every step is a search over the regions of the law. The expected return and the
tax at which the trade disappears follow from the charge; price, half-spread and risk aversion are dials
of their own, searched the same way. Limits: before rounding, with the other names' choices kept; what
no solve certified is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from di_advisor.errors import SolveError
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.schedule_d import ScheduleDTax, cells_of
from di_advisor.formulate.terms import ActiveRisk
from di_advisor.propose.at_law import Levy, Memory, solve_at_law
from di_advisor.propose.break_even_words import BreakEven, of_aversion, of_price, of_return, of_spread
from di_advisor.propose.counterfactual import Place, plan_without
from di_advisor.propose.planned import Planned
from di_advisor.solve.quadratic import HotPath
from di_advisor.units import percent_from_fraction

__all__ = ["average_rate", "break_evens_at_law", "charge_at_law", "crossing"]

_DUST = 1e-7
"""A trade of less than this fraction of the account counts as none: solves by regions are exact to that."""

_ROUND_OFF = 5e-7
_NEWTON_MAX = 8
_HALVINGS = 12
_DOUBLINGS = 7
_HALVINGS_OF_DIALS = 7
_NEAR = 1e-6
_NEAREST_RATIO = 1.0 - 1e-6


@dataclass(frozen=True, eq=False)
class _Trade:
    """One trade of a plan whose tax is a curve, ready to be solved with something changed."""

    planned: Planned
    place: Place

    @cached_property
    def tax(self) -> ScheduleDTax:
        found = schedule_d_of(self.planned.problem)
        assert found is not None  # noqa: S101 - asked of bends() before
        return found

    @cached_property
    def memory(self) -> Memory:
        """Of searches with the trade."""
        return Memory(HotPath(self.planned.problem.block))

    @cached_property
    def memory_without(self) -> Memory:
        """Of searches without it."""
        return Memory(HotPath(self.planned.problem.block))

    @cached_property
    def bare(self) -> float:
        """Objective of the plan without the trade.

        Raises
        ------
        SolveError
            If there is none, or it was not certified.
        """
        return self.without(self.planned.problem, None)

    def without(self, problem: Problem, levy: Levy | None) -> float:
        """Objective of the best plan of a changed problem without the trade."""
        return plan_without(self.planned, self.place, problem, levy=levy, memory=self.memory_without).objective

    def made(self, plan: Plan) -> float:
        """How much of the trade is in a plan."""
        return float(plan.sells[self.place.lot] if self.place.lot >= 0 else plan.buys[self.place.name])

    def best(self, problem: Problem, levy: Levy | None = None) -> tuple[float, float]:
        """Objective of the best plan of a changed problem under the plan's choices, and how much is traded in it."""
        found = solve_at_law(problem, self.planned.solution.choices, levy=levy, memory=self.memory)
        return found.objective, self.made(found.plan)

    def levied(self, charge: float) -> Levy:
        """A charge per unit of the trade."""
        holdings = self.planned.problem.block.holdings
        sells, buys = np.zeros(len(holdings.lot_name)), np.zeros(len(holdings.held))
        if self.place.lot >= 0:
            sells[self.place.lot] = charge
        else:
            buys[self.place.name] = charge
        return Levy(sells, buys, holdings.value_usd)

    @cached_property
    def slack(self) -> float:
        """By how much objectives of two searches may differ where they should not."""
        return _ROUND_OFF * max(abs(self.bare), abs(self.bare - self.planned.solution.objective))

    def pays(self, problem: Problem, bare: float, levy: Levy | None = None) -> bool:
        """Whether a changed problem's plan still has the trade; True where nothing was certified."""
        try:
            objective, made = self.best(problem, levy)
        except SolveError:
            return True
        return made > _DUST and objective < bare + self.slack


def break_evens_at_law(planned: Planned, place: Place) -> tuple[BreakEven, ...]:
    """What would make one trade of a plan disappear where the tax is a curve.

    Nothing where the rules need it, where it came from rounding, and where its plan was not certified again.
    """
    trade = _Trade(planned, place)
    try:
        charge = charge_at_law(planned, place)
    except SolveError:
        return ()
    if charge is None or charge <= 0:
        return ()
    which = "sale" if place.lot >= 0 else "purchase"
    return (
        *_of_spread(trade, which),
        *_of_tax(trade, charge),
        of_return(which, charge),
        *_of_aversion(trade, which),
    )


def charge_at_law(planned: Planned, place: Place) -> float | None:
    """The charge per unit of a trade below which it is made and above which it is not; None where it is not made.

    Raises
    ------
    SolveError
        If the rules need the trade, or a solve was not certified.
    """
    trade = _Trade(planned, place)
    if trade.made(planned.solution.plan) <= _DUST:
        return None
    low, high = 0.0, np.inf
    objective, made = trade.best(planned.problem)
    if made <= _DUST or objective >= trade.bare + trade.slack:
        return None
    step = 0.0
    for _ in range(_NEWTON_MAX):
        step = max((trade.bare - objective) / made, _NEAR)
        tried = low + 2.0 * step  # exact where the trade shrinks in a straight line
        objective, made = trade.best(planned.problem, trade.levied(tried))
        if made <= _DUST or objective >= trade.bare + trade.slack:
            high = tried
            low = max(low, low + step - _NEAR)
            break
        low = tried
    if not np.isfinite(high):
        return low
    for _ in range(_HALVINGS):
        if high - low <= _NEAR:
            break
        middle = 0.5 * (low + high)
        if trade.pays(planned.problem, trade.bare, trade.levied(middle)):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def average_rate(tax: ScheduleDTax, plan: Plan, lot: int) -> float | None:
    """Tax on a lot's gain (or saved by its loss) over that gain, all of it, beside the plan's other sales.

    None where the lot has neither.
    """
    gain_usd = float(tax.gains.total[lot] * plan.sells[lot]) * tax.holdings.value_usd
    if not gain_usd:
        return None
    sells = plan.sells.copy()
    sells[lot] = 0.0
    return (tax.value_usd(plan) - tax.value_usd(Plan(sells, plan.buys))) / gain_usd


def _of_spread(trade: _Trade, which: str) -> Iterator[BreakEven]:
    """The half-spread of the name, on all it trades and paid in cash."""
    planned, name = trade.planned, trade.place.name
    costs = planned.signals.market.costs
    costs = costs if trade.place.lot < 0 or costs.selling is None else costs.selling
    now, holdings = float(costs.linear[name]), planned.problem.block.holdings

    def pays(multiple: float) -> bool:
        extra = (multiple - 1.0) * now
        buys = np.where(np.arange(len(holdings.held)) == name, extra, 0.0)
        levy = Levy(np.where(holdings.lot_name == name, extra, 0.0), buys, holdings.value_usd, in_cash=True)
        try:
            return trade.pays(planned.problem, trade.without(planned.problem, levy), levy)
        except SolveError:
            return True

    multiple = crossing(pays, above=True) if now > 0 else None
    if multiple is not None:
        yield of_spread(which, now, now * multiple)


def _of_tax(trade: _Trade, charge: float) -> Iterator[BreakEven]:
    """The tax on the lot's gain, and the price at which the gain would be too large (the loss too small)."""
    if trade.place.lot < 0:
        return
    ratio = float(trade.tax.gains.total[trade.place.lot])
    now = average_rate(trade.tax, trade.planned.solution.plan, trade.place.lot)
    if now is None:
        return
    limit = now + charge / ratio
    at, apart = percent_from_fraction(now), percent_from_fraction(abs(charge / ratio))
    over = f"over the whole sale it is {at:.1f} % on average"
    if ratio > 0:
        says = f"The sale pays unless its gain is taxed {apart:.1f} points more than by the return; {over}."
        yield BreakEven("tax rate", now, limit, says, above=True)
    elif limit > 0:
        says = f"The sale pays unless its loss saves {apart:.1f} points less than by the return; {over}."
        yield BreakEven("tax rate", now, limit, says, above=False)
    yield from _of_price(trade, ratio)


def _of_price(trade: _Trade, ratio: float) -> Iterator[BreakEven]:
    """The price, by halving what is left of the gain's share of the value; none where any gain could be borne."""
    low, high = ratio, _NEAREST_RATIO
    if trade.pays(_with_gain(trade, high), trade.bare):
        return
    for _ in range(_HALVINGS + _HALVINGS_OF_DIALS):
        if high - low <= _NEAR:
            break
        middle = 0.5 * (low + high)
        if trade.pays(_with_gain(trade, middle), trade.bare):
            low = middle
        else:
            high = middle
    price = float(trade.planned.signals.market.price_usd[trade.place.name])
    yield of_price(price, price * (1.0 - ratio) / (1.0 - 0.5 * (low + high)))


def _with_gain(trade: _Trade, ratio: float) -> Problem:
    """The problem in which the trade's lot has another gain over its value."""
    problem, tax, lot = trade.planned.problem, trade.tax, trade.place.lot
    short, long = tax.gains.short.copy(), tax.gains.long.copy()
    held = short if not trade.planned.signals.account.lot_long_term[lot] else long
    held[lot] = ratio
    gains = RealisedGains(short, long)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    cells = cells_of(tax.law, *gains.reach(locked.sell_max), tax.holdings.value_usd)
    moved = replace(tax, gains=gains, cells=cells)
    return replace(problem, terms=tuple(moved if t is tax else t for t in problem.terms))


def _of_aversion(trade: _Trade, which: str) -> Iterator[BreakEven]:
    """The nearest risk aversion, below and above today's, at which the trade is no longer made."""
    problem = trade.planned.problem
    now = problem.block.aversion
    if now <= 0:
        return

    def pays(multiple: float) -> bool:
        block = replace(problem.block, aversion=now * multiple)
        priced = (replace(t, aversion=now * multiple) if isinstance(t, ActiveRisk) else t for t in problem.terms)
        changed = replace(problem, blocks=(block,), terms=tuple(priced))
        try:
            return trade.pays(changed, trade.without(changed, None))
        except SolveError:
            return True

    for above in (False, True):
        multiple = crossing(pays, above=above)
        if multiple is not None:
            yield of_aversion(which, now, now * multiple, above=above)


def crossing(made: Callable[[float], bool], *, above: bool) -> float | None:
    """The first multiple, by doubling (or halving) and then bisection in logarithms, at which it is not made."""
    step = 2.0 if above else 0.5
    here = 1.0
    for _ in range(_DOUBLINGS):
        there = here * step
        if not made(there):
            break
        here = there
    else:
        return None
    for _ in range(_HALVINGS_OF_DIALS):
        middle = float(np.sqrt(here * there))
        if made(middle):
            here = middle
        else:
            there = middle
    return there
