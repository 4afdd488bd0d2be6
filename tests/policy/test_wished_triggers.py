"""What the mandate wishes, watched by the policies that ship: factor bands, ESG measures, exclusions."""

from datetime import date, timedelta

import pytest

from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.exclusions import Condition, Exclusion
from di_advisor.domain.mandate import Band, Mandate
from di_advisor.policy.policies import Decision, PolicyState, decide, policy_named
from di_advisor.policy.triggers import FactorBandUsed, Firing, TriggerState, WishedMeasureWorse, judge
from tests.policy.world import AS_OF, Day

SHIPPED = ("threshold", "opportunistic")
ON_TARGET = """
    A1 400 A @ 100.00 on 2020-01-02
    B1 300 B @ 100.00 on 2020-01-02
    C1 300 C @ 100.00 on 2020-01-02
"""
SCORED = Mandate(esg=(EsgWish("score", usd_per_point=1.0),))


def said(decision: Decision, trigger: str) -> Firing:
    return next(f for f in decision.firings if f.trigger == trigger)


def on_target(mandate: Mandate, as_of: date = AS_OF, **esg: list[float]) -> Day:
    return Day(ON_TARGET, cash_usd="0", mandate=mandate, as_of=as_of, esg=esg)


@pytest.mark.parametrize("name", SHIPPED)
def test_without_such_wishes_or_figures_the_policies_that_ship_are_silent(name: str) -> None:
    decision, _ = decide(policy_named(name), on_target(Mandate()).facts(), PolicyState())
    assert not decision.due
    assert said(decision, "factor drift").reading.figure is None
    assert said(decision, "ESG downgrade").reading.sentence == "The mandate has no ESG wish."
    wished, _ = decide(policy_named(name), on_target(SCORED).facts(), PolicyState())
    assert said(wished, "ESG downgrade").reading.sentence == "There are no figures of score."
    assert not wished.due


@pytest.mark.parametrize("name", SHIPPED)
def test_an_exposure_beyond_its_band_fires_with_its_figures(name: str) -> None:
    """Active weights +0.10, 0, -0.12 against exposures 1, 0, -1: an exposure of +0.22."""
    narrow = Mandate(factor_bands={"size": Band.within(0.2)})
    decision, _ = decide(policy_named(name), Day(mandate=narrow).facts(), PolicyState())
    firing = said(decision, "factor drift")
    assert firing.fired
    assert firing.reading.figure == pytest.approx(1.1)
    assert "size is +0.220 against the target, in a band of -0.2 to +0.2" in firing.reading.sentence
    wide = Mandate(factor_bands={"size": Band.within(0.25), "value": Band.within(0.1)})
    calm, _ = decide(policy_named(name), Day(mandate=wide).facts(), PolicyState())
    assert said(calm, "factor drift").reading.figure == pytest.approx(0.88)
    assert not said(calm, "factor drift").fired
    assert "the risk model has no value" in said(calm, "factor drift").reading.sentence


def test_a_band_counts_by_the_side_on_which_the_exposure_lies() -> None:
    facts = Day(mandate=Mandate(factor_bands={"size": Band(-0.05, 0.44)})).facts()
    assert judge(FactorBandUsed(), facts, TriggerState())[0].reading.figure == pytest.approx(0.5)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_downgrade_of_a_wished_measure_fires_in_standard_deviations(name: str) -> None:
    policy = policy_named(name)
    first, state = decide(policy, on_target(SCORED, score=[50.0, 60.0, 70.0]).facts(), PolicyState())
    assert not first.due
    # 30, 60 and 75: a standard deviation of 18.708; 20 points are 1.069 of it.
    fell = on_target(SCORED, AS_OF + timedelta(days=3), score=[30.0, 60.0, 75.0]).facts()
    second, state = decide(policy, fell, state)
    firing = said(second, "ESG downgrade")
    assert second.due
    assert firing.reading.figure == pytest.approx(1.0690, abs=1e-4)
    assert firing.reading.names == ("T-A",)
    assert "score of T-A worsened from 50 to 30, by 1.07 standard deviations, against 1" in firing.reading.sentence
    after, _ = decide(policy, fell, state)
    assert not said(after, "ESG downgrade").fired


def test_a_downgrade_that_the_policy_holds_back_is_still_news_when_it_may_call() -> None:
    policy = policy_named("threshold")
    _, state = decide(policy, on_target(SCORED, score=[50.0, 60.0, 70.0]).facts(), PolicyState())
    fell = [30.0, 60.0, 75.0]
    day = AS_OF + timedelta(days=3)
    held, state = decide(policy, on_target(SCORED, day, score=fell).facts(last_rebalance=AS_OF), state)
    assert said(held, "ESG downgrade").fired
    assert not held.due
    day = AS_OF + timedelta(days=7)
    due, _ = decide(policy, on_target(SCORED, day, score=fell).facts(last_rebalance=AS_OF), state)
    assert due.due
    assert "worsened from 50 to 30" in said(due, "ESG downgrade").reading.sentence


def test_a_measure_of_which_less_is_better_worsens_upwards() -> None:
    mandate = Mandate(esg=(EsgWish("carbon", cut_min=0.1, direction="lower_is_better"),))  # type: ignore[arg-type]
    trigger = WishedMeasureWorse()
    _, state = judge(trigger, on_target(mandate, carbon=[10.0, 20.0, 30.0]).facts(), TriggerState())
    up, _ = judge(trigger, on_target(mandate, carbon=[25.0, 20.0, 30.0]).facts(), state)
    down, _ = judge(trigger, on_target(mandate, carbon=[1.0, 20.0, 30.0]).facts(), state)
    assert up.fired
    assert down.reading.figure == 0


@pytest.mark.parametrize("name", SHIPPED)
def test_a_name_that_a_screen_takes_out_since_today_fires_with_its_weight(name: str) -> None:
    screen = Exclusion("coal", conditions=(Condition("coal", 0.05),))
    mandate = Mandate(exclusions=(screen,))
    policy = policy_named(name)
    before, state = decide(policy, on_target(mandate, coal=[0.0, 0.01, 0.0]).facts(), PolicyState())
    assert not before.due
    after, _ = decide(policy, on_target(mandate, AS_OF + timedelta(days=3), coal=[0.0, 0.06, 0.0]).facts(), state)
    firing = said(after, "new exclusion")
    assert after.due
    assert firing.reading.figure == pytest.approx(0.3)
    assert "3,000.0 bps of the account are in 1 excluded names" in firing.reading.sentence
    assert "coal" in firing.reading.sentence
