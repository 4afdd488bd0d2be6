"""What each wish costs: the plan solved again without it, in dollars by term and in tracking error.

Problem: a shadow price is a slope; a client asks what the whole wish costs. Decision: the search is run
again without the wish, discrete choices included, and the two plans are compared by the terms that
remain, before rounding to shares. A wish is a field of the mandate, or one rule of the plan ("sector
band: Energy"). Limits: both searches are certified within a gap, which is reported; costs of several
wishes do not add up, because one wish can stand in for another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError, SettlementError, SolveError, UndecidedError, UnfinishedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.propose.neighbours import dollars_between
from di_advisor.propose.planned import Planned, never
from di_advisor.propose.term_columns import snake_columns
from di_advisor.propose.without_rule import without_rule
from di_advisor.solve import Solution, solve_localised
from di_advisor.units import bps_from_fraction

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WishCost", "cost_of", "costs_frame", "price_between", "wishes_of"]

_OF_RULE: Mapping[str, tuple[str, ...]] = {
    "cash": ("cash_min", "cash_max"),
    "minimum trade": ("min_trade_usd", "min_trade_weight"),
    "name limits": ("name_band",),
    "tracking error cap": ("tracking_error_max",),
    "turnover": ("turnover_max",),
    "gain budget": ("gain_budget_usd",),
    "tax budget": ("tax_budget_usd",),
}
"""Fields of the mandate behind a rule, where dropping the rule means changing them."""

_NEUTRAL: Mapping[str, Any] = {"cash_min": 0.0, "cash_max": 1.0}
"""What a field is without the wish, where that is not its default."""

_FIXED = ("wish", "cost_usd", "tracking_error_bps", "gap_usd", "why", "refused")
"""Columns of the frame beside those of the terms, which stand after the third."""

_UNSEEN = (
    "do_not_buy",
    "do_not_sell",
    "do_not_hold",
    "min_holding_days",
    "mode",
    "max_trade_usd",
    "participation_max",
    "max_names",
    "max_trades",
    "exclusions",
    "withdrawal_usd",
)
"""Wishes that no rule shows as binding, and that may cost something where they are set."""


@dataclass(frozen=True)
class WishCost:
    """What one wish costs.

    Attributes
    ----------
    wish : str
        Field of the mandate, or name of the rule.
    cost_usd : Decimal
        What the plan is worth less with the wish than without it, in cents.
    dollars : Mapping of str to Decimal
        The same by term; positive: the term is that much worse with the wish.
    tracking_error : float
        Tracking error with the wish minus that without it, per year, a fraction.
    gap_usd : float
        Certified gaps of both plans together: the cost is known up to this.
    sentence : str
        In plain words; not escaped.
    """

    wish: str
    cost_usd: Decimal
    dollars: Mapping[str, Decimal] = field(default_factory=dict)
    tracking_error: float = 0.0
    gap_usd: float = 0.0
    sentence: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dollars", FrozenMap(self.dollars))

    def __str__(self) -> str:
        return self.sentence


def wishes_of(planned: Planned) -> tuple[str, ...]:
    """Rules that bind in a plan and are of the mandate's asking, and wishes that are set and that no rule shows."""
    plain, mandate = Mandate(), planned.mandate
    binding = [c.rule for c in planned.proposal.checks if c.binding and _without_wish(mandate, c.rule) != mandate]
    return (*binding, *(f for f in _UNSEEN if getattr(planned.mandate, f) != getattr(plain, f)))


def cost_of(planned: Planned, wish: str, plan: Callable[[Mandate], Planned], cancel: Callable[[], bool]) -> WishCost:
    """What one wish costs.

    Parameters
    ----------
    planned : Planned
        The plan with the wish.
    wish : str
        Field of `Mandate`, or name of one of the plan's rules.
    plan : callable
        Plans another mandate for the same account.
    cancel : callable
        Asked between solves.

    Raises
    ------
    InputError
        If there is no such wish, or nothing could be without it.
    SolveError, SettlementError
        If there is no certified plan without it.
    """
    mandate = _without_wish(planned.mandate, wish)
    if mandate == planned.mandate:
        return WishCost(wish, Decimal("0.00"), sentence=f"The wish '{wish}' is not set, and so costs nothing.")
    if mandate is not None:
        other = plan(mandate)
        free, found = other.problem, other.solution
    else:
        free, found = solve_localised(_without(planned.problem, wish), cancel=cancel)
    return _between(wish, planned, free, found)


def price_between(wish: str, with_wish: Planned, without: Planned) -> WishCost:
    """What a wish costs, from the plans with and without it.

    Parameters
    ----------
    wish : str
        What to call it.
    with_wish, without : Planned
        For the same account and day; the terms that are compared are those of the plan without it.
    """
    return _between(wish, with_wish, without.problem, without.solution)


