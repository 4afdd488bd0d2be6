"""The app without a kernel: its pages, its child process, refusals, staleness, values of the kernel."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from di_advisor.errors import InputError
from di_advisor.runs import KernelSource, RunSpec, SampleSource
from di_advisor.runs.saved import run_from_toml
from di_advisor.ui import application as module
from di_advisor.ui import beside, entry, lab_cells
from di_advisor.ui.app_state import Phase
from di_advisor.ui.application import Application
from di_advisor.ui.beside import save_beside
from di_advisor.ui.equivalents import python_of_question
from di_advisor.ui.pages.measures import MeasuresPage, _Measured
from di_advisor.ui.plain import plain
from di_advisor.ui.worker import Worker
from tests.ui import targets

SPEC = RunSpec(SampleSource(), "young")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Application:
    monkeypatch.setattr(module, "READ_AFTER_SECONDS", 0.0)
    return served(Application(SPEC, entry.PAGES))


def served(app: Application) -> Application:
    app._worker = Worker(targets.serves, targets.PRELOADED)
    return app


def run(app: Application, *steps: Callable[[], Awaitable[Any]]) -> list[Any]:
    async def scenario() -> list[Any]:
        try:
            return [await step() for step in steps]
        finally:
            await app._worker.close()

    return asyncio.run(scenario())


def test_opening_tells_the_pages_which_accounts_there_are(app: Application) -> None:
    run(app, app.open)
    assert app.state.phase is Phase.DONE
    assert app.state.opened is not None
    assert "young, 2026-06-30, 500 names. Made up." in app._subtitle.value


def test_proposing_shows_the_result_in_every_form_with_what_it_answers(app: Application) -> None:
    run(app, app.open, app.propose)
    assert app.state.answer is not None
    assert app.state.answer.proposal.account_id == "young"
    app.turn_to("Optimize")
    assert set(app._result.bundle) == {"text/html", "text/markdown", "text/plain"}
    assert (
        "Proposed for young: tracking error max 100 bps a year, sector band ± 2 %, min trade $500"
        in app._answer.bundle["text/plain"]
    )


def test_a_changed_wish_marks_the_result_as_stale_and_turning_back_does_not(app: Application) -> None:
    app.turn_to("Optimize")
    run(app, app.propose)
    app.edit(SPEC.with_wishes(tracking_error_max=0.005))
    assert "STALE: the controls now say tracking error max 50 bps a year (was 100" in app._answer.bundle["text/plain"]
    app.edit(SPEC)
    assert "STALE" not in app._answer.bundle["text/plain"]


def test_what_is_asked_is_read_after_the_pause_and_not_at_the_click(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ_AFTER_SECONDS", 0.05)

    async def click_then_change() -> None:
        asked = asyncio.create_task(app.propose())
        await asyncio.sleep(0)
        app.edit(SPEC.with_changes(account="seasoned"))
        await asked

    run(app, click_then_change)
    assert app.state.answer is not None
    assert app.state.answer.proposal.account_id == "seasoned"
    assert not app.state.stale


def test_the_same_child_answers_the_second_question(app: Application) -> None:
    run(app, app.propose, app.propose)
    assert app.state.answer is not None
    assert app.state.answer.proposal.notes == ("question 2",)


def test_a_refusal_is_shown_escaped_with_its_hint_and_the_last_result_stays(app: Application) -> None:
    answers = run(app, app.propose, lambda: app.ask("refuse", doing="Proposing"))
    assert answers[1] is None
    assert "The cap &lt;b&gt;50&lt;/b&gt; is too low." in app._footer._error.value
    assert "Raise it." in app._footer._error.value
    assert "<b>Proposing: The cap" in app._footer._error.value, "which question it was, on whatever page it is read"
    assert 'role="alert"' in app._footer._error.value
    assert app.state.answer is not None


def test_a_failure_shows_its_traceback_and_a_death_its_exit_code(app: Application) -> None:
    run(app, lambda: app.ask("break", doing="Proposing"))
    assert "ZeroDivisionError" in app._footer._error.value
    assert "&lt;module&gt;" in app._footer._error.value
    run(app, lambda: app.ask("die", doing="Proposing"))
    assert "exit code 3" in app._footer._error.value


def test_cancel_ends_what_runs_and_buttons_show_it(app: Application) -> None:
    async def cancelled() -> None:
        asked = asyncio.create_task(app.ask("wait", doing="Proposing"))
        while "Question" not in app.state.status:
            await asyncio.sleep(0.01)
        assert app._footer.cancel.disabled is False
        app.cancel()
        assert await asked is None

    run(app, cancelled)
    assert app.state.phase is Phase.CANCELLED
    assert app._footer.cancel.disabled is True


def test_values_of_the_kernel_are_given_to_each_new_child_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_AFTER_SECONDS", 0.0)
    app = served(Application(RunSpec(KernelSource(), "mine"), entry.PAGES))
    app._given = {"given": "facts"}
    run(app, app.propose, app.propose)
    assert app.state.answer is not None
    assert app.state.answer.proposal.notes == ("question 3",)  # given, asked, asked
    run(app, lambda: app.ask("die", doing="Proposing"), app.propose)
    assert app.state.answer.proposal.notes == ("question 2",)  # given anew, asked


def test_the_code_in_the_footer_is_the_python_of_what_the_controls_say(app: Application) -> None:
    app.edit(SPEC.with_wishes(max_names=77))
    assert "max_names=77" in app._footer._code.value


def test_the_footer_shows_the_python_of_the_question_asked_last_and_inserts_that(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    async def inserted(source: str, window: str, silent: Callable[[], None]) -> bool:
        assert (window, callable(silent)) == ("", True)
        sent.append(source)
        return True

    monkeypatch.setattr(module, "insert_cell", inserted)
    footer = app._footer
    assert footer._last.layout.display == "none"
    run(app, app.open)
    assert "What was asked last (Opening):" in footer._last_code.value
    assert "facts_of(source)" in footer._last_code.value
    run(app, lambda: app.insert_cell(asked_last=True))
    assert sent == [python_of_question("open", {"source": SPEC.source})]
    run(app, app.propose)
    assert footer._last.layout.display == "none", "it is what stands above it"
    run(app, app.insert_cell)
    assert sent[-1] == python_of_question("propose", {"spec": SPEC})
    app.repeat("Showing <b>", "a < b")
    assert "Showing &lt;b&gt;" in footer._last_code.value
    assert "a &lt; b" in footer._last_code.value


def test_saving_writes_beside_the_notebook_and_opening_says_what_changed(
    app: Application, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", "plan.ipynb")
    monkeypatch.setattr(entry, "_APPS", [app])
    monkeypatch.setattr(entry, "warm_up", lambda _: None)
    app.edit(SPEC.with_wishes(max_names=77))
    run(app, app.open, app.propose, app.save)
    assert "Saved as plan.di.toml" in app._footer._notice.value
    assert run_from_toml((tmp_path / "plan.di.toml").read_text()).fingerprint == {"sample": "seed 7"}
    assert entry.app("plan.di.toml").state.spec == SPEC.with_wishes(max_names=77)
    run(app, app.open)  # this child answers without a fingerprint
    assert "Since this was saved: other contents of sample" in app._footer._notice.value


def test_a_name_that_leaves_the_folder_is_not_saved(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "save_beside", lambda saved: save_beside(saved, (Path(), "../x.di.toml")))
    run(app, app.save)
    assert "not a plain file name" in app._footer._notice.value


def test_where_nobody_inserts_cells_the_code_is_shown(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_cells, "ANSWER_WITHIN_SECONDS", 0.01)
    monkeypatch.setattr(lab_cells, "HEARD_OUT_SECONDS", 0.01)
    run(app, app.insert_cell)
    assert "copy the Python below" in app._footer._notice.value
    assert app._footer._folds.selected_index == 0


def test_a_busy_window_that_answers_late_is_heard(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    class Comm:
        """A window that inserts, and says so after its silence was told."""

        def __init__(self, target_name: str, data: dict[str, str]) -> None:
            assert target_name == lab_cells.TARGET
            assert data["insert"].startswith("from ")
            assert "Inserting" in app._footer._notice.value

        def on_msg(self, told: Callable[[Any], None]) -> None:
            asyncio.get_running_loop().call_later(0.05, told, {"content": {"data": {"inserted": True}}})

        def on_close(self, told: Callable[[Any], None]) -> None: ...

        def close(self) -> None: ...

    monkeypatch.setattr(lab_cells, "ANSWER_WITHIN_SECONDS", 0.01)
    monkeypatch.setattr("comm.create_comm", Comm)
    run(app, app.insert_cell)
    assert "Inserted as a cell." in app._footer._notice.value
    assert any("copy the Python below" in line for line in app.state.log)


def test_a_state_that_is_replaced_while_a_question_runs_stays_clean(app: Application) -> None:
    async def replaced() -> None:
        asked = asyncio.create_task(app.ask("wait", doing="Proposing"))
        while "Question" not in app.state.status:
            await asyncio.sleep(0.01)
        app.begin(SPEC.with_changes(account="seasoned"))
        await app.open()
        assert await asked is None

    run(app, replaced)
    assert app.state.phase is Phase.DONE
    assert app.state.spec.account == "seasoned"


def test_what_the_package_logs_is_in_the_apps_log(app: Application) -> None:
    logging.getLogger("di_advisor.data").warning("a source was slow")
    assert "warning: a source was slow" in app.state.log


def test_one_app_a_kernel_which_starts_again_with_a_given_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_APPS", [])
    monkeypatch.setattr(entry, "warm_up", lambda _: None)
    first = entry.app()
    assert entry.app() is first
    other = SPEC.with_changes(account="seasoned")
    assert entry.app(spec=other) is first
    assert first.state.spec == other
    with pytest.raises(InputError, match="given market without portfolios"):
        entry.app(market=None)


def test_another_scenario_shows_its_own_answer_and_none_is_turned_to_while_one_runs(app: Application) -> None:
    run(app, app.open, app.propose)
    app.turn_to("Optimize")
    app.to_scenario("B")
    assert app._answer.bundle["text/plain"] == ""
    assert "B has no proposal yet." in app._result.bundle["text/plain"]
    app.to_scenario("A")
    assert "Proposed for young" in app._answer.bundle["text/plain"]
    app.state.start("Proposing")
    app.to_scenario("C")
    assert app.state.scenario == "A"


def test_of_many_moves_the_last_is_proposed_and_a_move_during_a_solve_comes_after_it(app: Application) -> None:
    async def moves() -> None:
        for cap in (0.009, 0.008, 0.007):
            app.edit(SPEC.with_wishes(tracking_error_max=cap))
            app.start(app.follow)
        await settled(app)

    async def during() -> None:
        first = asyncio.ensure_future(app.propose())
        while not app.state.running:
            await asyncio.sleep(0)
        app.edit(SPEC.with_wishes(tracking_error_max=0.004))
        await app.follow()
        await first

    async def settled(app: Application) -> None:
        while app.state.running or app.state.stale or app.state.answer is None:
            await asyncio.sleep(0.01)

    app._loop = None
    run(app, app.open, moves, during)
    assert app.state.answer is not None
    assert app.state.answer.spec.mandate.tracking_error_max == 0.004
    assert app.state.answer.proposal.notes == ("question 4",)  # opened, the last move, before the change, after it


def test_first_figures_stand_above_the_last_result_until_the_orders_come(app: Application) -> None:
    app.turn_to("Optimize")
    run(app, app.open, app.propose)
    said = app._answer.bundle
    app.state.start("Proposing")
    first = {"text/html": "<b>first</b>", "text/plain": "first", "text/markdown": "first"}
    app._told("partial", plain(first))
    assert app._answer.bundle == first
    app.state.cancel()
    app._show_asked()
    assert app._answer.bundle == said
    app._told("partial", plain(first))  # of a question that was ended
    assert app._answer.bundle == said


def test_each_page_shows_its_own_result_or_says_that_it_has_none(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(app, app.open, app.propose)
    monkeypatch.setattr(app, "start", lambda _work: None)  # what pages ask when they are opened
    app.turn_to("Optimize")
    mine = app._result.bundle
    assert mine["text/html"] == app.state.answer.shown["text/html"]  # type: ignore[union-attr]
    for page in app.pages[1:]:
        if not page.of_answer:
            app.turn_to(page.title)
            assert app._result.bundle["text/plain"] == f"{page.title}. {page.empty}"
            assert app._answer.bundle["text/plain"] == ""
    app.turn_to("Trades")
    assert app._result.bundle == mine


def test_a_result_that_comes_while_another_page_is_open_waits_on_its_own(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "start", lambda _work: None)
    measures = next(p for p in app.pages if isinstance(p, MeasuresPage))
    app.turn_to("Costs")
    measures._measured = _Measured(SPEC, {"text/html": "five", "text/plain": "five"}, "code", proposed=True)
    app.show(measures)
    assert "Nothing is shown yet" in app._result.bundle["text/plain"]
    app.turn_to("Measures")
    assert app._result.bundle["text/plain"] == "five"
    assert "Measured for young" in app._answer.bundle["text/plain"]
    app.edit(SPEC.with_wishes(tracking_error_max=0.005))
    assert "STALE: the controls now say tracking error max 50 bps a year" in app._answer.bundle["text/plain"]
    assert "Measure again." in app._answer.bundle["text/plain"]
    app.edit(SPEC.with_changes(account="seasoned"))
    assert (app._answer.bundle["text/plain"], "Nothing is measured" in app._result.bundle["text/plain"]) == ("", True)


def test_a_press_that_comes_while_a_question_runs_waits_for_its_turn_and_is_ended_with_it(app: Application) -> None:
    async def both() -> None:
        first = asyncio.create_task(app.ask("open", doing="Opening", source=SPEC.source))
        while not app.state.running:
            await asyncio.sleep(0)
        await app.propose()
        await first

    async def ended() -> None:
        first = asyncio.create_task(app.ask("wait", doing="Waiting"))
        while "Question" not in app.state.status:
            await asyncio.sleep(0.01)
        second = asyncio.create_task(app.ask("open", doing="Opening", source=SPEC.source))
        await asyncio.sleep(0)
        app.cancel()
        assert (await first, await second) == (None, None)

    run(app, both, ended)
    assert app.state.answer is not None
    assert app.state.phase is Phase.CANCELLED
