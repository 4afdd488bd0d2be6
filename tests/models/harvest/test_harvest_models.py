"""The models behind the port: what is counted once, parts that add up, and who answers where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.harvest import ClientProfile, LotStates
from di_advisor.errors import DamagedStoreError, InputError, UnfinishedError
from di_advisor.ports import HarvestModel
from di_models.harvest import HarvestSurrogate, LotMarket, ProgramHarvestModel, SurrogateHarvestModel, solve
from di_models.harvest.profiles import FEATURES, Case, Labels, inside_box, label, sample_cases
from di_models.harvest.program import YEAR_DAYS, Grid, value_bps_per_year
from di_models.harvest.rules import never, rules_of_thumb
from di_models.harvest.surrogate import surrogate_rule

CLIENT = ClientProfile(0.408, 0.238)
GRID = Grid(nodes=205)
STEP = 28


def lots(loss: list[float], *, age: int = 100, volatility: float = 0.3) -> LotStates:
    basis = np.full(len(loss), 1000.0)
    value = basis * (1 - np.array(loss))
    ages = np.full(len(loss), age)
    return LotStates(value, value - basis, ages, np.maximum(366 - ages, 0), np.full(len(loss), volatility))


@pytest.fixture(scope="module")
def labels() -> Labels:
    return label(sample_cases(40, seed=1), step_days=STEP, seed=2, grid=GRID)


@pytest.fixture(scope="module")
def fitted(labels: Labels) -> HarvestSurrogate:
    return HarvestSurrogate(step_days=STEP, rounds=120).fit(labels)


def test_the_models_keep_the_port(fitted: HarvestSurrogate) -> None:
    assert isinstance(ProgramHarvestModel(), HarvestModel)
    assert isinstance(SurrogateHarvestModel(fitted), HarvestModel)


def test_parts_add_up_and_todays_tax_and_cost_are_left_out() -> None:
    model = ProgramHarvestModel(review_days=STEP, margin=0.0)
    states = lots([0.02, 0.1, 0.3])
    worth = model.worth(states, CLIENT, review_days=STEP)
    assert worth.restart_usd - worth.given_up_usd == pytest.approx(worth.continuation_usd)
    assert worth.tax_now_usd == pytest.approx(-0.408 * states.gain_usd)
    assert worth.advantage_usd() == pytest.approx(worth.tax_now_usd + worth.restart_usd - worth.given_up_usd)
    assert worth.says_sell.tolist() == (worth.advantage_usd() > 0).tolist()


def test_on_a_solved_volatility_the_model_is_the_program() -> None:
    volatility = 1.1**-12
    states = lots([0.05, 0.12, 0.25], volatility=volatility)
    model = ProgramHarvestModel(review_days=STEP, margin=0.0)
    worth = model.worth(states, CLIENT, review_days=STEP)
    program = solve(CLIENT, LotMarket(volatility), step_days=STEP)
    age = program.ages(states.age_days, states.days_to_long_term)
    hold = program.hold_at(states.basis_over_price(), age)
    assert worth.continuation_usd == pytest.approx((program.value - hold) * states.value_usd)
    between = lots([0.05, 0.12, 0.25], volatility=1.1**-11.5)
    near = model.worth(between, CLIENT, review_days=STEP).continuation_usd
    exact = solve(CLIENT, LotMarket(1.1**-11.5), step_days=STEP)
    wanted = (exact.value - exact.hold_at(between.basis_over_price(), age)) * between.value_usd
    assert near == pytest.approx(wanted, abs=0.0003 * 1000)


@pytest.mark.parametrize("review_days", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_a_name_too_calm_for_the_grid_is_valued_as_one_that_it_carries(review_days: int) -> None:
    client = ClientProfile(0.408, 0.238, horizon_years=1.0)
    model = ProgramHarvestModel(review_days=review_days, margin=0.0)
    calm = Grid().calmest(review_days / YEAR_DAYS)
    worth = [model.worth(lots([0.1], volatility=v), client, review_days=review_days) for v in (0.01, 0.05, calm)]
    assert len({w.continuation_usd[0] for w in worth}) == 1
    livelier = model.worth(lots([0.1], volatility=1.3 * calm), client, review_days=review_days)
    assert livelier.continuation_usd[0] != worth[0].continuation_usd[0]
    with pytest.raises(InputError, match="too small for nodes"):
        solve(client, LotMarket(0.99 * calm), step_days=review_days)


def test_the_margin_is_taken_off_what_is_positive_and_never_turns_it_negative() -> None:
    states = lots([0.01, 0.05, 0.2])
    free, held = (
        ProgramHarvestModel(review_days=STEP, margin=m).worth(states, CLIENT, review_days=STEP) for m in (0.0, 0.001)
    )
    wanted = np.where(
        free.advantage_usd() > 0, np.maximum(free.advantage_usd() - 0.001 * states.value_usd, 0.0), free.advantage_usd()
    )
    assert held.advantage_usd() == pytest.approx(wanted, abs=1e-9)


def test_a_gain_is_never_made_worth_selling() -> None:
    states = lots([-0.001, -0.05, -0.5, -0.9], age=340, volatility=0.6)
    worth = ProgramHarvestModel(review_days=STEP).worth(states, CLIENT, review_days=STEP)
    assert (worth.advantage_usd() <= 1e-9).all()
    assert not worth.says_sell.any()


def test_a_gain_is_taxed_today_at_what_gains_cost_whatever_losses_save() -> None:
    """A loss set against short-term gains saves 40.8 percent; the gain of an old lot costs 23.8."""
    client = ClientProfile(0.408, 0.408, 0.408, 0.238, horizon_years=5.0)
    states = lots([-0.02, -0.1, -0.5], age=800, volatility=0.6)
    worth = ProgramHarvestModel(review_days=STEP).worth(states, client, review_days=STEP)
    assert worth.tax_now_usd == pytest.approx(-0.238 * states.gain_usd)
    assert (worth.continuation_usd <= 0.238 * states.gain_usd + 1e-9).all()


def test_what_selling_a_gain_now_is_worth_is_the_later_tax_that_it_spares() -> None:
    """Hardly any loss can come of a gain of nine tenths, so keeping it owes its tax at the horizon and no less."""
    client = ClientProfile(0.0, 0.0, 0.238, 0.238, horizon_years=5.0, discount_per_year=0.07)
    states = lots([-0.5, -0.9], age=800, volatility=0.3)
    worth = ProgramHarvestModel(review_days=STEP).worth(states, client, review_days=STEP)
    later = 0.238 * states.gain_usd * np.exp(-0.07 * 5.0)
    assert worth.continuation_usd == pytest.approx(later, rel=0.01)
    assert (worth.advantage_usd() < 0).all()
    exempt = replace(client, step_up_share=1.0)
    never = ProgramHarvestModel(review_days=STEP).worth(states, exempt, review_days=STEP)
    assert never.continuation_usd == pytest.approx(0.0, abs=1e-6)


def test_a_deeper_loss_of_a_young_lot_is_worth_more_and_the_rule_of_thumb_stands_beside_it() -> None:
    worth = ProgramHarvestModel(review_days=STEP).worth(lots([0.01, 0.05, 0.2]), CLIENT, review_days=STEP)
    assert worth.says_sell[-1]
    assert worth.rule_says_sell.tolist() == [False, False, True]
    assert "31 days" in worth.rule


@pytest.mark.parametrize("learned", [False, True])
def test_another_review_interval_is_refused_with_both_figures(fitted: HarvestSurrogate, *, learned: bool) -> None:
    model = SurrogateHarvestModel(fitted) if learned else ProgramHarvestModel(review_days=STEP)
    with pytest.raises(InputError, match="every 7 days, the harvest model was made for every 28") as caught:
        model.worth(lots([0.1]), CLIENT, review_days=7)
    assert caught.value.facts == {"asked_days": 7, "model_days": 28}


def test_the_surrogate_answers_inside_its_box_and_the_program_outside(fitted: HarvestSurrogate) -> None:
    learned, exact = SurrogateHarvestModel(fitted), ProgramHarvestModel(review_days=STEP, margin=0.0)
    inside, outside = lots([0.1, 0.2]), lots([0.1, 0.2], volatility=0.9)
    assert "2 of 2 lots" in learned.worth(inside, CLIENT, review_days=STEP).provenance
    far = learned.worth(outside, CLIENT, review_days=STEP)
    assert "0 of 2 lots" in far.provenance
    assert far.continuation_usd == pytest.approx(exact.worth(outside, CLIENT, review_days=STEP).continuation_usd)


def test_the_learned_parts_add_up_too(fitted: HarvestSurrogate) -> None:
    worth = SurrogateHarvestModel(fitted).worth(lots([0.02, 0.1, 0.3]), CLIENT, review_days=STEP)
    assert worth.restart_usd - worth.given_up_usd == pytest.approx(worth.continuation_usd)
    exact = ProgramHarvestModel(review_days=STEP).worth(lots([0.02, 0.1, 0.3]), CLIENT, review_days=STEP)
    assert worth.restart_usd == pytest.approx(exact.restart_usd, abs=0.05 * 1000)


def test_the_box_holds_the_usual_client_and_not_an_unusual_one() -> None:
    usual = LotMarket(0.3)
    assert inside_box(Case(CLIENT, usual))
    assert inside_box(Case(ClientProfile(0.238, 0.238), usual))
    assert not inside_box(Case(ClientProfile(0.408, 0.238, long_exit_rate=0.2), usual))
    assert not inside_box(Case(CLIENT, LotMarket(0.3, lock_days=60)))
    assert not inside_box(Case(CLIENT, LotMarket(0.7)))
    assert all(inside_box(c) for c in sample_cases(60, seed=5))


def test_training_twice_gives_the_same_text_and_the_text_gives_the_same_answers(
    fitted: HarvestSurrogate, labels: Labels
) -> None:
    again = HarvestSurrogate(step_days=STEP, rounds=120).fit(labels)
    assert again.to_text() == fitted.to_text()
    stored = HarvestSurrogate.from_text(fitted.to_text())
    rows = labels.columns[:500]
    assert stored.predict(rows).tolist() == fitted.predict(rows).tolist()
    assert stored.restart(rows).tolist() == fitted.restart(rows).tolist()
    assert stored.margin == fitted.margin


@pytest.mark.parametrize(
    "spoil", [lambda t: t.replace("leaf_value=", "leaf_value=9", 1), lambda _: "no model", lambda _: ""]
)
def test_a_stored_model_that_was_changed_is_refused(fitted: HarvestSurrogate, spoil: object) -> None:
    with pytest.raises(DamagedStoreError):
        HarvestSurrogate.from_text(spoil(fitted.to_text()))  # type: ignore[operator]


def test_contributions_of_the_features_add_up_to_the_prediction(fitted: HarvestSurrogate, labels: Labels) -> None:
    rows = labels.columns[::5000]
    parts = fitted.contributions(rows)
    assert parts.shape == (len(rows), len(FEATURES) + 1)
    assert parts.sum(axis=1) == pytest.approx(fitted.predict(rows), abs=1e-12)


def test_the_margin_holds_for_most_states_near_the_decision_of_clients_it_has_not_seen(
    fitted: HarvestSurrogate,
) -> None:
    unseen = label(sample_cases(16, seed=77), step_days=STEP, seed=3, grid=GRID)
    low, high = fitted.bounds(unseen.columns)
    near = np.abs(low + high) < (high - low) / fitted.margin / 2
    held = (low <= unseen.advantage) & (unseen.advantage <= high)
    assert near.sum() > 500
    assert np.mean(held[near]) >= 0.7


def test_even_a_small_model_keeps_unseen_clients_above_never_and_near_the_program(fitted: HarvestSurrogate) -> None:
    cases = sample_cases(5, seed=31, corners=0.0)
    regret = []
    for case in cases:
        best, nothing, ours = (
            solve(case.profile, case.market, step_days=STEP, grid=GRID, rule=r)
            for r in (None, never, surrogate_rule(fitted, case, GRID))
        )
        assert value_bps_per_year(ours, nothing) >= 0
        regret.append(value_bps_per_year(best, ours))
    assert min(regret) >= 0
    assert np.mean(regret) < 5


def test_few_clients_no_training_and_a_cancelled_one_are_refused(labels: Labels) -> None:
    few = labels.case < 10
    model = HarvestSurrogate(step_days=STEP)
    with pytest.raises(InputError, match="not trained"):
        model.predict(labels.columns)
    with pytest.raises(InputError, match="10 clients"):
        model.fit(Labels(labels.columns[few], labels.advantage[few], labels.restart[few], labels.case[few]))
    with pytest.raises(UnfinishedError):
        model.fit(labels, cancel=lambda: True)


def test_rules_of_thumb_are_those_of_the_comparison() -> None:
    assert list(rules_of_thumb(CLIENT, LotMarket(0.3))) == ["never", "any loss", "-5 %", "-10 %", "-20 %", "volatility"]
