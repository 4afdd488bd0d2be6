"""Explanations of a whole plan: the exact counterfactual of every trade, shadow prices, one trade in full, wishes.

Every trade is solved again without it, the other names' choices kept, each answer judged by its own residuals and gap.
The target is stated for 200 trades at 500 names; plans have more trades or fewer, and seconds are scaled to 200.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import partial

from benchmarks.bars import Bar
from benchmarks.clock import median_cpu_seconds
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import DiAdvisorError
from di_advisor.propose.counterfactual import counterfactuals
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.propose.shadow_prices import shadow_prices
from di_advisor.propose.trade_explanation import explain_trade
from di_advisor.propose.wish_costs import costs_frame, wishes_of
from di_advisor.testing.random_cases import RandomCase, random_case

__all__ = ["AREA", "bars"]

AREA = "optimizer"

_NAMES = 500
_LOTS_A_NAME = 6
_STYLES = 13
_TRADES = 200
_MINIMUM = 5e-4
_CAPPED = 0.7
_EXPLAINED = 5


def _planned(case: RandomCase, mandate: Mandate) -> Planned | None:
    try:
        planned = plan_for(case.signals, mandate, case.tax, Clock(silent), never)
    except DiAdvisorError:
        return None
    return planned if planned.proposal.trade_list else None


def _plans(seeds: range, *, minimum: float = 0.0, capped: bool = False) -> list[tuple[RandomCase, Planned]]:
    """Plans of 500 names, with minimum trades or under a tracking-error cap that binds."""
    found = []
    for seed in seeds:
        case = random_case(seed, names=_NAMES, lots_a_name=_LOTS_A_NAME, styles=_STYLES)
        mandate = case.mandate.with_changes(tracking_error_max=None, min_trade_weight=minimum)
        planned = _planned(case, mandate)
        if planned is not None and capped:
            cap = _CAPPED * planned.proposal.after.tracking_error
            planned = _planned(case, mandate.with_changes(tracking_error_max=cap))
        if planned is not None:
            found.append((case, planned))
    return found


def _all_counterfactuals(planned: Planned) -> float:
    """CPU seconds of every trade's counterfactual with the shadow prices, for 200 trades."""
    tickers = [s.ticker for s in planned.signals.market.universe.securities]

    def work() -> None:
        shadow_prices(planned.problem, planned.solution, tickers)
        counterfactuals(planned)

    planned.neighbours  # noqa: B018 - laid out once, as a workspace has it
    return median_cpu_seconds(work, repeats=1, warm_ups=0) * _TRADES / len(planned.proposal.trade_list)


def _counterfactual_bars() -> list[Bar]:
    kinds: Sequence[tuple[str, str, list[tuple[RandomCase, Planned]]]] = (
        ("counterfactuals_200_cpu", "no minimum trade", _plans(range(100, 106))),
        ("counterfactuals_200_minimum_cpu", "5 bps minimum trades", _plans(range(100, 106), minimum=_MINIMUM)),
        ("counterfactuals_200_capped_cpu", "a cap that binds", _plans(range(100, 106), capped=True)),
    )
    where = f"{_NAMES} names, {_NAMES * _LOTS_A_NAME} lots, 20 factors; scaled to {_TRADES} trades"
    return [
        Bar.at_most(
            f"optimizer.{name}",
            statistics.median(_all_counterfactuals(planned) for _, planned in plans),
            1.0,
            unit="CPU s",
            compared_to=f"target; {what}, {where}, {len(plans)} random mandates",
        )
        for name, what, plans in kinds
    ]


def _one(planned: Planned) -> float:
    """Median CPU seconds of one trade explained in full."""
    trades = planned.proposal.trade_list
    chosen = trades[:: max(1, len(trades) // _EXPLAINED)][:_EXPLAINED]
    planned.neighbours  # noqa: B018
    return statistics.median(median_cpu_seconds(partial(explain_trade, planned, t), repeats=1) for t in chosen)


def _wishes(case: RandomCase, planned: Planned) -> float:
    """CPU seconds of the price of one wish."""
    wishes = wishes_of(planned)

    def plan(mandate: Mandate) -> Planned:
        return plan_for(case.signals, mandate, case.tax, Clock(silent), never)

    seconds = median_cpu_seconds(partial(costs_frame, planned, wishes, plan), repeats=1, warm_ups=0)
    return seconds / max(len(wishes), 1)


def bars() -> list[Bar]:
    """CPU seconds of counterfactuals, of one trade in full, and of the price of a wish."""
    plans = _plans(range(100, 103))
    return [
        *_counterfactual_bars(),
        Bar.at_most(
            "optimizer.explain_trade_cpu",
            statistics.median(_one(planned) for _, planned in plans),
            0.5,
            unit="CPU s",
            compared_to="one trade in full, break-evens by exact solves included; a notebook cell answers at once",
        ),
        Bar.at_most(
            "optimizer.price_of_wish_cpu",
            statistics.median(_wishes(case, planned) for case, planned in plans),
            0.5,
            unit="CPU s",
            compared_to="one wish: the whole search again without it, whole shares where the mandate has them",
        ),
    ]
