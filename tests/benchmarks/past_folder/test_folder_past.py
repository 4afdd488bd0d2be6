"""A past of an invented folder: events, weights, members, and a whole comparison from the command line."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks.backtest import main, models_asked, vintages
from benchmarks.past_folder import FolderPast, WeightKind, open_past
from di_advisor.backtest.past import Past
from di_advisor.domain.events import CashMerger, SpinOff, Split
from di_advisor.errors import InputError
from di_advisor.policy.policies import policy_named
from tests.benchmarks.past_folder import invented


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return invented.write_folder(tmp_path_factory.mktemp("invented") / "data")


@pytest.fixture(scope="session")
def past(folder: Path) -> FolderPast:
    return open_past(folder, start=invented.FIRST, end=invented.LAST, cache=False)


def of(past: FolderPast, day: date, security_id: str) -> list[object]:
    return [e for e in past.opening(day) if getattr(e, "security_id", "") == security_id]


def test_it_is_a_past(past: FolderPast) -> None:
    assert isinstance(past, Past)
    assert past.sessions[0] == invented.FIRST
    assert "weights by volume" in past.label
    assert repr(past).startswith("FolderPast(")


def test_a_split_changes_shares_and_no_return(past: FolderPast) -> None:
    (split,) = of(past, invented.SPLIT_ON, "US:N00")
    assert isinstance(split, Split)
    assert split.new_per_old == 2
    row, j = past.panel.sessions.index(invented.SPLIT_ON), past.panel.ids.index("US:N00")
    closes = past.panel.close_usd[row - 1 : row + 1, j]
    assert closes[1] / closes[0] == pytest.approx(0.5, rel=0.1)
    paid = past.panel.dividend_usd[row, j]
    assert past.panel.total_return[row, j] == pytest.approx((2 * closes[1] + paid) / closes[0] - 1)


def test_a_child_without_prices_is_sold_at_its_first_close(past: FolderPast) -> None:
    spun, *_ = of(past, invented.SPUN_ON, "US:N01")
    assert isinstance(spun, SpinOff)
    assert spun.new_per_old == Fraction(1, 2)
    # Half a share at half the parent's close: a fifth of what both are worth goes with the child.
    assert float(spun.parent_fraction or 0) == pytest.approx(0.8, abs=1e-5)
    (sold,) = of(past, invented.SPUN_ON, spun.spun_security_id)
    assert isinstance(sold, CashMerger)
    row, j = past.panel.sessions.index(invented.SPUN_ON), past.panel.ids.index("US:N01")
    assert float(sold.cash_per_share_usd) == pytest.approx(past.panel.close_usd[row, j] / 2, rel=1e-4)
    assert not of(past, invented.SPUN_ON, "US:N01")[1:]


def test_a_factor_that_no_list_explains_is_worth_itself(past: FolderPast) -> None:
    spun, *_ = of(past, invented.UNLISTED_ON, "US:N02")
    assert isinstance(spun, SpinOff)
    assert float(spun.parent_fraction or 0) == pytest.approx(1 / 1.1, abs=1e-5)
    row, j = past.panel.sessions.index(invented.UNLISTED_ON), past.panel.ids.index("US:N02")
    closes = past.panel.close_usd[row - 1 : row + 1, j]
    paid = past.panel.dividend_usd[row, j]
    assert past.panel.total_return[row, j] == pytest.approx((1.1 * closes[1] + paid) / closes[0] - 1)


def test_a_name_that_is_bought_pays_its_terms_on_the_next_session(past: FolderPast) -> None:
    day = past.sessions[past.sessions.index(invented.LEFT_ON) + 1]
    (paid,) = of(past, day, "US:N13")
    assert isinstance(paid, CashMerger)
    assert "US:N13" in past.market(invented.LEFT_ON).universe.security_ids
    assert "US:N13" not in past.market(day).universe.security_ids


def test_a_change_of_members_is_in_the_target_from_its_notice_on(past: FolderPast) -> None:
    at = past.sessions.index(invented.JOINED_ON)
    early, told, after = (past.sessions[at - k] for k in (6, 5, 0))
    assert len(past.target(early).components[0].path) == 1
    path = past.target(told).components[0].path
    assert [w.effective for w in path] == [told, invented.JOINED_ON]
    assert "US:N12" not in path[0].weights
    assert path[1].weights["US:N12"] > 0
    assert "US:N12" in past.target(after).weights_on(after)
    assert "US:N12" not in past.market(early).universe.security_ids
    assert "US:N12" in past.market(told).universe.security_ids


def test_weights_turn_over_with_prices_alone(past: FolderPast) -> None:
    one, two = past.sessions[100], past.sessions[101]
    before, after = past.target(one).weights_on(one), past.target(two).weights_on(two)
    row = past.panel.sessions.index(two)
    grown = {}
    for i, w in before.items():
        j = past.panel.ids.index(i)
        paid = past.panel.dividend_usd[row, j] / past.panel.close_usd[row - 1, j]
        grown[i] = w * (1 + past.panel.total_return[row, j] - paid)
    total = sum(grown.values())
    assert after == pytest.approx({i: w / total for i, w in grown.items()})


def test_index_return_is_the_members_returns_by_yesterdays_weights(past: FolderPast) -> None:
    yesterday, day = past.sessions[200], past.sessions[201]
    weights = past.target(yesterday).weights_on(yesterday)
    row = past.panel.sessions.index(day)
    expected = sum(w * past.panel.total_return[row, past.panel.ids.index(i)] for i, w in weights.items())
    assert past.index_return(day) == pytest.approx(expected, abs=1e-12)
    assert past.index_return(past.panel.sessions[0]) == 0


def test_equal_weights_are_equal_after_each_reset(folder: Path) -> None:
    past = open_past(folder, start=invented.FIRST, end=invented.LAST, weights=WeightKind.EQUAL, cache=False)
    day = date(2019, 9, 23)  # the session after the third Friday of September
    weights = past.target(day).weights_on(day)
    assert list(weights.values()) == pytest.approx([1 / len(weights)] * len(weights))
    later = past.sessions[past.sessions.index(day) + 30]
    assert len({round(w, 6) for w in past.target(later).weights_on(later).values()}) > 1


def test_the_largest_names_are_replaced_one_for_one(folder: Path) -> None:
    past = open_past(folder, start=date(2019, 6, 3), end=invented.LAST, names=8, cache=False)
    counts = {len(past.target(d).weights_on(d)) for d in past.sessions[::20]}
    assert counts == {8}


def test_a_day_that_is_no_session_is_refused(past: FolderPast) -> None:
    with pytest.raises(InputError, match="2020-07-04 is not a session"):
        past.market(date(2020, 7, 4))


def test_vintages_leave_room_for_the_run() -> None:
    quarterly = vintages(date(2014, 1, 2), date(2018, 12, 31), "quarterly", 3)
    assert quarterly[0] == date(2014, 1, 2)
    assert quarterly[1] == date(2014, 4, 1)
    assert quarterly[-1] == date(2015, 10, 1)
    few = vintages(date(2014, 1, 2), date(2018, 12, 31), "4", 3)
    assert len(few) == 4
    assert set(few) <= set(quarterly)
    assert (few[0], few[-1]) == (quarterly[0], quarterly[-1])


def test_a_period_without_room_for_a_run_is_refused() -> None:
    with pytest.raises(InputError, match="no room for a run of 20 years"):
        vintages(date(2014, 1, 2), date(2018, 12, 31), "quarterly", 20)
    with pytest.raises(InputError, match="no room for a run"):
        vintages(date(2019, 1, 2), date(2018, 12, 31), "3", None)
    assert vintages(date(2014, 1, 2), date(2015, 1, 2), "3", 1) == [date(2014, 1, 2)]
    assert vintages(date(2014, 1, 4), date(2014, 12, 31), "1", None) == [date(2014, 1, 6)]  # a Saturday; to the end


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--vintages", "0"], "'0' is no number of vintages"),
        (["--vintages", "some"], "'some' is no number of vintages"),
        (["--vintages", "-2"], "'-2' is no number of vintages"),
        (["--years", "0"], "'0' is no number of years"),
        (["--years", "-1"], "'-1' is no number of years"),
    ],
)
def test_numbers_that_are_none_are_refused_in_words(
    given: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--data", "anywhere", *given])
    assert words in capsys.readouterr().err


def test_a_comparison_runs_once_and_prints_its_tables(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DI_ADVISOR_CACHE", str(tmp_path / "cache"))
    command = ["--data", str(folder), "--start", "2019-06-03", "--end", "2020-08-31", "--vintages", "1", "--years", "1"]
    command += ["--policy", "quarterly", "--policy", "annual", "--wash", "both", "--into", str(tmp_path / "runs")]
    assert main(command) == 0
    first = capsys.readouterr().out
    for words in (
        "Tax alpha by cadence",
        "Vanguard 107",
        "taper off near 30 %",
        "more without it, %",
        "gains taxed at 40.8 % within a year",
        "what is shown is the price of the law",
        "in 4 of 4 runs",
        "Days over the cap",
    ):
        assert words in " ".join(first.split())
    assert "CPU s in this process" in first
    assert main([*command, "--finished"]) == 0
    again = capsys.readouterr().out
    assert first.split("Measures with")[1] == again.split("Measures with")[1]
    assert "are not there" not in again
    assert main([*command, "--policy", "monthly", "--policy", "ripe", "--finished"]) == 0
    wider = capsys.readouterr().out
    assert "2 of 6 runs are not there, such as monthly-2019-06-03-wash: not run yet" in wider
    assert "2 of 2 runs are not there, such as ripe-2019-06-03-wash: not run yet" in wider
    assert "in 4 of 4 runs" in wider
    assert main([*command, "--cap", "0.03", "--finished"]) == 1
    other = capsys.readouterr().out
    assert (
        "4 of 4 runs are not there, such as quarterly-2019-06-03-wash: "
        "run with other settings: mandate.tracking_error_max is 0.03, was 0.02\n" in other
    )
    assert "None of the runs that are asked for is finished in" in other


def test_finished_runs_are_looked_for_in_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", "anywhere", "--finished"])
    assert "--finished needs --into" in capsys.readouterr().err


def test_a_folder_that_is_named_by_a_dot_is_the_same_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    here = open_past(Path(), start=invented.FIRST, end=invented.LAST, cache=False)
    assert here.label.startswith("S&P 500 members from data/,")


def test_a_wrong_folder_is_an_error_with_a_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--end", "2020-08-31"]) == 1
    assert "has no file index/pitindex_sp500_changes.csv" in capsys.readouterr().out


def test_the_model_that_ml_asks_is_told_with_what_it_was_learned_on() -> None:
    (told,) = models_asked([policy_named("monthly"), policy_named("ml")])
    assert told.startswith("ml asks: ")
    assert "simulated accounts" in told
