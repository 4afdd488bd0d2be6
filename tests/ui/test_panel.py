"""The panel without a kernel: clicks, results, refusals, staleness."""

import asyncio
from typing import Any

import pytest

from di_advisor.errors import InputError
from di_advisor.ui import panel as panel_module
from di_advisor.ui.panel import Panel, app
from di_advisor.ui.state import Phase
from tests.ui import targets


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Panel:
    return panel_with(monkeypatch, targets.made_up_proposal)


def panel_with(monkeypatch: pytest.MonkeyPatch, target: Any) -> Panel:
    monkeypatch.setattr(panel_module.child, "propose_and_send", target)
    monkeypatch.setattr(panel_module.child, "preloaded", tuple)
    monkeypatch.setattr(panel_module, "READ_AFTER_SECONDS", 0.0)
    return Panel()


def status_of(panel: Panel) -> str:
    return str(panel._controls._status.value)


def test_proposing_shows_the_result_in_every_form_and_keeps_the_value(panel: Panel) -> None:
    asyncio.run(panel.propose())
    assert panel.state.phase is Phase.DONE
    assert panel.proposal is not None
    assert len(panel.proposal.trade_list) == 7
    assert set(panel._result.bundle) == {"text/html", "text/markdown", "text/plain"}
    assert "Proposed for: account young, tracking-error cap" in panel._answer.bundle["text/plain"]
    assert "Done" in status_of(panel)


def test_buttons_change_places_while_a_job_runs(panel: Panel) -> None:
    seen: list[tuple[bool, bool]] = []
    propose, cancel = panel._controls.propose, panel._controls.cancel
    propose.observe(lambda _: seen.append((propose.disabled, cancel.disabled)), names="disabled")
    asyncio.run(panel.propose())
    assert seen[0][0] is True
    assert (propose.disabled, cancel.disabled) == (False, True)


def test_the_controls_are_read_after_the_pause_and_not_at_the_click(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_module, "READ_AFTER_SECONDS", 0.05)

    async def scenario() -> None:
        task = asyncio.create_task(panel.propose())
        await asyncio.sleep(0)
        panel._controls.set("account", "seasoned")
        await task

    asyncio.run(scenario())
    assert panel.proposal is not None
    assert panel.proposal.account_id == "seasoned"
    assert panel.state.stale_because == []


def test_changing_a_control_marks_the_result_as_stale_and_changing_it_back_does_not(panel: Panel) -> None:
    asyncio.run(panel.propose())
    panel._controls.set("min_trade_usd", 750.0)
    assert "STALE: the panel now says minimum trade $750" in panel._answer.bundle["text/plain"]
    panel._controls.set("min_trade_usd", 500.0)
    assert "STALE" not in panel._answer.bundle["text/plain"]


def test_estimates_of_the_first_answer_go_along_with_the_second_request(panel: Panel) -> None:
    asyncio.run(panel.propose())
    assert panel.proposal is not None
    assert panel.proposal.notes == ("estimates given: False",)
    asyncio.run(panel.propose())
    assert panel.proposal.notes == ("estimates given: True",)


def test_a_refusal_is_shown_escaped_with_its_hint_and_leaves_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_with(monkeypatch, targets.refuses)
    asyncio.run(panel.propose())
    assert "The cap &lt;b&gt;50&lt;/b&gt; is too low. Raise it." in panel._controls._error.value
    assert 'role="alert"' in panel._controls._error.value
    assert panel.proposal is None


def test_after_a_refusal_the_panel_says_that_it_shows_the_last_proposal_that_worked(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(panel.propose())
    panel._controls.set("tracking_error_max_bps", 1.0)
    assert "Press Propose again" in panel._answer.bundle["text/plain"]
    monkeypatch.setattr(panel_module.child, "propose_and_send", targets.refuses)
    asyncio.run(panel.propose())
    assert "the last proposal that worked" in panel._answer.bundle["text/plain"]
    assert "Press Propose" not in panel._answer.bundle["text/plain"]
    panel._controls.set("tracking_error_max_bps", 2.0)
    assert "Press Propose again" in panel._answer.bundle["text/plain"]


def test_a_broken_child_shows_its_traceback_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_with(monkeypatch, targets.breaks)
    asyncio.run(panel.propose())
    assert panel.state.phase is Phase.FAILED
    assert "&lt;module&gt;\nZeroDivisionError" in panel._controls._error.value


def test_a_child_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_with(monkeypatch, targets.dies)
    asyncio.run(panel.propose())
    assert "exit code 3" in panel._controls._error.value


def test_cancel_ends_the_job_and_the_panel_can_propose_again(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_with(monkeypatch, targets.never_ends)

    async def scenario() -> None:
        task = asyncio.create_task(panel.propose())
        while panel.state.status != "Waiting" and not task.done():
            await asyncio.sleep(0.01)
        await panel.propose()  # a second click changes nothing
        panel.cancel()
        await task

    asyncio.run(scenario())
    assert panel.state.phase is Phase.CANCELLED
    assert "Cancelled" in status_of(panel)
    monkeypatch.setattr(panel_module.child, "propose_and_send", targets.made_up_proposal)
    asyncio.run(panel.propose())
    assert panel.state.phase is Phase.DONE


def test_the_panel_falls_back_to_text_where_widgets_are_not_shown(panel: Panel) -> None:
    view = panel._controls.view()
    assert "application/vnd.jupyter.widget-view+json" in view
    assert "Run this cell" in panel_module._STATIC


def test_every_control_has_a_label_of_its_own(panel: Panel) -> None:
    labels = [control.description for control in panel._controls._inputs.values()]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_there_is_one_panel_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_module, "_PANELS", [])
    monkeypatch.setattr(panel_module, "warm_up", lambda _: None)
    assert app() is app()


def test_parts_without_portfolios_are_refused_in_words() -> None:
    with pytest.raises(InputError, match="given market, target without portfolios"):
        app(market=None, target=None)


def test_the_package_s_app_stays_callable_once_the_panel_is_imported() -> None:
    import di_advisor

    assert callable(di_advisor.app)
    assert di_advisor.app is app
