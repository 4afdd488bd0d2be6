"""The history folder on a tiny invented one, where the truth is known: levels, ids, membership, weights, books."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lots import TaxLot
from di_advisor.errors import IncompleteDataError, InputError
from di_data.corporate_actions.ratios import plain_ratio
from di_data.history_folder import Books, HistoryFolder, Merger, SpinOff, Split
from di_data.history_folder.folder import half_spread_bps
from di_data.history_folder.identities import Renames
from di_data.history_folder.levels import known_levels
from tests.data_adapters.history_files import (
    DAYS,
    LEFT_ON,
    PLAIN,
    RENAMED_ON,
    SHEET_ON,
    SPIN_ON,
    SPLIT_ON,
    Written,
    write_history,
)

FIRST, LAST = DAYS[0].date(), DAYS[-1].date()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write_history(tmp_path_factory.mktemp("history") / "folder", later_split=3.0)


@pytest.fixture(scope="module")
def folder(written: Written) -> HistoryFolder:
    return HistoryFolder(written.root, since=FIRST, until=LAST)


def test_raw_closes_are_what_truly_printed(folder: HistoryFolder, written: Written) -> None:
    for name in ("N00", "N07", "SPLT", "SPUN", "MYST", "KID"):
        printed = written.raw[name].dropna()
        rebuilt = folder.panel.raw_close_usd[f"US:{name}"].reindex(printed.index)
        np.testing.assert_allclose(rebuilt, printed, rtol=2e-4)
    assert folder.raw_close_usd(LAST)["US:N07"] == Decimal(str(written.raw.loc[DAYS[-1], "N07"]))


def test_levels_that_references_contradict_or_measure_far_from_one_are_not_believed() -> None:
    days = pd.bdate_range("2022-01-03", periods=40)
    table = pd.DataFrame({"same": 10.0, "moved": 10.0, "scaled": 5.0}, index=days)
    table.loc[days[20:], "moved"] = 10.1
    rows = [(name, day, 10.0, "vendor") for name in table for day in days]
    references = pd.DataFrame(rows, columns=["security_id", "date", "raw_usd", "source"])
    assert known_levels(table, references, factors_listed=True).to_dict() == {"same": 1.0, "scaled": 2.0}
    assert known_levels(table, references, factors_listed=False).to_dict() == {"same": 1.0}


def test_levels_without_a_reference_or_with_contradicting_ones_are_unknown(folder: HistoryFolder) -> None:
    assert folder.panel.level_unknown == {"US:ODD", "US:BENT"}
    market = folder.market(DAYS[20].date())
    at = market.universe.positions["US:ODD"]
    assert market.price_usd[at] is None
    assert market.adv_usd[at] == pytest.approx(1e7, rel=1e-3)


def test_only_plain_factors_are_splits(folder: HistoryFolder) -> None:
    assert folder.actions.splits == (Split("US:SPLT", SPLIT_ON.date(), Fraction(4)),)
    assert [s.child_id for s in folder.actions.spin_offs] == ["US:KID"]
    assert [u[0] for u in folder.actions.unexplained] == ["US:MYST"]


@pytest.mark.parametrize("factor", ["2.0", "3.0", "20.0", "1.5", "0.125", "0.1", "1.25"])
def test_ratios_of_small_whole_numbers_are_splits(factor: str) -> None:
    assert plain_ratio(factor) == Fraction(factor)


@pytest.mark.parametrize("factor", ["1.0", "1.048", "1.324", "1.973", "3.502", "0.4725", "1.402", "1.03"])
def test_other_factors_are_none(factor: str) -> None:
    assert plain_ratio(factor) is None


def test_a_company_keeps_its_id_and_changes_its_ticker(folder: HistoryFolder) -> None:
    before, after = DAYS[29].date(), RENAMED_ON.date()
    assert folder.membership.on(before)["US:RNEW"] == "ROLD"
    assert folder.membership.on(after)["US:RNEW"] == "RNEW"
    assert folder.market(before).price_usd[folder.market(before).universe.positions["US:RNEW"]] is not None


def test_a_ticker_that_was_used_again_means_two_companies() -> None:
    renames = Renames([(date(2020, 3, 2), "IR", "TT"), (date(2022, 6, 9), "FB", "META")])
    assert renames.security_id("IR", date(2020, 3, 1)) == "US:TT"
    assert renames.security_id("IR", date(2020, 3, 2)) == "US:IR"
    assert renames.security_id("BRK.B", date(2020, 3, 2)) == "US:BRK-B"


def test_members_are_those_of_the_day(folder: HistoryFolder) -> None:
    assert "US:GONE" in folder.membership.on(DAYS[54].date())
    assert "US:GONE" not in folder.membership.on(LEFT_ON.date())
    market = folder.market(LEFT_ON.date(), also=["US:GONE"])
    assert market.price_usd[market.universe.positions["US:GONE"]] is None


def test_share_classes_of_one_issuer_are_one_group(folder: HistoryFolder) -> None:
    groups = {s.ticker: s.identical_group for s in folder.market(LAST).universe.securities}
    assert groups["N00"] == groups["N01"] != ""
    assert groups["N02"] == ""


def test_sectors_come_from_the_sheet_first_and_may_be_unknown(folder: HistoryFolder) -> None:
    sectors = {s.ticker: s.sector for s in folder.market(LAST).universe.securities}
    assert (sectors["N05"], sectors["N06"], sectors["KID"]) == ("Utilities", "Energy", "Unknown")


def test_weights_are_share_counts_times_raw_closes(folder: HistoryFolder, written: Written) -> None:
    target = folder.target(LAST)
    weights = target.target.weights_on(LAST)
    value = written.raw.loc[DAYS[-1], PLAIN] * written.shares[PLAIN]
    ours = np.array([weights[f"US:{n}"] for n in PLAIN])
    np.testing.assert_allclose(ours / ours.sum(), value / value.sum(), rtol=1e-3)
    assert str(SHEET_ON.date()) in target.source
    assert target.by_proxy == ("US:KID",)
    assert target.left_out == ("US:ODD",)
    assert 0 < target.weight_left_out < 0.2
    assert sum(weights.values()) == pytest.approx(1)


def test_before_the_first_sheet_the_sample_counts_and_before_that_nothing_does(folder: HistoryFolder) -> None:
    assert "market capitalisations" in folder.target(DAYS[30].date()).source
    with pytest.raises(IncompleteDataError, match=f"no share counts for {DAYS[5].date()}"):
        folder.target(DAYS[5].date())
    assert "share counts" in folder.target(DAYS[5].date(), counted_on=SHEET_ON.date()).source


def test_counts_of_a_sheet_are_carried_back_over_a_split(folder: HistoryFolder) -> None:
    days = (DAYS[39].date(), SPLIT_ON.date())
    weights = [folder.target(d, counted_on=SHEET_ON.date()).target.weights_on(d)["US:SPLT"] for d in days]
    assert weights[1] == pytest.approx(weights[0], rel=0.05)


def test_a_day_looks_the_same_before_and_after_later_rows_and_splits(
    folder: HistoryFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    then = write_history(tmp_path_factory.mktemp("history") / "then", days=65)
    day = DAYS[64].date()
    early = HistoryFolder(then.root, since=FIRST, until=LAST)
    a, b = early.market(day), folder.market(day)
    assert a.universe == b.universe
    assert a.price_usd == b.price_usd
    np.testing.assert_allclose(a.volatility_per_year, b.volatility_per_year, rtol=1e-9)
    assert folder.returns(day).dates.max() == np.datetime64(day)


def test_returns_do_not_show_splits(folder: HistoryFolder) -> None:
    history = folder.returns(LAST)
    sound = [j for j, i in enumerate(history.security_ids) if i != "US:BENT"]
    assert np.abs(history.total_return[:, sound]).max() < 0.1


def test_a_day_without_trading_is_refused(folder: HistoryFolder) -> None:
    with pytest.raises(InputError, match="2020-06-06 is not a trading day"):
        folder.market(date(2020, 6, 6))


def test_a_missing_file_or_column_is_named(tmp_path: Path) -> None:
    root = write_history(tmp_path / "folder").root
    path = root / "index/pitindex_sp500_seed.csv"
    path.write_text("symbol\nA\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"pitindex_sp500_seed.csv: column ticker is missing"):
        HistoryFolder(root, since=FIRST, until=LAST)
    path.unlink()
    with pytest.raises(InputError, match=r"has no file index/pitindex_sp500_seed.csv"):
        HistoryFolder(root, since=FIRST, until=LAST)


def test_half_spreads_are_at_least_half_a_tick_and_fall_with_volume() -> None:
    price, adv = np.array([5.0, 500.0, 500.0, np.nan]), np.array([1e9, 1e9, 1e7, 1e7])
    half = half_spread_bps(price, adv)
    assert half[0] == pytest.approx(10)
    assert half[1] < half[2] == half[3] <= 25


# --- books ---------------------------------------------------------------------------------------------------------


def books(*lots: TaxLot) -> Books:
    return Books("a", {lot.lot_id: lot for lot in lots})


def lot(security_id: str, shares: str = "7", basis: str = "350.01") -> TaxLot:
    return TaxLot(f"L-{security_id}", "a", security_id, Decimal(shares), Decimal(basis), date(2020, 6, 1))


def test_a_split_changes_shares_and_not_the_basis(folder: HistoryFolder) -> None:
    b = books(lot("US:SPLT"))
    assert len(b.advance(folder.actions, FIRST, LAST)) == 1
    assert (b.lots["L-US:SPLT"].shares, b.lots["L-US:SPLT"].basis_total_usd) == (28, Decimal("350.01"))


def test_a_spin_off_shares_the_basis_out_by_value_and_hands_on_the_dates(folder: HistoryFolder) -> None:
    b = books(lot("US:SPUN"))
    (action,) = b.advance(folder.actions, FIRST, LAST)
    assert isinstance(action, SpinOff)
    parent, child = b.lots["L-US:SPUN"], b.lots["L-US:SPUN/US:KID"]
    assert (parent.shares, child.shares, child.acquired) == (7, Decimal("3.5"), date(2020, 6, 1))
    assert parent.basis_of(7) + child.basis_of(child.shares) == Fraction("350.01")
    worth = 3.5 * float(action.child_close_usd)
    share = worth / (worth + 7 * float(action.parent_close_usd))
    assert float(child.basis_of(child.shares)) == pytest.approx(350.01 * share)


def test_a_merger_for_cash_is_a_sale_and_one_for_shares_is_not(folder: HistoryFolder) -> None:
    b = books(lot("US:GONE"), lot("US:N21"))
    done = b.advance(folder.actions, FIRST, LAST)
    assert [type(a) for a in done] == [Merger, Merger]
    assert b.cash_usd == 7 * Fraction("55.5")
    assert [(f.security_id, f.gain_usd) for f in b.fills] == [("US:GONE", 7 * Fraction("55.5") - Fraction("350.01"))]
    assert [(x.security_id, x.shares) for x in b.lots.values()] == [("US:N19", Decimal("3.5"))]


def test_a_factor_that_nobody_explains_leaves_lots_alone(folder: HistoryFolder) -> None:
    b = books(lot("US:MYST"))
    assert b.advance(folder.actions, FIRST, LAST) == []


def test_actions_of_the_first_day_are_not_applied_twice(folder: HistoryFolder) -> None:
    b = books(lot("US:SPLT"))
    b.advance(folder.actions, FIRST, SPLIT_ON.date())
    b.advance(folder.actions, SPLIT_ON.date(), LAST)
    assert b.lots["L-US:SPLT"].shares == 28
    assert b.advance(folder.actions, FIRST, SPIN_ON.date()) != []


@given(
    cash=st.decimals("0", "100000", places=2),
    weights=st.lists(st.floats(0, 1), min_size=1, max_size=8),
    prices=st.lists(st.decimals("0.01", "5000", places=2), min_size=8, max_size=8),
)
def test_investing_buys_whole_shares_and_never_overdraws(
    cash: Decimal, weights: list[float], prices: list[Decimal]
) -> None:
    total = sum(weights) or 1.0
    ids = [f"US:{k}" for k in range(len(weights))]
    b = Books("a", cash_usd=Fraction(cash))
    target = dict(zip(ids, [w / total for w in weights], strict=True))
    b.invest(FIRST, target, dict(zip(ids, prices, strict=False)), leave_alone={"US:0"})
    assert b.cash_usd >= 0
    assert all(x.shares % 1 == 0 and x.security_id != "US:0" for x in b.lots.values())
    assert sum((x.basis_of(x.shares) for x in b.lots.values()), Fraction(0)) + b.cash_usd == Fraction(cash)
