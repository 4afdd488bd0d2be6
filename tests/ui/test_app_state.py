"""The state of the app without a kernel: questions, answers, scenarios, staleness."""

import pytest

from di_advisor.runs import RunSpec, SampleSource
from di_advisor.ui.app_state import LOG_LINES, Answer, AppState, Phase
from tests.report.fakes import proposal

SPEC = RunSpec(SampleSource(), "young")


@pytest.fixture
def state() -> AppState:
    return AppState(SPEC, opened={"accounts": ("young",)})


def answered(state: AppState) -> Answer:
    state.start("Proposing")
    state.finish()
    answer = Answer(state.spec, proposal(2, 1))
    state.keep(answer)
    return answer


def test_one_question_at_a_time(state: AppState) -> None:
    assert state.start("Proposing")
    assert not state.start("Opening")
    assert (state.phase, state.doing, state.asked) == (Phase.RUNNING, "Proposing", SPEC)


def test_what_is_told_on_the_way_is_shown_only_while_a_question_runs(state: AppState) -> None:
    state.told("phase", "Solving")
    assert state.status == "Ready"
    state.start("Proposing")
    state.told("progress", (0.25, "Tree 25 of 100"))
    assert (state.status, state.fraction) == ("Tree 25 of 100", 0.25)
    state.finish()
    assert (state.status, state.fraction) == ("Done", None)


def test_an_answer_is_stale_as_soon_as_the_controls_ask_something_else_and_fresh_when_they_turn_back(
    state: AppState,
) -> None:
    answered(state)
    assert not state.stale
    state.edit(SPEC.with_wishes(tracking_error_max=0.005))
    assert state.stale
    state.edit(SPEC)
    assert not state.stale


def test_the_last_good_answer_stays_after_a_refusal_a_failure_and_a_cancel(state: AppState) -> None:
    answer = answered(state)
    for end in (lambda: state.refuse("Too low.", "Raise it."), lambda: state.fail("Traceback"), state.cancel):
        state.start("Proposing")
        end()
        assert state.answer is answer
    assert state.error == ""  # a cancelled question is no error


def test_a_refusal_keeps_its_hint_and_goes_with_the_next_question(state: AppState) -> None:
    state.start("Proposing")
    state.refuse("Too low.", "Raise it.", {"relaxations": ("108 bps",)})
    assert (state.error, state.hint, state.facts) == ("Too low.", "Raise it.", {"relaxations": ("108 bps",)})
    state.start("Proposing")
    assert (state.error, state.hint, state.facts) == ("", "", {})


def test_each_scenario_has_its_own_controls_and_its_own_answer(state: AppState) -> None:
    first = answered(state)
    state.turn_to("B")
    assert state.spec == SPEC
    assert state.answer is None
    state.edit(SPEC.with_wishes(tracking_error_max=0.02))
    second = answered(state)
    state.turn_to("A")
    assert (state.spec, state.answer) == (SPEC, first)
    state.turn_to("B")
    assert (state.spec.mandate.tracking_error_max, state.answer) == (0.02, second)


def test_answers_of_another_account_go_when_the_account_changes(state: AppState) -> None:
    answered(state)
    state.turn_to("B")
    state.edit(SPEC.with_changes(account="seasoned"))
    assert state.answers == {}
    assert state.specs == {}
    assert state.opened is not None
    state.edit(SPEC.with_changes(source=SampleSource(8)))
    assert state.opened is None


def test_the_log_keeps_its_last_lines_only(state: AppState) -> None:
    for i in range(LOG_LINES + 50):
        state.note(str(i))
    assert len(state.log) == LOG_LINES
    assert state.log[0] == "50"
