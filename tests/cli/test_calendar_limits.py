"""Horizons that make no sense are refused before anything is opened at length."""

import pytest

from di_advisor.cli import main


@pytest.mark.parametrize("command", ["plan", "calendar"])
@pytest.mark.parametrize("days", ["0", "100000"])
def test_a_horizon_of_no_day_or_of_centuries_is_refused(
    command: str, days: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--account", "young", "--days", days]) == 2
    assert "days ahead" in capsys.readouterr().err


@pytest.mark.parametrize("least", ["nan", "inf", "-1"])
def test_a_threshold_that_is_no_amount_is_refused(least: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--account", "young", "--least", least]) == 2
    assert "--least is" in capsys.readouterr().err
