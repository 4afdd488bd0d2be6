"""``di-advisor watch``: exit codes, reasons, states between days, refusals."""

import json
from pathlib import Path

import pytest

from di_advisor.cli import main
from di_advisor.ledger.store import Store
from di_advisor.policy.measure_history import measured
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.saved import SavedRun, run_toml


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "mine.di.toml"
    path.write_text(run_toml(SavedRun(RunSpec(SampleSource(), "concentrated"))), encoding="utf-8")
    return path


def test_something_due_ends_with_one_and_the_next_call_remembers_it(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.json"
    assert main(["watch", str(saved), "--state", str(state), "--json", "--last-rebalance", "2026-01-02"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert "concentrated" in found["due"]
    assert all(row["reason"] for row in found["rows"] if row["fired"])
    assert "last_called" in state.read_text(encoding="utf-8")
    drift = next(row for row in found["rows"] if row["trigger"] == "name drift")
    assert drift["figure"] >= drift["threshold"]


def test_nothing_due_ends_with_zero_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calm = tmp_path / "calm.di.toml"
    calm.write_text(run_toml(SavedRun(RunSpec(SampleSource(), "young"))), encoding="utf-8")
    assert main(["watch", str(calm), "--policy", "annual", "--last-rebalance", "2026-01-02"]) == 0
    assert "the last rebalance was on 2026-01-02: not due." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "There is no account to watch"),
        (["--sample", "--policy", "daily"], "There is no policy 'daily'"),
        (["missing.di.toml"], "missing.di.toml cannot be read"),
        (["--sample", "--last-rebalance", "soon"], "soon"),
    ],
)
def test_what_cannot_be_watched_ends_with_two(given: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", *given]) == 2
    assert words in capsys.readouterr().err


def test_states_of_another_policy_are_refused_and_kept(saved: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"schema_version": 1, "policy": "monthly", "accounts": {}}', encoding="utf-8")
    before = state.read_text(encoding="utf-8")
    assert main(["watch", str(saved), "--state", str(state)]) == 2
    assert state.read_text(encoding="utf-8") == before


def test_the_measures_of_the_day_are_kept_once(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "books.db"
    main(["watch", str(saved), "--record", str(store)])
    assert "Measures of 1 account kept." in capsys.readouterr().err
    main(["watch", str(saved), "--record", str(store)])
    assert "Measures of 0 accounts kept; of 1 they were there already." in capsys.readouterr().err
    with Store.open(store) as kept:
        (taxpayer,) = kept.taxpayers()
        (row,) = measured(kept, taxpayer)
    assert row.account_id == "concentrated"
    assert row.tracking_error > 0
    assert row.value_usd > 0
