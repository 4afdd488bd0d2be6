"""Infeasibility: the conflict named is irreducible, and each relaxation is enough and no more than needed."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.mandate import Band, Mandate, NameBand, TradingMode
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.solve import solve
from di_advisor.solve.diagnose import Diagnosis, diagnose
from di_advisor.testing.random_cases import random_case
from tests.solve.contradictions import can_hold, contradiction, widened

NEGLIGIBLE = 1e-4
"""A relaxation below this is too thin for the reference to tell nine tenths of it from all of it."""


def refused(problem: Problem) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        solve(problem)
    return caught.value


def account_with(mandate: Mandate, *, sellable: bool = True, seed: int = 3) -> Problem:
    case = random_case(seed, names=12, lots_a_name=1, styles=2)
    account = replace(
        case.signals.account,
        lot_sellable=np.full(len(case.signals.account.lots), sellable),
        can_buy=np.ones(12, dtype=bool),
        can_sell=np.ones(12, dtype=bool),
    )
    return formulate(replace(case.signals, account=account), mandate, case.tax)


def held_of(problem: Problem, sector: str) -> float:
    """Active weight of a sector before trading."""
    rule = next(r for r in problem.rules if r.name == f"sector band: {sector}")
    return rule.measure(problem.block.holdings.nothing())


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(s, marks=pytest.mark.slow) for s in range(12, 24))])
def test_dropping_any_wish_of_the_conflict_lets_the_others_hold(seed: int) -> None:
    problem = contradiction(seed)
    found = diagnose(problem)
    if found is None:
        assert can_hold(problem, problem.rules)
        return
    assert not can_hold(problem, found.conflict)
    for rule in found.conflict:
        assert can_hold(problem, [r for r in found.conflict if r is not rule]), rule.sentence


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(s, marks=pytest.mark.slow) for s in range(12, 24))])
def test_each_relaxation_restores_feasibility_and_nine_tenths_of_it_do_not(seed: int) -> None:
    problem = contradiction(seed)
    found = diagnose(problem)
    if found is None:
        assert can_hold(problem, problem.rules)
        return
    assert tuple(r.rule for r in found.relaxations) == found.conflict
    for relaxation in found.relaxations:
        all_of = problem.rules if relaxation.enough else found.conflict
        others = [r for r in all_of if r is not relaxation.rule]
        assert can_hold(problem, [*others, widened(relaxation.rule, relaxation.amount * 1.001 + 2e-6)])
        if relaxation.amount > NEGLIGIBLE:
            assert not can_hold(problem, [*others, widened(relaxation.rule, relaxation.amount * 0.9)])
        if not relaxation.enough:
            assert not can_hold(problem, [r for r in problem.rules if r is not relaxation.rule])


def test_the_random_mandates_use_every_kind_of_wish_alone_and_with_a_cap() -> None:
    found = [d for d in (diagnose(contradiction(seed)) for seed in range(24)) if d is not None]
    named = {rule.name.partition(":")[0] for d in found for rule in d.conflict}
    assert {"cash", "locks", "turnover", "sector band", "tracking error cap", "name limits"} <= named
    assert {True, False} == {r.enough for d in found for r in d.relaxations}


def test_cash_against_no_trades() -> None:
    problem = account_with(Mandate(cash_min=0.05, cash_max=0.06, turnover_max=0.0))
    error = refused(problem)
    assert error.facts["rules"] == ["cash", "turnover"]
    assert error.facts["conflict"][1] == "One-way turnover is at most 0.00 % of the account."
    cash = problem.block.holdings.cash
    assert error.facts["amounts"][0] == pytest.approx(0.05 - cash, abs=1e-5)
    assert error.facts["relaxations"][0] == "cash down to 0.99 % (you ask for at least 5.00 %)"
    assert error.facts["relaxations"][1].startswith("turnover at least 2.0")
    assert str(error).startswith("These wishes contradict each other: (1) Cash is at least 5.00 %")
    assert "Any one of these is enough: cash down to 0.99 %" in error.hint


def test_the_figure_shown_is_enough_when_the_mandate_takes_it() -> None:
    mandate = Mandate(cash_min=0.05, cash_max=0.06, turnover_max=0.01)
    text = refused(account_with(mandate)).facts["relaxations"]
    turnover = float(text[1].removeprefix("turnover at least ").partition(" %")[0]) / 100
    assert solve(account_with(mandate.with_changes(turnover_max=turnover))).residual <= 1e-6
    cash = float(text[0].removeprefix("cash down to ").partition(" %")[0]) / 100
    assert solve(account_with(mandate.with_changes(cash_min=cash))).residual <= 1e-6


def test_minimum_cash_against_lots_that_may_not_be_sold() -> None:
    error = refused(account_with(Mandate(cash_min=0.04, cash_max=0.06), sellable=False))
    assert error.facts["rules"] == ["cash", "locks"]
    assert "Locked lots are not sold" in str(error)
    assert error.facts["relaxations"][1].startswith("$30,")
    assert "of what is locked traded all the same (such as R" in error.facts["relaxations"][1]


def test_too_much_cash_against_buying_nothing() -> None:
    problem = account_with(Mandate(cash_min=0.0, cash_max=0.002, mode=TradingMode.SELL_ONLY))
    error = refused(problem)
    assert error.facts["rules"] == ["cash", "locks"]
    assert error.facts["relaxations"][0] == "cash up to 1.01 % (you allow 0.20 %)"


def test_name_bands_against_a_sector_band() -> None:
    problem = account_with(Mandate(sector_band=Band.within(0.9), name_band=NameBand(active_max=0.0)))
    sector = max((f"S{j}" for j in range(6)), key=lambda s: held_of(problem, s))
    active = held_of(problem, sector)
    assert active > 0.01
    rules = [  # names may only come nearer to their targets, and the sector is to move away from its own
        replace(r, lower=active + 0.01) if r.name == f"sector band: {sector}" else r for r in problem.rules
    ]
    found = diagnose(replace(problem, rules=tuple(rules)))
    assert found is not None
    assert [r.name for r in found.conflict] == ["name limits", f"sector band: {sector}"]
    names, band = found.relaxations
    assert names.text.startswith("names (such as R")
    assert band.text.startswith(f"sector band: {sector} down to +")
    assert 0 < names.amount <= band.amount


def test_a_cap_against_locks_names_both_figures() -> None:
    mandate = Mandate(tracking_error_max=0.001)
    error = refused(account_with(mandate, sellable=False))
    assert error.facts["rules"][-1] == "tracking error cap"
    assert "locks" in error.facts["rules"]
    smallest = error.facts["smallest"]
    assert error.facts["amounts"][-1] == pytest.approx(smallest - 0.001)
    assert error.facts["relaxations"][-1].endswith("(you allow 10.0)")
    needed = float(error.facts["relaxations"][-1].removeprefix("tracking error at least ").partition(" bps")[0]) / 1e4
    assert smallest <= needed <= smallest + 2e-5
    again = account_with(mandate.with_changes(tracking_error_max=needed), sellable=False)
    assert solve(again).residual <= 1e-6


def test_a_cap_against_much_cash_blames_the_cash_and_not_what_has_room() -> None:
    problem = account_with(Mandate(tracking_error_max=0.0005, cash_min=0.1, cash_max=0.12))
    found = diagnose(problem)
    assert found is not None
    assert [r.name for r in found.conflict] == ["cash", "tracking error cap"]
    assert all(r.enough for r in found.relaxations)


def test_two_conflicts_at_once_say_what_would_settle_both() -> None:
    problem = account_with(Mandate(cash_min=0.05, cash_max=0.06, turnover_max=0.0))
    bands = account_with(Mandate(sector_band=Band.within(0.0), turnover_max=0.0))
    both = replace(problem, rules=(*problem.rules, *(r for r in bands.rules if r.name.startswith("sector"))))
    found = diagnose(both)
    assert found is not None
    partial = [r for r in found.relaxations if not r.enough]
    assert partial
    error = found.error()
    assert "Not enough alone, other wishes clash too:" in error.hint
    alone = any(r.enough for r in found.relaxations)
    assert alone or "All at once:" in error.hint


def test_wishes_that_agree_have_no_diagnosis() -> None:
    assert diagnose(account_with(Mandate())) is None


def test_a_long_list_is_cut_in_the_text_and_whole_in_the_facts() -> None:
    found = diagnose(account_with(Mandate(cash_min=0.05, cash_max=0.06, turnover_max=0.0)))
    assert found is not None
    many = Diagnosis(found.conflict * 4, found.relaxations * 4)
    error = many.error()
    assert "and 3 more" in error.what
    assert len(error.facts["conflict"]) == len(error.facts["relaxations"]) == 8
