"""A trade's question from layouts shared by all trades: the answer of an account laid out anew for it alone."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.build import formulate
from di_advisor.propose.by_name import ByName
from di_advisor.propose.counterfactual import Place, place_of, without
from di_advisor.propose.neighbours import Neighbour
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.propose.recut import without_lot
from di_advisor.solve.choices import Choice
from di_advisor.solve.one_name import Changed
from di_advisor.testing.random_cases import random_case

KINDS: dict[str, dict[str, float]] = {
    "any amount": {},
    "minimum": {"min_trade_weight": 3e-3},
    "cap": {"tracking_error_max": 0.85},
    "cap and minimum": {"tracking_error_max": 0.85, "min_trade_weight": 2e-3},
    "turnover": {"turnover_max": 0.04, "min_trade_weight": 1e-3},
    "numbers": {},
}


def planned(seed: int, kind: str, *, names: int = 30) -> Planned:
    """A plan of random wishes; a cap is a share of the tracking error without one."""
    case = random_case(seed, names=names, lots_a_name=3)
    share = KINDS[kind].get("tracking_error_max")
    wishes = {"turnover_max": None, "rounding": Rounding.FRACTIONAL, **KINDS[kind], "tracking_error_max": None}
    mandate = case.mandate.with_changes(**wishes)
    if kind == "numbers":
        held = len(set(case.signals.account.lot_name.tolist()))
        mandate = Mandate(
            risk_aversion=5.0, rounding=Rounding.FRACTIONAL, max_names=held - 3, max_trades=12, cash_max=0.1
        )
    plan = plan_for(case.signals, mandate, case.tax, Clock(silent), never)
    if share is None:
        return plan
    cap = share * plan.proposal.after.tracking_error
    return plan_for(case.signals, mandate.with_changes(tracking_error_max=cap), case.tax, Clock(silent), never)


def objective(plan: Planned, place: Place, *, anew: bool) -> float | None:
    """Objective without a trade; laid out anew where the block is not the plan's own object. None: no plan."""
    try:
        return without(plan, place, block=replace(plan.problem.block) if anew else None).objective
    except InfeasibleError:
        return None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 6])
def test_every_trade_s_question_has_the_answer_of_an_account_laid_out_anew(seed: int, kind: str) -> None:
    plan = planned(seed, kind)
    assert plan.neighbours.by_name is not None
    assert plan.proposal.trade_list
    size = abs(plan.solution.nothing - plan.solution.objective)
    for trade in plan.proposal.trade_list:
        place = place_of(plan, trade)
        found, expected = objective(plan, place, anew=False), objective(plan, place, anew=True)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert found == pytest.approx(expected, abs=1e-7 * max(size, abs(expected)))


@pytest.mark.parametrize("seed", range(3))
def test_a_layout_without_lots_is_that_of_the_name_cut_alone(seed: int) -> None:
    plan = planned(seed, "any amount")
    problem, by_name = plan.problem, plan.neighbours.by_name
    assert by_name is not None
    cut = 0
    for lot in plan.orders.sells:
        name = int(problem.block.holdings.lot_name[lot])
        expected, way = without_lot(problem, problem.block, name=name, lot=lot), by_name.without_lot(lot)
        if way is None or expected is None:
            continue
        cut += 1
        found = way.changed.block
        for field in ("name", "sell", "lot", "loss"):
            assert (getattr(found.segments, field) == getattr(expected.segments, field)).all()
        for field in ("width", "slope", "cash_cost"):
            np.testing.assert_allclose(getattr(found.segments, field), getattr(expected.segments, field), atol=1e-12)
        for row, other in zip(found.rows, expected.rows, strict=True):
            assert (row.rule, row.lower, row.upper, row.reserve) == (
                other.rule,
                other.lower,
                other.upper,
                other.reserve,
            )
            if row.on_segments is not None and other.on_segments is not None:
                np.testing.assert_allclose(row.on_segments, other.on_segments, atol=1e-12)
    assert cut


def test_a_way_that_a_bound_proves_no_better_is_not_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(1, "minimum", names=60)
    solved: list[Changed] = []
    solving = plan.neighbours.of

    def of(changed: Changed) -> Neighbour:
        solved.append(changed)
        return solving(changed)

    monkeypatch.setattr(plan.neighbours, "of", of)
    least, both = plan.problem.block.least_sale, 0
    sales = [t for t in plan.proposal.trade_list if t.side is Side.SELL]
    for trade in sales:
        place = place_of(plan, trade)
        solved.clear()
        found = without(plan, place)
        sold = abs(found.active[place.name] - plan.problem.block.holdings.active[place.name])
        at_the_minimum = least[place.name] > 0 and 0 < sold <= least[place.name] + 1e-8
        both += at_the_minimum and len(solved) == 1  # not trading at all was ruled out without a solve
    assert both


def test_names_that_hang_on_each_other_are_not_laid_out_one_by_one() -> None:
    case = random_case(3, names=20, lots_a_name=2)
    problem = formulate(case.signals, case.mandate, case.tax)
    assert ByName.suits(problem)
    block = problem.block
    dearer = replace(block.segments, slope=block.segments.slope + 1e-4)  # of no term of the problem
    assert not ByName.suits(replace(problem, blocks=(replace(block, segments=dearer),)))
    fewer = tuple(replace(r, upper=r.upper + 0.01) for r in block.rows)
    assert not ByName.suits(replace(problem, blocks=(replace(block, rows=fewer),)))


def test_a_name_sold_out_is_sold_in_part_without_one_of_its_lots() -> None:
    plan = planned(0, "numbers")
    choices, by_name = plan.solution.choices, plan.neighbours.by_name
    assert by_name is not None
    tried = 0
    for lot in plan.orders.sells:
        name = int(plan.problem.block.holdings.lot_name[lot])
        way = by_name.without_lot(lot)
        if choices[name] == Choice.EXIT and way is not None:
            tried += 1
            assert way.changed.program.choices[name] == Choice.SELL
            assert not (way.changed.block.segments.lot == lot).any()
    assert tried


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_under_a_cap_a_question_that_changes_nothing_takes_one_solve(seed: int) -> None:
    plan = planned(seed, "cap")
    assert plan.solution.prices.risk > plan.problem.block.aversion  # the cap binds
    neighbours, choices = plan.neighbours, plan.solution.choices
    neighbours.solve(choices)  # where to start is found out with the first question
    before = neighbours.counts.solves
    found = neighbours.solve(choices)
    assert neighbours.counts.solves == before + 1
    assert found.objective == pytest.approx(plan.solution.objective, rel=1e-6)
