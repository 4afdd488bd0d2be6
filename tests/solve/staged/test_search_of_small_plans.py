"""The search among sides of small plans: how far it goes, what it proves, and what it leaves out."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.errors import InfeasibleError
from di_advisor.formulate.transition import formulate_transition
from di_advisor.solve.staged.assemble import build
from di_advisor.solve.staged.branching import children, closed
from di_advisor.solve.staged.closing import closing
from di_advisor.solve.staged.convex import solve_layout
from di_advisor.solve.staged.judge import breaches, washes
from di_advisor.solve.staged.layout import Open
from di_advisor.solve.staged.search import solve_staged
from tests.solve.staged.random_transitions import random_transition


@pytest.mark.parametrize("seed", [22, 28])
def test_a_small_plan_is_searched_until_it_is_proved(seed: int) -> None:
    drawn = random_transition(seed)
    problem = formulate_transition(drawn.signals, drawn.mandate, drawn.tax, drawn.wish, own=drawn.own)
    solution, few = solve_staged(problem), solve_staged(problem, nodes=24)
    benefit = problem.objective(problem.nothing()) - solution.objective
    assert solution.gap <= 0.01 * benefit
    assert few.gap > 0.05 * benefit
    assert solution.objective <= few.objective + 1e-9
    assert solution.bound >= few.bound - 1e-9


@pytest.mark.parametrize("seed", [0, 9, 11])
def test_closing_a_side_raises_the_bound_by_what_is_said_at_least(seed: int) -> None:
    drawn = random_transition(seed)
    problem = formulate_transition(drawn.signals, drawn.mandate, drawn.tax, drawn.wish, own=drawn.own)
    everything = Open.everything(problem)
    answer = solve_layout(problem, build(problem, everything))
    found = washes(problem, answer.layout.plans(answer.v, problem))[:4]
    assert found
    said = []
    for wash in found:
        for loss, lift in zip((True, False), closing(problem, answer, wash), strict=True):
            said.append(lift)
            try:
                child = solve_layout(problem, build(problem, closed(problem, everything, [wash], loss=loss)))
            except InfeasibleError:
                continue
            value = problem.objective(child.layout.plans(child.v, problem))
            assert max(child.bound, value) >= answer.bound + lift - 1e-8
    assert max(said) > 1e-6
    assert min(said) >= 0.0
    for wash in found:
        assert closing(problem, replace(answer, slope=None), wash) == (0.0, 0.0)


def test_a_kept_loss_closes_every_purchase_within_thirty_days_and_no_other() -> None:
    drawn = random_transition(11)  # both dates within thirty days
    problem = formulate_transition(drawn.signals, drawn.mandate, drawn.tax, drawn.wish, own=drawn.own)
    assert all(problem.washing(s, r) for s in range(2) for r in range(2))
    everything = Open.everything(problem)
    answer = solve_layout(problem, build(problem, everything))
    plans = answer.layout.plans(answer.v, problem)
    wash = washes(problem, plans)[0]
    without_loss, without_buying = children(problem, everything, plans, answer)
    members = problem.identical == wash.group
    assert not without_buying.buy[:, members].any()
    assert without_buying.buy[:, ~members].all()
    assert without_buying.loss.all()
    assert np.array_equal(~without_loss.loss, np.outer(np.arange(2) == wash.sold_at, members))
    far = random_transition(1)  # quarters: each by itself
    problem = formulate_transition(far.signals, far.mandate, far.tax, far.wish, own=far.own)
    everything = Open.everything(problem)
    answer = solve_layout(problem, build(problem, everything))
    wash = washes(problem, answer.layout.plans(answer.v, problem))[0]
    kept = closed(problem, everything, [wash], loss=False)
    assert (~kept.buy).sum() == (problem.identical == wash.group).sum()


def test_washes_of_which_one_side_is_settled_are_decided_together() -> None:
    drawn = random_transition(25)  # its bound leaves one side only of several washes
    problem = formulate_transition(drawn.signals, drawn.mandate, drawn.tax, drawn.wish, own=drawn.own)
    solution = solve_staged(problem)
    assert max(breaches(problem, solution.plans).values()) <= 1e-6
    assert solution.gap <= 0.01 * (problem.objective(problem.nothing()) - solution.objective)
