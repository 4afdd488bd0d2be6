"""Policies compared on a small index of the sample, and how the comparison is shown."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from di_advisor.backtest.bootstrap import Difference
from di_advisor.backtest.comparison import PolicyComparison, compare_policies
from di_advisor.backtest.sample_past import sample_past
from di_advisor.cli import main
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.policy.policies import policy_named
from di_advisor.report.backtest_view import (
    backtest_page,
    cadence_table,
    comparison_bundle,
    difference_sentence,
    run_bundle,
)

NAMES = 12
STARTS = [date(2023, 1, 3), date(2023, 2, 1)]
WISHES = Mandate(tracking_error_max=0.03, min_trade_usd=Decimal(250))
TAX = TaxProfile(rates=ConstantRates(short_term=0.4, long_term=0.2))


def compared(folder: Path | None = None, policies: tuple[str, ...] = ("quarterly", "monthly")) -> PolicyComparison:
    return compare_policies(
        sample_past(7, NAMES),
        [policy_named(p) for p in policies],
        STARTS,
        lambda start: date(start.year, start.month + 4, 15),
        WISHES,
        TAX,
        folder=folder,
    )


@pytest.fixture(scope="module")
def comparison() -> PolicyComparison:
    return compared()


def test_every_policy_has_every_vintage_and_the_table_is_their_mean(comparison: PolicyComparison) -> None:
    assert comparison.policies == ("quarterly", "monthly")
    assert [r.run.start for r in comparison.of("monthly")] == STARTS
    frame, table = comparison.to_frame(), comparison.table()
    assert len(frame) == 4
    assert set(frame["start"]) == set(STARTS)
    mean = np.mean([r.results.advantage_usd for r in comparison.of("monthly")])
    wealth = table.loc[("monthly", True), ["wealth_liquidation_usd", "twin_wealth_liquidation_usd"]]
    assert wealth.iloc[0] - wealth.iloc[1] == pytest.approx(mean)
    assert table["vintages"].tolist() == [2, 2]


def test_the_parts_of_every_run_add_up_and_its_cap_holds_after_every_rebalance(comparison: PolicyComparison) -> None:
    for run in comparison.runs:
        parts = sum(run.attribution.parts_usd.values())
        assert parts == pytest.approx(run.results.advantage_usd, abs=1e-6)
        assert run.results.over_cap == 0
        assert run.results.refused == sum(bool(r.note) for r in run.replayed.rebalances)


def test_finished_runs_are_not_run_again(tmp_path: Path) -> None:
    first = compared(tmp_path, ("monthly",))
    written = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    again = compared(tmp_path, ("monthly",))
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()} == written
    assert [r.replayed.days for r in again.runs] == [r.replayed.days for r in first.runs]


def test_a_difference_is_of_the_same_vintages_and_of_a_figure_that_exists(comparison: PolicyComparison) -> None:
    found = comparison.difference("monthly", "quarterly", seed=1)
    each = [
        a.results.wealth_liquidation_usd - b.results.wealth_liquidation_usd
        for a, b in zip(comparison.of("monthly"), comparison.of("quarterly"), strict=True)
    ]
    assert found.mean == pytest.approx(np.mean(each))
    with pytest.raises(InputError, match="no figure 'happiness'"):
        comparison.difference("monthly", "quarterly", "happiness", seed=1)
    with pytest.raises(InputError, match="two up"):
        comparison.difference("monthly", "annual", seed=1)


def test_the_views_say_the_same_and_stand_alone(comparison: PolicyComparison) -> None:
    bundle, page = comparison_bundle(comparison), backtest_page(comparison)
    for row in cadence_table(comparison).rows:
        assert str(row[4]).replace("-", "−") in bundle["text/html"]
        assert str(row[4]) in bundle["text/plain"]
    assert "Simulated" in bundle["text/plain"]
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    run = run_bundle(comparison.runs[0])
    assert "After-tax advantage" in run["text/plain"]
    assert 'alt="Quarterly from' in run["text/html"]


def test_names_of_policies_are_escaped_on_the_page(comparison: PolicyComparison) -> None:
    bad = "<img src=x onerror=alert(1)>"
    runs = tuple(
        replace(r, run=replace(r.run, policy=replace(r.run.policy, name=bad)), results=replace(r.results, policy=bad))
        for r in comparison.of("monthly")
    )
    assert bad not in backtest_page(PolicyComparison(bad, runs, {bad: bad}))


@pytest.mark.parametrize(("low", "high", "says"), [(1.0, 9.0, "leaves zero out"), (-1.0, 9.0, "holds zero")])
def test_a_difference_in_words_says_whether_it_is_clear(low: float, high: float, says: str) -> None:
    assert says in difference_sentence("a", "b", Difference(4.0, low, high, 0.9, 40, 10.0))
    assert "rough" in difference_sentence("a", "b", Difference(4.0, low, high, 0.9, 4, 2.0))


def test_the_command_compares_and_writes_its_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "report.html"
    period = ["--start", "2023-01-03", "--end", "2023-03-31", "--names", "12"]
    assert main(["backtest", *period, "--policy", "quarterly", "--html", str(page)]) == 0
    assert "1 runs" not in (said := capsys.readouterr().out)
    assert "quarterly" in said
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["backtest", *period, "--vintages", "3"]) == 2
    assert "last vintage would begin on" in capsys.readouterr().err
