"""Own rules are named in a conflict: the set is irreducible, and the least room each would have to give is enough."""

from typing import Any

import cvxpy as cp
import numpy as np
import own_wishes_under_test as wishes
import pytest

from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.problem import Problem
from di_advisor.solve import solve
from di_advisor.solve.own_diagnosis import diagnose_own
from di_advisor.testing.random_cases import random_case


def problem(*rules: Any, seed: int = 3, **wish: Any) -> Problem:
    case = random_case(seed, names=14, lots_a_name=2, styles=2)
    plain = {"turnover_max": None, "tracking_error_max": None, "sector_band": None, "factor_bands": {}}
    return formulate(case.signals, case.mandate.with_changes(**plain | wish), case.tax, own=OwnWishes((), rules))


def much_bought(part: float) -> Any:
    return wishes.rule(lambda s: [cp.sum(s.buys) >= part], "buy much")


def close(radius: float) -> Any:
    return wishes.rule(lambda s: [cp.norm(s.buys, 2) <= radius], "stay close")


def test_an_affine_rule_clashes_with_turnover_and_says_by_how_much() -> None:
    with pytest.raises(InfeasibleError) as caught:
        solve(problem(much_bought(0.3), turnover_max=0.1))
    assert {"buy much", "turnover"} <= set(caught.value.facts["rules"])
    at = caught.value.facts["rules"].index("buy much")
    assert caught.value.facts["amounts"][at] == pytest.approx(0.2, abs=0.02)
    assert solve(problem(much_bought(0.3 - caught.value.facts["amounts"][at] - 1e-4), turnover_max=0.1)).residual < 1e-6


@pytest.mark.parametrize("seed", [3, 4])
def test_a_cone_clashes_and_the_set_is_irreducible(seed: int) -> None:
    asked = problem(close(0.002), much_bought(0.3), seed=seed)
    with pytest.raises(InfeasibleError) as caught:
        solve(asked)
    named = set(caught.value.facts["rules"])
    assert named == {"stay close", "buy much"}
    for one, rest in (("stay close", much_bought(0.3)), ("buy much", close(0.002))):
        assert solve(problem(rest, seed=seed)).residual < 1e-6, one
    rules, amounts = caught.value.facts["rules"], caught.value.facts["amounts"]
    assert all(caught.value.facts["enough"])
    room = amounts[rules.index("stay close")] * asked.opaque_rules[0]._sizes[0]  # in weights of its steepest slope
    found = diagnose_own(problem(close(0.002 + room * 1.05), much_bought(0.3), seed=seed))
    assert found is None
    assert diagnose_own(problem(close(0.002 + room * 0.9), much_bought(0.3), seed=seed)) is not None


def test_a_rule_that_no_plan_can_keep_is_named_alone() -> None:
    never = wishes.rule(lambda s: [cp.sum_squares(s.weights) <= -1.0], "less than nothing")
    with pytest.raises(InfeasibleError, match="This wish cannot be met by this account") as caught:
        solve(problem(never))
    assert caught.value.facts["rules"] == ["less than nothing"]


def test_a_cone_that_cannot_give_by_degrees_is_dropped_whole() -> None:
    def cone(s: Any) -> list[Any]:
        return [cp.SOC(cp.Constant(0.002), s.buys), cp.sum(s.buys) >= 0.3]

    with pytest.raises(InfeasibleError) as caught:
        solve(problem(wishes.rule(cone, "cone")))
    assert caught.value.facts["rules"] == ["cone"]
    assert np.isnan(caught.value.facts["amounts"][0])
    assert "'cone' dropped" in caught.value.hint
