"""What is wrong with an own term or rule is told with its name, before anything is solved."""

from typing import Any

import cvxpy as cp
import numpy as np
import own_wishes_under_test as wishes
import pytest

from di_advisor.errors import OwnWishError
from di_advisor.formulate import formulate
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.problem import Problem
from di_advisor.testing.random_cases import random_case

term, rule = wishes.term, wishes.rule


def problem(terms: tuple[Any, ...] = (), rules: tuple[Any, ...] = ()) -> Problem:
    case = random_case(3, names=12, lots_a_name=2, styles=2)
    return formulate(case.signals, case.mandate, case.tax, own=OwnWishes(terms, rules))


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (lambda s: s.buys_usd, "one number of dollars"),
        (lambda s: -cp.sum_squares(s.active), "concave"),
        (lambda s: s.active @ s.active, "not convex as far as cvxpy's rules can tell"),
        (lambda s: cp.sum_squares(s.active) + cp.sqrt(s.cash) * s.cash, "because of this part"),
        (lambda s: cp.sum(s.buys) + cp.Variable(name="helper"), "variables of its own: helper"),
        (lambda s: cp.Parameter(name="dial") * s.cash_usd, "parameters without a value: dial"),
        (lambda s: np.r_[np.nan, np.ones(len(s.universe) - 1)] @ s.buys, "no finite number"),
        (lambda s: s.value_usd / 0, "raised ZeroDivisionError"),
        (lambda s: s.weight("NOBODY"), "NOBODY"),
        (lambda s: s.exposure("momentum"), "no factor 'momentum'"),
        (lambda _: "ten dollars", "returned str, not a cvxpy expression"),
        (lambda s: -cp.log(s.weights[0] - 5.0), "not a|is (None|nan|inf)"),
    ],
)
def test_a_term_that_cannot_be_solved_with_is_refused_by_name(expression: Any, told: str) -> None:
    with pytest.raises(OwnWishError, match=told) as caught:
        problem(terms=(term(expression),))
    assert "'mine'" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("constraints", "told"),
    [
        (lambda s: [cp.norm(s.active) >= 0.1], "not convex"),
        (lambda s: [cp.sum_squares(s.buys) == 0.1], "equality must be affine"),
        (lambda s: [s.value_usd > 0], "returned bool, not a cvxpy constraint .figures were compared"),
        (lambda _: [], "has no constraint"),
        (lambda s: [cp.Variable(name="helper") >= s.cash], "variables of its own"),
        (lambda s: [s.cash >= np.inf], "no finite number"),
        (lambda s: [cp.sum(s.buys) * 0.0 + 2.0 <= 1.0], "no trade can change"),
    ],
)
def test_a_rule_that_cannot_be_solved_with_is_refused_by_name(constraints: Any, told: str) -> None:
    with pytest.raises(OwnWishError, match=told) as caught:
        problem(rules=(rule(constraints),))
    assert "'my rule'" in str(caught.value)


def test_the_part_that_is_not_convex_is_named() -> None:
    with pytest.raises(OwnWishError) as caught:
        problem(terms=(term(lambda s: cp.sum(s.buys) + cp.sum(cp.multiply(s.sold, s.active))),))
    assert "active" in caught.value.facts["part"]
    assert "sum(" not in caught.value.facts["part"].lower()


@pytest.mark.parametrize("name", ["tax", "Trading_Cost", "active risk"])
def test_a_name_that_tables_have_already_is_refused(name: str) -> None:
    with pytest.raises(OwnWishError, match="taken"):
        problem(terms=(term(lambda s: s.cash_usd, name),))


def test_two_wishes_of_one_name_and_wishes_without_words_are_refused() -> None:
    with pytest.raises(OwnWishError, match="taken"):
        problem(terms=(wishes.Crowding(), wishes.Crowding()))
    with pytest.raises(OwnWishError, match="taken"):
        problem(rules=(rule(lambda s: [s.cash >= 0], "cash"),))
    with pytest.raises(OwnWishError, match="no sentence"):
        problem(terms=(type("Mute", (), {"name": "mute", "expression": lambda _, s: s.cash_usd})(),))


def test_a_rule_among_the_terms_is_sent_where_it_belongs() -> None:
    with pytest.raises(OwnWishError, match=r"no method 'expression'.*rules="):
        problem(terms=(wishes.Disk(),))


def test_what_is_affine_joins_the_block_and_what_is_not_is_opaque() -> None:
    found = problem((wishes.Taste(), wishes.Crowding()), (wishes.FewBuys(), wishes.Disk()))
    assert [t.name for t in found.opaque_terms] == ["crowding"]
    assert [r.name for r in found.opaque_rules] == ["active share"]
    assert "few buys" in {row.rule for row in found.block.rows}


def test_symbols_say_what_they_are_called() -> None:
    seen: dict[str, Any] = {}

    def look(s: Any) -> Any:
        first = s.universe.securities[0]
        seen["weight"] = s.weight(first.ticker)
        seen["all"] = s.weights
        seen["lot"] = s.lot(s.lots[0].lot_id)
        seen["sector"] = s.sector("S1")
        return s.cash_usd + 0 * seen["lot"] + 0 * s.held_usd(first.security_id) + 0 * s.active_weight(first.ticker)

    found = problem(terms=(term(look),))
    assert seen["weight"].size == 1
    assert seen["all"].shape == (12,)
    nothing = found.block.holdings.nothing()
    assert found.terms[-1].value_usd(nothing) == pytest.approx(
        found.block.holdings.cash * found.block.holdings.value_usd
    )


def test_saved_names_come_back_and_what_lives_in_memory_is_refused() -> None:
    module = wishes.__name__
    own = OwnWishes((wishes.Crowding(), f"{module}:Kinked"), (wishes.Disk(), f"{module}:SHELF"))
    specs = own.specs()
    assert specs == {
        "terms": [f"{module}:Crowding", f"{module}:Kinked"],
        "rules": [f"{module}:Disk", f"{module}:SHELF"],
    }
    again = OwnWishes.from_specs(specs)
    assert [t.name for t in again.terms] == ["crowding", "evenness"]
    assert again.rules[1] is wishes.SHELF

    class Local(wishes.Crowding):
        pass

    cell = type("Cell", (wishes.Crowding,), {"__module__": "__main__"})
    for lost, told in ((Local(), "memory only"), (cell(), "memory only"), (wishes.Disk(0.9), "made with arguments")):
        with pytest.raises(OwnWishError, match=told):
            OwnWishes((lost,)).specs()
    for wrong in (f"{module}:Nobody", "no_such_module:Term", "__main__:Term", "no colon"):
        with pytest.raises(OwnWishError):
            OwnWishes.from_specs({"terms": [wrong]})
