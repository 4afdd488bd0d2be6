"""Force balance of a trade: what pulls it on and what holds it back, at its last dollar.

Problem: dollars by term say what a trade did; they do not say why it stops where it stops. Decision:
the marginal dollars of one more dollar of the trade, by term (risk split into own risk and factors)
and by rule (its shadow price), from the gradients and multipliers of the plan. Where nothing else
limits the trade they sum to zero; otherwise to the multiplier of the limit that holds it, which is
named. Limits: they are those of the plan before rounding, and under a tracking-error cap as exact as
the price of the cap is known. Where the tax is a curve, its force is the rate of the last dollar: what
the whole trade is taxed, across the kinks of the law, stands beside it (`TaxOverTrade`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup
from di_advisor.propose.counterfactual import Place
from di_advisor.propose.marginals import Marginals
from di_advisor.solve.choices import Choice, washed
from di_advisor.solve.solution import Solution

__all__ = ["Force", "ForceBalance", "TaxOverTrade", "force_balance", "segment_of"]

_AT = 1e-8
_DUST = 1e-12
_NOTHING = 1e-7
_CAP = "tracking error cap"
_SHOWN_PER_USD = 1000.0


@dataclass(frozen=True, slots=True)
class Force:
    """One part of the balance.

    Attributes
    ----------
    source : str
        Term or rule it comes from: "tax", "own risk", "factor risk: market", "turnover".
    usd_per_usd : float
        Objective in USD per further dollar traded: negative pulls the trade on, positive holds it back.
    """

    source: str
    usd_per_usd: float


@dataclass(frozen=True, slots=True)
class TaxOverTrade:
    """What a sale is taxed by the law, per dollar sold: all of it, its last dollar and its next one.

    Attributes
    ----------
    whole_usd_per_usd : float
        Tax of the year with the sale less that without it, over its value; other trades as they are.
    last_usd_per_usd, next_usd_per_usd : float
        The same of one dollar less, and of one more: they differ where the plan stands at a kink.
    """

    whole_usd_per_usd: float
    last_usd_per_usd: float
    next_usd_per_usd: float

    @property
    def sentence(self) -> str:
        """In plain words, empty where one rate holds throughout; not escaped."""
        whole, last, following = (
            f"${x * _SHOWN_PER_USD:,.2f}".replace("$-", "-$")
            for x in (self.whole_usd_per_usd, self.last_usd_per_usd, self.next_usd_per_usd)
        )
        if whole == last == following:
            return ""
        kink = f", of the next dollar {following}" if following != last else ""
        return (
            f" By the year's return the tax per ${_SHOWN_PER_USD:,.0f} sold is {whole} over the whole sale, and "
            f"{last} at the rate of its last dollar{kink}."
        )


@dataclass(frozen=True)
class ForceBalance:
    """All forces on a trade at its last dollar.

    Attributes
    ----------
    forces : tuple of Force
        The strongest first.
    limit : str
        What holds the trade where the forces alone do not balance; empty where they do.
    limit_usd_per_usd : float
        Its multiplier: what is missing to zero.
    tax : TaxOverTrade or None
        Where the tax is a curve and the trade a sale: the rates that it crosses.
    """

    forces: tuple[Force, ...]
    limit: str
    limit_usd_per_usd: float
    tax: TaxOverTrade | None = None

    @property
    def total_usd_per_usd(self) -> float:
        """Sum of all forces, the limit's multiplier included: zero but for round-off."""
        return sum(f.usd_per_usd for f in self.forces) + self.limit_usd_per_usd

    @property
    def sentence(self) -> str:
        """In plain words; not escaped."""

        def listed(sign: float) -> str:
            shown = [f for f in self.forces if sign * f.usd_per_usd * _SHOWN_PER_USD >= 0.005]
            return ", ".join(f"{f.source} ${abs(f.usd_per_usd) * _SHOWN_PER_USD:,.2f}" for f in shown) or "nothing"

        held = f"; {self.limit}, which is worth ${abs(self.limit_usd_per_usd) * _SHOWN_PER_USD:,.2f}"
        end = held if self.limit else "; they balance"
        beside = "" if self.tax is None else self.tax.sentence
        return (
            f"Per further ${_SHOWN_PER_USD:,.0f}: {listed(-1)} would be gained, {listed(1)} would be lost{end}.{beside}"
        )


def segment_of(marginals: Marginals, place: Place) -> int:
    """The segment at which a trade ends, or where it would begin; -1 where it has none."""
    segments = marginals.block.segments
    mine = segments.lot == place.lot if place.lot >= 0 else ~segments.sell & (segments.name == place.name)
    at = np.flatnonzero(mine)
    used = at[marginals.amounts[at] > _DUST]
    return int(used[-1]) if len(used) else int(at[0]) if len(at) else -1


def force_balance(problem: Problem, solution: Solution, place: Place) -> ForceBalance | None:
    """The balance of one trade of a plan; None where it has no piece of its own (it came from rounding alone)."""
    marginals = Marginals.of(washed(problem.block, solution.choices), solution.plan, solution.prices)
    at = segment_of(marginals, place)
    if at < 0:
        return None
    added: dict[str, float] = {}
    for source, amount in [*_of_terms(problem, marginals, place, at), *_of_rules(problem, marginals, at)]:
        added[source] = added.get(source, 0.0) + amount
    forces = [Force(source, float(amount)) for source, amount in added.items() if amount]
    total = sum(f.usd_per_usd for f in forces)
    limit = _limit(marginals, solution, place, at, total)
    ordered = tuple(sorted(forces, key=lambda f: -abs(f.usd_per_usd)))
    return ForceBalance(ordered, limit, -total, _tax_over(problem, solution.plan, place))


