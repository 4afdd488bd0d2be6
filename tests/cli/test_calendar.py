"""``di-advisor calendar`` and ``plan``: what they show, as text and as JSON, and what they refuse."""

import json
from pathlib import Path

import pytest

from di_advisor.cli import main
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.saved import SavedRun, run_toml


def test_the_calendar_of_the_sample_shows_what_is_to_come(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calendar", "--account", "concentrated", "--days", "200"]) == 0
    shown = capsys.readouterr().out
    assert "The target changes on 2026-07-07" in shown
    assert "CashMerger of ORYZAA on 2026-07-07 (announced 2026-04-13)." in shown
    assert "turns long-term on 2026-08-08, with a gain of" in shown
    assert "2026-12-31 is the last trade date of 2026" in shown
    assert "13:00 in New York" in shown


def test_one_kind_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["calendar", "--account", "concentrated", "--days", "400", "--kind", "turns long-term", "--json"]
    assert main(asked) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {r["kind"] for r in rows} == {"turns long-term"}
    assert [r["on"] for r in rows] == sorted(r["on"] for r in rows)
    assert all(r["lots"] and r["names"] for r in rows)


def test_a_saved_run_has_a_calendar_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.di.toml"
    path.write_text(run_toml(SavedRun(RunSpec(SampleSource(), "concentrated"))), encoding="utf-8")
    assert main(["calendar", str(path), "--days", "10", "--json"]) == 0
    assert {r["kind"] for r in json.loads(capsys.readouterr().out)} == {"reconstitution"}
    assert main(["calendar", str(path), "--days", "2"]) == 0
    assert capsys.readouterr().out.startswith("concentrated: nothing is known to come until 2026-07-02.")


def test_the_plan_says_what_waits_what_it_is_worth_and_what_it_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--account", "concentrated"]) == 0
    shown = capsys.readouterr().out
    assert "Waiting in" in shown
    assert "Waiting is worth $" in shown
    assert "over acting now or not at all" in shown
    assert "Prices are not expected to move" in shown
    assert "Not tax advice." in shown
    assert "share one budget" not in shown
    assert main(["plan", "--account", "concentrated", "--gain-budget", "50000"]) == 0
    assert "All names share one budget of net gains a tax year: $" in capsys.readouterr().out
    assert main(["plan", "--account", "concentrated", "--gain-budget", "nan"]) == 2
    assert "--gain-budget is nan" in capsys.readouterr().err
    assert main(["plan", "--account", "concentrated", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert any(r["waiting_usd"] > 0 for r in rows)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["calendar", "--kind", "holidays"], "has no kind 'holidays'"),
        (["calendar", "--days", "0", "--account", "concentrated"], "0 days ahead"),
        (["calendar", "missing.di.toml"], "missing.di.toml cannot be read"),
        (["plan", "--account", "nobody"], "nobody"),
    ],
)
def test_what_cannot_be_shown_ends_with_two(given: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == 2
    assert words in capsys.readouterr().err