def _between(wish: str, planned: Planned, free: Problem, found: Solution) -> WishCost:
    dollars = dollars_between(free, found.plan, planned.solution.plan)
    cost, value = sum(dollars.values(), Decimal(0)), planned.problem.block.holdings.value_usd
    apart = _tracking_error(planned.problem, planned.solution.plan) - _tracking_error(free, found.plan)
    gap = (planned.solution.gap + found.gap) * value
    return WishCost(wish, cost, dollars, apart, gap, _said(wish, cost, apart, gap))


def _without_wish(mandate: Mandate, wish: str) -> Mandate | None:
    """The mandate without a wish; None where the wish is a single rule of a wish of several."""
    known = {f.name for f in fields(Mandate)}
    chosen = (wish,) if wish in known else _OF_RULE.get(wish, ())
    kind, _, factor = wish.partition(": ")
    if kind == "factor band" and factor in mandate.factor_bands:
        rest = {k: v for k, v in mandate.factor_bands.items() if k != factor}
        return mandate.with_changes(factor_bands=rest)
    if not chosen:
        return None
    plain = Mandate()
    return mandate.with_changes(**{f: _NEUTRAL.get(f, getattr(plain, f)) for f in chosen})


def _without(problem: Problem, wish: str) -> Problem:
    rule = next((r for r in problem.rules if r.name == wish), None)
    block = None if rule is None else without_rule(problem, rule)
    if block is None:
        names = ", ".join(r.name for r in problem.rules)
        raise InputError(
            f"The plan has no wish {wish!r} that could be dropped.",
            hint=f"Name a field of the mandate, or one of its rules: {names}.",
            wish=wish,
        )
    return replace(problem, blocks=(block,), rules=tuple(r for r in problem.rules if r is not rule))


def _tracking_error(problem: Problem, plan: Plan) -> float:
    block = problem.block
    return block.risk.tracking_error(block.holdings.active + plan.net(block.holdings.lot_name))


def _said(wish: str, cost: Decimal, apart: float, gap_usd: float) -> str:
    bps = bps_from_fraction(apart)
    if abs(float(cost)) < 0.005:
        money = "nothing"
    elif cost < 0:
        money = f"nothing that can be told (${-cost:,} less than nothing, within gaps of ${gap_usd:,.2f})"
    else:
        money = f"${cost:,}"
    if abs(bps) < 0.05:
        return f"The wish '{wish}' costs {money}."
    moved = f"adds {bps:,.1f} bps to the tracking error" if bps > 0 else f"takes {-bps:,.1f} bps off the tracking error"
    return f"The wish '{wish}' costs {money}, and {moved}."


def costs_frame(
    planned: Planned,
    wishes: Iterable[str],
    plan: Callable[[Mandate], Planned],
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] = never,
) -> pd.DataFrame:
    """What each of several wishes costs, one row a wish, dearest first.

    Returns
    -------
    DataFrame
        Columns: ``wish``, ``cost_usd``, ``tracking_error_bps`` (with the wish minus without), one column
        a term ending in ``_usd`` (positive: worse with the wish), ``gap_usd``, ``why``, and ``refused``,
        which says why there is no answer and is empty otherwise.

    Raises
    ------
    UnfinishedError
        If cancelled.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    chosen = list(wishes)
    for done, wish in enumerate(chosen, start=1):
        if cancel():
            raise UnfinishedError("The prices of wishes were cancelled.", hint="Ask again to have all of them.")
        try:
            rows.append(_row(cost_of(planned, wish, plan, cancel)))
        except (SolveError, SettlementError) as error:
            if isinstance(error, UnfinishedError) and not isinstance(error, UndecidedError):
                raise  # cancelled; a wish without which nothing was decided has its own row
            rows.append({"wish": wish, "refused": str(error)})
        if progress is not None:
            progress(done, len(chosen))
    terms = [c for c in dict.fromkeys(c for row in rows for c in row) if c not in _FIXED]
    frame = pd.DataFrame(rows, columns=[*_FIXED[:3], *terms, *_FIXED[3:]])
    return frame.sort_values("cost_usd", ascending=False, kind="stable", ignore_index=True)


def _row(cost: WishCost) -> dict[str, Any]:
    columns = snake_columns(cost.dollars, _FIXED)
    return {
        "wish": cost.wish,
        "cost_usd": float(cost.cost_usd),
        "tracking_error_bps": bps_from_fraction(cost.tracking_error),
        **{columns[name]: float(v) for name, v in cost.dollars.items()},
        "gap_usd": cost.gap_usd,
        "why": cost.sentence,
        "refused": "",
    }