def _tax_over(problem: Problem, plan: Plan, place: Place) -> TaxOverTrade | None:
    """What a sale is taxed by the law; None for a purchase, and where the tax is a rate."""
    tax = schedule_d_of(problem)
    if tax is None or place.lot < 0 or plan.sells[place.lot] <= _NOTHING:
        return None
    value = tax.holdings.value_usd

    def rate(start: float, stop: float) -> float:
        """Mean tax per unit between two amounts sold of the lot."""
        ends = []
        for sold in (start, stop):
            sells = plan.sells.copy()
            sells[place.lot] = sold
            ends.append(tax.value_usd(Plan(sells, plan.buys)))
        return (ends[1] - ends[0]) / (stop - start) / value

    sold, dollar = float(plan.sells[place.lot]), 1.0 / value
    return TaxOverTrade(rate(0.0, sold), rate(max(sold - dollar, 0.0), sold), rate(sold, sold + dollar))


def _of_terms(problem: Problem, marginals: Marginals, place: Place, at: int) -> Iterator[tuple[str, float]]:
    """Marginal dollars by term; what the block charges beside its terms is the price of a washed part."""
    block = marginals.block
    name, sign = int(block.segments.name[at]), float(block.segments.sign[at])
    priced = 0.0
    for term in problem.terms:
        part = term.separable()
        if part is None:
            continue
        slope = 0.0
        if part.lot_slope is not None and place.lot >= 0:
            slope += float(part.lot_slope[place.lot])
        if part.name_slope is not None:
            slope += sign * float(part.name_slope[name])
        if part.traded is not None:
            cost = float(block.segments.cash_cost[at])
            slope += cost if part.linear is None else float(part.linear[name])
        priced += slope
        if part.power is not None:
            slope += float(marginals.power[name, 0 if place.lot >= 0 else 1])
        if part.impact is not None:
            slope += 2.0 * sign * float(part.impact[name] * marginals.trade[name])
        yield term.name, slope
        if part.variance_price:
            yield "own risk", sign * part.variance_price * float(marginals.own_risk[name])
            for group, risk in _by_group(marginals, name).items():
                yield f"factor risk: {group}", sign * part.variance_price * risk
    rest = float(block.segments.slope[at]) - priced
    yield "wash sale", rest if abs(rest) > _DUST else 0.0


def _by_group(marginals: Marginals, name: int) -> dict[str, float]:
    """Variance from factors by kind of factor: the market (the same for all names), sectors, styles."""
    risk = marginals.block.risk
    sectors = set(risk.universe.sectors)
    flat = (risk.exposures == risk.exposures[:1]).all(axis=0)
    found: dict[str, float] = {}
    for j, factor in enumerate(risk.factors):
        group = "market" if flat[j] else "sectors" if factor in sectors else "styles"
        found[group] = found.get(group, 0.0) + float(marginals.factor_risk[name, j])
    return found


def _of_rules(problem: Problem, marginals: Marginals, at: int) -> Iterator[tuple[str, float]]:
    """Prices of the rules times what one more dollar takes of their room."""
    block, prices = marginals.block, marginals.prices
    name, sign = int(block.segments.name[at]), float(block.segments.sign[at])
    risk = float(marginals.own_risk[name] + marginals.factor_risk[name].sum())
    yield _CAP, sign * (prices.risk - block.aversion) * risk
    for price, row in zip(prices.rows.tolist(), block.rows, strict=True):
        taken = 0.0 if row.on_active is None else sign * float(row.on_active[name])
        taken += 0.0 if row.on_segments is None else float(row.on_segments[at])
        yield row.rule, price * taken
    rule_of = {r.factor: r.name for r in problem.rules if isinstance(r, ActiveGroup) and r.factor}
    for j, price in enumerate(marginals.box_prices.tolist()):
        if price:
            factor = block.risk.factors[j]
            yield rule_of.get(factor, factor), sign * price * float(block.risk.exposures[name, j])


def _limit(marginals: Marginals, solution: Solution, place: Place, at: int, total: float) -> str:
    """What holds a trade whose forces do not balance."""
    if abs(total) <= _NOTHING:
        return ""
    if solution.choices[place.name] == Choice.NOTHING:
        return "the name is not traded before rounding"
    return _too_large(marginals, place) if total > 0 else _too_small(marginals, place, at)


_ROUNDED = "it came about when rounding to shares"


def _too_large(marginals: Marginals, place: Place) -> str:
    """What keeps a trade larger than it would like to be."""
    size, least = abs(float(marginals.trade[place.name])), float(marginals.block.min_trade[place.name])
    if place.lot >= 0 and marginals.block.sells_out[place.name]:
        return "all of a position smaller than the minimum trade is sold, or none of it" if size else _ROUNDED
    if not size:
        return _ROUNDED
    if least > 0 and size < least + _AT:
        return "the minimum trade keeps it this large"
    return "the limits of the name keep it this large"


def _too_small(marginals: Marginals, place: Place, at: int) -> str:
    """What keeps a trade smaller than it would like to be; empty where only round-off does."""
    block, name = marginals.block, place.name
    trade, z = float(marginals.trade[name]), float(marginals.active[name])
    mine = block.segments.lot == place.lot if place.lot >= 0 else ~block.segments.sell & (block.segments.name == name)
    left = block.segments.width - marginals.amounts
    if place.lot >= 0 and float(left[mine].sum()) < _AT:
        return "all of the lot is sold"
    at_limit = z - block.active_lower[name] < _AT if trade < 0 else block.active_upper[name] - z < _AT
    if float(left[mine].sum()) < _AT or (trade and at_limit):
        return "the limits of the name allow no more"
    return "the next piece of the cost curve is dearer" if left[at] < _AT else ""
