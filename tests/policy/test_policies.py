"""Gates, combinations, policies and the monitor: what fires, what rests, what is remembered."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.monitor import states_from_json, states_to_json, watch
from di_advisor.policy.policies import (
    POLICIES,
    AllOf,
    AnyOf,
    Combination,
    Policy,
    PolicyState,
    Weighted,
    decide,
    policy_named,
    threshold,
)
from di_advisor.policy.triggers import CashOutside, Gate, NameDrift, Reading, TriggerState, judge
from tests.policy.world import AS_OF, Day

FACTS = Day().facts()


@dataclass(frozen=True)
class Shows:
    """A trigger that shows what it is told to."""

    figure: float
    gate: Gate = Gate()  # noqa: RUF009
    name: str = "shows"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        return Reading(self.figure, 1.0, "", f"{self.figure}")


def _later(days: int) -> DayFacts:
    return Day(as_of=AS_OF + timedelta(days=days)).facts()


LATER = tuple(_later(d) for d in range(12))
walks = st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=80)


@given(walks, st.floats(0.3, 1.0))
def test_between_on_and_off_the_figure_crosses_the_whole_gap(steps: list[float], release: float) -> None:
    figure, state, turned_on = 0.9, TriggerState(), []
    for step in steps:
        figure += step
        was = state.on
        _, state = judge(Shows(figure, Gate(release)), FACTS, state)
        if state.on and not was:
            assert figure >= 1.0
            turned_on.append(True)
        elif was and not state.on:
            assert figure < release
        elif state.on:
            assert figure >= release
        else:
            assert figure < 1.0
    path = sum(abs(s) for s in steps) + 0.2
    assert len(turned_on) <= 1 + path / max(2 * (1.0 - release), 1e-9)


def test_a_figure_that_hovers_at_the_threshold_switches_once() -> None:
    state, switches = TriggerState(), 0
    for figure in [0.99, 1.01] * 20:
        was = state.on
        _, state = judge(Shows(figure), FACTS, state)
        switches += was != state.on
    assert switches == 1


@given(st.integers(1, 9))
def test_a_cool_down_is_kept_to_the_day(days: int) -> None:
    trigger, state, fired = Shows(2.0, Gate(cooldown_days=days)), TriggerState(), []
    for facts in LATER:
        firing, state = judge(trigger, facts, state)
        assert firing.on
        if firing.fired:
            fired.append(facts.as_of)
        else:
            assert firing.rests_until == fired[-1] + timedelta(days=days)
    assert fired == [AS_OF + timedelta(days=k) for k in range(0, 12, days + 1)]


@pytest.mark.parametrize(
    ("combined", "one", "both"),
    [
        (AnyOf(), True, True),
        (AllOf(), False, True),
        (Weighted(3.0, {"a": 1.0, "b": 2.0}), False, True),
        (Weighted(1.0, {"a": 1.0, "b": 0.0}), True, True),
    ],
)
def test_triggers_combine(combined: Combination, *, one: bool, both: bool) -> None:
    for second, due in ((0.5, one), (1.5, both)):
        policy = Policy("two", (Shows(1.5, name="a"), Shows(second, name="b")), combined)
        assert decide(policy, FACTS, PolicyState())[0].due == due


def test_a_policy_calls_at_most_every_so_many_days_and_says_why_it_waits() -> None:
    policy, state, due = Policy("weekly", (Shows(2.0),), at_most_every_days=7), PolicyState(), []
    for facts in LATER:
        decision, state = decide(policy, facts, state)
        due += [facts.as_of] if decision.due else []
    assert due == [AS_OF, AS_OF + timedelta(days=7)]
    decision, _ = decide(policy, LATER[8], state)
    assert decision.held_back == "At most every 7 days: the last was on 2026-11-27, the next can be on 2026-12-04."
    recently = replace(FACTS, last_rebalance=AS_OF - timedelta(days=3))
    assert not decide(policy, recently, PolicyState())[0].due


def test_a_trigger_that_nobody_heard_does_not_begin_to_rest() -> None:
    policy = Policy("slow", (Shows(2.0, Gate(cooldown_days=30)),), at_most_every_days=5)
    recently = replace(FACTS, last_rebalance=AS_OF - timedelta(days=1))
    decision, state = decide(policy, recently, PolicyState())
    assert not decision.due
    assert decide(policy, LATER[5], state)[0].due


def test_wrong_policies_are_refused() -> None:
    with pytest.raises(InputError, match="distinct names"):
        Policy("twice", (Shows(1.0), Shows(2.0)))
    with pytest.raises(InputError, match="Weights name other"):
        Policy("w", (Shows(1.0),), Weighted(1.0, {"other": 1.0}))
    with pytest.raises(InputError, match="There is no policy 'daily'"):
        policy_named("daily")
    with pytest.raises(InputError, match="release"):
        Gate(release=0.0)
    with pytest.raises(InputError, match="least_weight of the trigger 'cash' is nan"):
        Policy("never", (CashOutside(least_weight=float("nan")),))
    with pytest.raises(InputError, match="no numbers"):
        Policy("w", (Shows(1.0),), Weighted(float("nan")))


def test_the_policies_that_ship_decide_with_a_sentence_for_every_trigger() -> None:
    for name in POLICIES:
        policy = policy_named(name)
        decision, state = decide(policy, replace(FACTS, last_rebalance=date(2025, 6, 1)), PolicyState())
        assert policy.name == name
        assert decision.due, name
        assert all(f.reading.sentence.endswith(".") for f in decision.firings)
        assert any(char.isdigit() for f in decision.firings for char in f.reading.sentence)
        assert set(state.triggers) == {t.name for t in policy.triggers}


def test_due_accounts_come_first_with_their_reasons_and_states_survive_a_file() -> None:
    calm = replace(
        Day(book="A1 392 A @ 100 on 2020-01-02\nB1 294 B @ 100 on 2020-01-02\nC1 294 C @ 100 on 2020-01-02").facts(),
        label="a calm one",
    )
    found = watch([calm, replace(FACTS, label="drifted")], threshold(), {})
    assert [(i.label, i.decision.due) for i in found.items] == [("drifted", True), ("a calm one", False)]
    assert any("T-C stands 1,200.0 bps below its target" in r for r in found.due[0].decision.reasons)
    frame = found.to_frame()
    assert set(frame.loc[frame["fired"], "account"]) == {"drifted"}
    assert found.to_dict()["due"] == ["drifted"]
    read = states_from_json(states_to_json("threshold", found.states), "threshold")
    assert read == dict(found.states)
    again = watch([replace(LATER[1], label="drifted")], threshold(), read)
    assert not again.due
    assert "At most every 7 days" in again.items[0].decision.held_back


def test_files_of_states_that_are_not_ours_are_refused() -> None:
    for text in (
        "",
        "[]",
        '{"schema_version": 1}',
        '{"schema_version": 1, "policy": "threshold", "accounts": {"a": 3}}',
    ):
        with pytest.raises(InputError, match="cannot be read"):
            states_from_json(text, "threshold")
    with pytest.raises(InputError, match="are of the policy threshold"):
        states_from_json(states_to_json("threshold", {}), "monthly")


def test_two_accounts_of_one_label_are_refused() -> None:
    with pytest.raises(InputError, match="Two accounts"):
        watch([FACTS, FACTS], Policy("p", (NameDrift(),)), {})


def test_over_the_mandates_cap_every_policy_that_ships_acts_at_once_even_while_it_rests() -> None:
    yesterday = replace(FACTS, last_rebalance=AS_OF - timedelta(days=1))
    capped = replace(yesterday, mandate=Mandate(tracking_error_max=0.0001))
    loose = replace(yesterday, mandate=Mandate(tracking_error_max=0.99))
    for name in POLICIES:
        decision, _ = decide(policy_named(name), capped, PolicyState())
        assert decision.due, name
        assert any("against the mandate's cap of 1.0 bps" in reason for reason in decision.reasons)
        assert not any(
            f.fired for f in decide(policy_named(name), loose, PolicyState())[0].firings if f.trigger == "cap"
        )
        free = decide(policy_named(name), yesterday, PolicyState())[0].firings[-1]
        assert not free.fired
        assert free.reading.sentence.endswith("the mandate has no cap.")
    assert not decide(policy_named("threshold"), loose, PolicyState())[0].due
    with pytest.raises(InputError, match="At once is nobody"):
        Policy("wrong", (Shows(1.0),), at_once=("nobody",))


def test_the_rested_policy_waits_until_no_wash_window_of_its_last_call_is_left() -> None:
    policy = policy_named("rested")
    assert {t.name for t in policy.triggers} == {t.name for t in policy_named("opportunistic").triggers}
    for days, due in ((30, False), (31, True)):
        since = replace(FACTS, last_rebalance=AS_OF - timedelta(days=days))
        decision, _ = decide(policy, since, PolicyState())
        assert decision.due is due
        assert bool(decision.held_back) is not due
