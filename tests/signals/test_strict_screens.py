"""What a screen cannot tell: unknown involvement, and names that a later classification does not know."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from di_advisor.domain.exclusions import Condition, Exclusion, Operator, Unknown
from di_advisor.domain.screen_presets import PRESETS, screen
from di_advisor.domain.signals import MarketSignals
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError
from di_advisor.signals.screens import exclusion_locks, screened
from di_advisor.testing.random_cases import random_case

NAN = float("nan")
INDUSTRIES = ("Tobacco", "Banks", "", "", "Software", "Banks")


def market(**esg: list[float]) -> MarketSignals:
    signals = random_case(0, names=6, lots_a_name=1, styles=1).signals.market
    universe = Universe(tuple(Security(f"N{i}", sector="S", industry=x) for i, x in enumerate(INDUSTRIES)))
    return replace(
        signals,
        universe=universe,
        risk=replace(signals.risk, universe=universe),
        costs=replace(signals.costs, universe=universe),
        esg={k: np.array(v) for k, v in esg.items()},
    )


def found(exclusion: Exclusion, **esg: list[float]) -> tuple[list[int], list[int], dict[int, str]]:
    [one] = screened((exclusion,), market(**esg))
    return np.flatnonzero(one.out).tolist(), np.flatnonzero(one.unknown).tolist(), one.reasons


def test_unknown_involvement_stays_and_is_listed_or_leaves_with_its_reason() -> None:
    share = [0.6, 0.0, NAN, 0.01, NAN, 0.05]
    rule = Exclusion("tobacco", conditions=(Condition("share", 0.05),), source="P", as_of=date(2026, 1, 2))
    assert found(rule, share=share)[:2] == ([0, 5], [2, 4])
    out, unknown, reasons = found(replace(rule, unknown=Unknown.STRICT), share=share)
    assert (out, unknown) == ([0, 2, 4, 5], [])
    assert reasons[2] == (
        "EXCLUDED N2: tobacco; rule share >= 0.05, strict; share is not known (unknown is not clean); source P"
    )
    assert reasons[0] == "EXCLUDED N0: tobacco; rule share >= 0.05; evidence share 0.6; source P; as of 2026-01-02"


def test_a_strict_rule_of_two_conditions_keeps_a_name_that_fails_the_one_that_is_known() -> None:
    power = Exclusion(
        "power",
        conditions=(Condition("share", 0.5), Condition("grams", 100.0, Operator.MORE_THAN)),
        unknown=Unknown.STRICT,
    )
    out, _, _ = found(power, share=[0.6, 0.1, NAN, 0.6, NAN, 0.5], grams=[NAN, NAN, 50.0, 100.0, 100.1, 100.1])
    assert out == [0, 4, 5]


def test_a_name_that_a_later_classification_does_not_know_never_slips_through() -> None:
    by_label = screen("tobacco", by_label=True, source="a list of constituents")
    out, unknown, reasons = found(by_label)
    assert (out, unknown) == ([0], [2, 3])
    assert "(classification proxy, not revenue share)" in reasons[0]
    out, unknown, reasons = found(replace(by_label, unknown=Unknown.STRICT))
    assert (out, unknown) == ([0, 2, 3], [])
    assert "industry is not known (unknown is not clean)" in reasons[3]


def test_what_leaves_for_being_unknown_is_locked_like_any_other() -> None:
    rule = Exclusion("list or label", frozenset({"N4"}), frozenset({"Tobacco"}), unknown=Unknown.STRICT)
    locked = {lock.security_id: lock.reason for lock in exclusion_locks((rule,), market())}
    assert set(locked) == {"N0", "N2", "N3", "N4"}
    assert "listed" in locked["N4"]


def test_the_policy_is_one_of_two() -> None:
    with pytest.raises(InputError, match="lenient"):
        Exclusion("x", frozenset({"A"}), unknown="sometimes")  # type: ignore[arg-type]


def test_a_second_source_stands_in_the_line() -> None:
    rule = Exclusion("tobacco", frozenset({"N0"}), source="P", second_source="NBIM, exclusion of 2010-01-19")
    assert found(rule)[2][0].endswith("source P; second source NBIM, exclusion of 2010-01-19")


@pytest.mark.parametrize(
    "name",
    [
        "tobacco",
        "controversial weapons",
        "civilian firearms",
        "defence",
        "fossil fuel: coal",
        "fossil fuel: coal and oil",
        "fossil fuel: all",
        "gambling",
        "alcohol",
        "adult entertainment",
        "nuclear power",
        "animal testing",
        "private prisons",
        "norms violations",
    ],
)
def test_what_clients_ask_for_by_name_is_there_with_a_threshold_of_their_own(name: str) -> None:
    assert PRESETS[name].screen == name
    [condition] = screen(name, measure="share", threshold=0.2).conditions
    assert (condition.threshold, condition.operator) == (0.2, Operator.AT_LEAST)
