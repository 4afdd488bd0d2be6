"""``di-advisor fleet``: a run into a folder, the desk's list, and a code that says whether somebody must look."""

import json
from pathlib import Path

import pytest

from di_advisor.cli import main


def test_a_small_fleet_runs_and_shows_its_desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["fleet", "--sample", "2", "--into", str(tmp_path), "--scheduler", "in-process", "--joint-rounds", "0"]
    assert main(command) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("2 of 2 accounts with a proposal")
    assert "Worklist" in shown.out
    assert "accounts done" in shown.err
    assert main([*command, "--json"]) == 0  # nothing is solved again
    again = json.loads(capsys.readouterr().out)
    assert again["totals"]["proposed"] == 2
    assert len(list((tmp_path / "pass-1").glob("part-*"))) == 1
    command[4] = str(tmp_path / "tomorrow")
    assert main([*command, "--warm-from", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("2 of 2 accounts with a proposal")


def test_an_account_that_needs_more_than_its_budget_is_set_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fleet", "--sample", "1", "--scheduler", "in-process", "--joint-rounds", "0", "--json"]
    few, enough = str(tmp_path / "few"), str(tmp_path / "enough")
    assert main([*command, "--into", few, "--solves-max", "1"]) == 1
    (said,) = json.loads(capsys.readouterr().out)["exceptions"]
    assert "The budget of 1 solves ran out." in str(said)
    assert main([*command, "--into", enough, "--solves-max", "500"]) == 0
    capsys.readouterr()
    assert main([*command, "--into", str(tmp_path / "none"), "--solves-max", "0"]) == 2
    assert "solves_max is 0." in capsys.readouterr().err


def test_what_is_no_fleet_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "--sample", "0", "--into", str(tmp_path)]) == 2
    assert "--sample 0 is no number of accounts" in capsys.readouterr().err
    assert main(["fleet", "--sample", "1", "--into", str(tmp_path), "--scheduler", "x"]) == 2
    assert "'x' is no scheduler" in capsys.readouterr().err
    missing = ["--scheduler", "in-process", "--warm-from", str(tmp_path / "never")]
    assert main(["fleet", "--sample", "1", "--into", str(tmp_path / "x"), *missing]) == 2
    assert "never" in capsys.readouterr().err
    assert not (tmp_path / "never").exists()
