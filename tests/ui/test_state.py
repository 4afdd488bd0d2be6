"""The panel's state, without a kernel."""

from dataclasses import replace

import pytest

from di_advisor.ui.choices import Choices
from di_advisor.ui.state import PanelState, Phase
from tests.report.fakes import proposal

CHOICES = Choices("young", 100.0, 500.0, 2.0, 40.8, 23.8)
ESTIMATES = {"risk": "r", "costs": "c"}


@pytest.fixture
def answered() -> PanelState:
    state = PanelState(CHOICES)
    assert state.start()
    state.freeze(CHOICES)
    state.finish(proposal(2, 1), ESTIMATES)
    return state


def test_a_second_start_is_refused_while_a_job_runs() -> None:
    state = PanelState(CHOICES)
    assert state.start()
    assert not state.start()
    assert state.phase is Phase.RUNNING


def test_a_result_answers_what_was_asked_and_not_what_the_controls_say_later() -> None:
    state = PanelState(CHOICES)
    state.start()
    state.freeze(CHOICES)
    state.edit(replace(CHOICES, tracking_error_max_bps=80.0))
    state.finish(proposal(2, 1), ESTIMATES)
    assert state.answered == CHOICES
    assert state.stale_because == ["tracking-error cap 80 bps a year"]


def test_a_result_is_stale_exactly_as_long_as_the_controls_differ(answered: PanelState) -> None:
    assert answered.stale_because == []
    answered.edit(replace(CHOICES, min_trade_usd=0.0, account="seasoned"))
    assert answered.stale_because == ["account seasoned", "minimum trade $0"]
    answered.edit(CHOICES)
    assert answered.stale_because == []


def test_the_last_good_result_stays_after_a_refusal_a_failure_and_a_cancel(answered: PanelState) -> None:
    kept = answered.proposal
    for end in (
        lambda: answered.refuse("Too tight.", "Raise the cap."),
        lambda: answered.fail("It broke."),
        answered.cancel,
    ):
        assert answered.start()
        assert answered.error == ""
        end()
        assert not answered.running
        assert answered.proposal is kept
        assert answered.answered == CHOICES


def test_what_was_tried_in_vain_is_no_longer_so_once_the_controls_change(answered: PanelState) -> None:
    tight = replace(CHOICES, tracking_error_max_bps=1.0)
    assert not answered.tried_in_vain
    for end in (lambda: answered.refuse("Too tight.", ""), lambda: answered.fail("It broke."), answered.cancel):
        answered.start()
        answered.freeze(tight)
        assert not answered.tried_in_vain
        end()
        assert answered.tried_in_vain
        answered.edit(replace(CHOICES, tracking_error_max_bps=90.0))
        assert not answered.tried_in_vain


def test_a_refusal_shows_what_and_hint() -> None:
    state = PanelState(CHOICES)
    state.start()
    state.refuse("The cap is too low.", "Raise it.")
    assert (state.phase, state.error) == (Phase.REFUSED, "The cap is too low. Raise it.")


def test_progress_after_the_end_changes_nothing(answered: PanelState) -> None:
    answered.progress("Solving")
    assert answered.status == "Done"
