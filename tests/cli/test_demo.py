"""``di-advisor demo`` on the embedded sample."""

import pytest

from di_advisor.cli import main
from di_advisor.report.csv_export import read_trades_csv


def test_the_demo_rebalances_the_sample_and_writes_both_files(tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 0
    said = capsys.readouterr()
    assert "simulated" in said.out.splitlines()[0]
    assert "Account seasoned" in said.out
    for stage in ("sample world", "risk model", "cost model", "proposal", "report", "total"):
        assert f"\n  {stage} " in said.out
    assert said.err == ""
    page = (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
    assert "simulated" in page
    assert read_trades_csv((tmp_path / "demo" / "trades.csv").read_bytes().decode())


@pytest.mark.parametrize("account", ["", "old", "\x1b[2J"])
def test_an_account_that_the_sample_does_not_have_is_refused_with_those_it_has(tmp_path, capsys, account):
    assert main(["demo", "--account", account, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "Hint: It has: young, seasoned, concentrated." in said.err
    assert "\x1b" not in said.err
