"""Lots that are wrong, unknown, or said twice: what is refused, what is kept, and in which words."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.portfolio import AccountKind, Portfolio
from di_advisor.errors import InputError, InputWarning, RowsError

GOOD = {"lot_id": "L1", "security_id": "X", "shares": "10", "basis_total_usd": "100.00", "acquired": "2024-01-02"}


def frame(*rows: dict) -> pd.DataFrame:
    """Rows like the good one, each with some cells changed."""
    return pd.DataFrame([{**GOOD, **row} for row in rows], dtype=object)


def lots(*rows: dict, **settings) -> tuple[TaxLot, ...]:
    return Portfolio.from_frame(frame(*rows), **settings).lots


def refusal(*rows: dict, **settings) -> str:
    with pytest.raises(RowsError) as caught:
        lots(*rows, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"basis_total_usd": "NaN"}, "row 0, basis_total_usd: the value is not finite: 'NaN'."),
        ({"basis_total_usd": float("inf")}, "row 0, basis_total_usd: the value is not finite: 'inf'."),
        ({"basis_total_usd": Decimal("-Infinity")}, "the value is not finite"),
        ({"shares": float("nan")}, "row 0, shares: it is empty."),
        ({"shares": "-10"}, "row 0, shares: -10 shares; a lot holds more than zero. Hint: Short positions"),
        ({"shares": "0"}, "row 0, shares: zero shares; a lot with a basis and no shares would lose its basis."),
        ({"shares": True}, "row 0, shares: the value is a bool (True)"),
        ({"shares": "ten"}, "row 0, shares: the value is not a number: 'ten'."),
        ({"shares": "123456789012345678901234567890.1"}, "has more than 28 digits"),
        ({"shares": "1/0"}, "the value is not a number: '1/0'"),
        ({"basis_total_usd": "-1.00"}, "row 0, basis_total_usd: -1.00 USD; a basis is never below zero."),
        ({"basis_total_usd": "$2,351.96"}, "the value is not a number: '$2,351.96'"),
        ({"acquired": "2023-02-29"}, "row 0, acquired: '2023-02-29' is not a day of the calendar."),
        ({"acquired": "03/04/2024"}, "03/04/2024 could be March or April"),
        ({"acquired": 45000}, "row 0, acquired: 45000 (int) is not a date."),
        ({"acquired": "2024-12-31T23:30:00"}, "has a time of day and no time zone"),
        ({"acquired": pd.Timestamp("2024-12-31 23:30")}, "has a time of day and no time zone"),
        ({"held_since": "yesterday"}, "row 0, held_since: 'yesterday' is not a date in the form YYYY-MM-DD."),
        ({"security_id": "  "}, "row 0, security_id: it is empty."),
        ({"security_id": 7.0}, "row 0, security_id: 7.0 (float) is not text."),
        ({"state": "sold"}, "row 0, state: 'sold' is not a state. Hint: Use one of: known, basis_pending"),
        ({"state": "basis_pending"}, "row 0, state: Lot L1 is marked basis_pending, with basis 100.00"),
        ({"account_kind": "joint"}, "row 0, account_kind: 'joint' is not a kind of account. Hint: Use one of: taxable"),
        ({"reinvests_dividends": "maybe"}, "row 0, reinvests_dividends: 'maybe' is neither yes nor no."),
        ({"currency": "GBp"}, "row 0, currency: the currency is GBp, and amounts are in USD. It is a hundredth"),
        ({"currency": "EUR"}, "row 0, currency: the currency is EUR, and amounts are in USD. Hint: Convert"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(cells, words):
    assert words in refusal(cells)


def test_all_errors_of_a_frame_are_reported_at_once_and_nothing_is_kept():
    with pytest.raises(RowsError) as caught:
        lots({"lot_id": "A", "shares": "-1", "basis_total_usd": "x"}, {"lot_id": "B"}, {"lot_id": "C", "acquired": "?"})
    error = caught.value
    assert [(e.facts["row"], e.facts["field"]) for e in error.errors] == [
        ("row 0", "shares"),
        ("row 0", "basis_total_usd"),
        ("row 2", "acquired"),
    ]
    assert str(error).startswith("frame of lots: 3 errors, and nothing was imported.\n- row 0, shares: ")
    assert isinstance(error, InputError)


def test_a_long_list_of_errors_is_shown_in_part_and_kept_whole():
    with pytest.raises(RowsError) as caught:
        lots(*({"lot_id": str(i), "shares": "0"} for i in range(30)))
    assert len(caught.value.errors) == 30
    assert str(caught.value).endswith("... and 10 more.")


def test_rows_are_named_by_the_label_of_the_index():
    table = frame({"shares": "0"})
    table.index = ["AAPL"]
    with pytest.raises(RowsError, match="row AAPL, shares"):
        Portfolio.from_frame(table)


def test_a_missing_column_is_named_with_those_that_are_there():
    with pytest.raises(InputError, match=r"the column acquired is missing\. Hint: It has: lot_id, security_id, shares"):
        Portfolio.from_frame(frame({}).drop(columns="acquired"))


def test_a_slip_in_a_column_name_is_pointed_out():
    with pytest.raises(InputError, match=r"Did you mean basis_total_usd by basis_total\?"):
        Portfolio.from_frame(frame({}).rename(columns={"basis_total_usd": "basis_total"}))
    with pytest.raises(
        InputError, match=r"the column accountid is not known\. Hint: Did you mean account_id by accountid\?"
    ):
        Portfolio.from_frame(frame({}).assign(accountid="x"))


def test_a_column_that_stands_twice_is_refused():
    twice = pd.concat([frame({}), frame({})[["shares"]]], axis=1)
    with pytest.raises(InputError, match="the column shares stands there more than once"):
        Portfolio.from_frame(twice)


def test_other_columns_of_an_analysts_frame_are_let_be():
    assert len(Portfolio.from_frame(frame({}).assign(momentum_score=1.5)).lots) == 1


def test_a_float_is_the_shortest_text_that_names_it():
    table = pd.DataFrame({**{k: [v] for k, v in GOOD.items()}, "basis_total_usd": [0.1], "shares": np.float32([0.3])})
    (lot,) = Portfolio.from_frame(table).lots
    assert (lot.basis_total_usd, lot.shares) == (Decimal("0.1"), Decimal("0.3"))


def test_a_float_that_is_the_rest_of_a_calculation_is_kept_with_a_warning():
    with pytest.warns(InputWarning, match="1 amounts are binary floats with more than 15 digits"):
        (lot,) = lots({"basis_total_usd": 0.1 + 0.2})
    assert lot.basis_total_usd == Decimal("0.30000000000000004")


def test_ten_decimals_of_a_share_stay_and_scientific_notation_is_a_number():
    a, b = lots({"shares": "0.1234567891"}, {"lot_id": "L2", "shares": "1e3"})
    assert (a.shares, b.shares) == (Decimal("0.1234567891"), Decimal(1000))


@pytest.mark.parametrize("written", ["VARIOUS", "various ", "Unknown"])
def test_an_unknown_date_is_a_state_and_never_a_day(written):
    (lot,) = lots({"acquired": written})
    assert (lot.state, lot.acquired, lot.held_since) == (LotState.TERM_UNKNOWN, None, None)


@pytest.mark.parametrize("blank", [None, "", float("nan"), pd.NaT, pd.NA, np.datetime64("NaT")])
def test_a_blank_date_is_a_state_and_said_aloud(blank):
    with pytest.warns(
        InputWarning, match=r"no acquisition date for X \(row 0\); term_unknown, so these lots are not sold"
    ):
        (lot,) = lots({"acquired": blank})
    assert lot.state is LotState.TERM_UNKNOWN


@pytest.mark.parametrize("blank", [None, "", float("nan"), pd.NA])
def test_a_blank_basis_is_a_state_and_never_zero(blank):
    with pytest.warns(InputWarning, match=r"no basis for X \(row 0\); basis_pending"):
        (lot,) = lots({"basis_total_usd": blank})
    assert (lot.state, lot.basis_total_usd) == (LotState.BASIS_PENDING, None)


def test_a_lot_may_lack_basis_and_date_together():
    with pytest.warns(InputWarning, match="no basis for X"):
        (lot,) = lots({"basis_total_usd": None, "acquired": "VARIOUS"})
    assert (lot.state, lot.acquired, lot.basis_total_usd) == (LotState.BASIS_PENDING, None, None)
    assert not lot.known


def test_an_unknown_that_the_frame_says_itself_needs_no_warning():
    (lot,) = lots({"basis_total_usd": None, "state": "basis_pending"})
    assert lot.state is LotState.BASIS_PENDING


def test_a_repeated_row_counts_once_and_is_reported():
    with pytest.warns(InputWarning, match=r"1 duplicate skipped: L1 \(row 1 repeats row 0\)"):
        assert len(lots({}, {"basis_total_usd": "100"})) == 1


def test_one_id_with_two_contents_is_an_error_that_shows_the_difference():
    words = refusal({}, {"basis_total_usd": "120.00", "shares": "11"})
    assert (
        "row 1, lot_id: lot L1 stands already in row 0, with other content: "
        "shares 10 against 11; basis_total_usd 100.00 against 120.00." in words
    )


def test_one_id_in_two_accounts_is_two_lots():
    assert len(lots({"account_id": "a"}, {"account_id": "b"})) == 2


def test_two_fills_that_look_alike_without_ids_stay_two_lots():
    a, b = lots({"lot_id": ""}, {"lot_id": None})
    assert (a.lot_id, b.lot_id) == ("X 2024-01-02 10 for 100 #1", "X 2024-01-02 10 for 100 #2")
    assert a.shares == b.shares == 10


def test_names_of_lots_without_ids_do_not_depend_on_the_order_or_writing_of_rows():
    rows = [
        {"lot_id": None, "shares": "10"},
        {"lot_id": None, "shares": "10.0"},
        {"lot_id": None, "shares": "1e1", "held_since": "2023-05-05"},
        {"lot_id": None, "shares": "7", "basis_total_usd": "70"},
        {"lot_id": "mine"},
    ]
    forward, backward = lots(*rows), lots(*rows[::-1])
    assert {lot.lot_id for lot in forward} == {lot.lot_id for lot in backward}
    assert set(forward) == set(backward)


def test_a_made_name_never_takes_that_of_another_lot():
    taken = "X 2024-01-02 10 for 100 #1"
    a, b = lots({"lot_id": taken, "shares": "3"}, {"lot_id": None})
    assert (a.lot_id, b.lot_id) == (taken, "X 2024-01-02 10 for 100 #2")


def test_a_date_after_the_day_of_the_table_is_an_error():
    words = refusal({"acquired": "2099-01-01"}, as_of=date(2026, 3, 31))
    assert "row 0, acquired: 2099-01-01 is after 2026-03-31, the day of this table." in words
    assert lots({"acquired": "2026-03-31"}, as_of=date(2026, 3, 31))


@pytest.mark.parametrize(
    "instant",
    [
        "2024-12-31T23:30:00-05:00",
        "2025-01-01T04:30:00+00:00",
        "2025-01-01T04:30Z",
        datetime(2025, 1, 1, 4, 30, tzinfo=UTC),
        pd.Timestamp("2024-12-31 23:30", tz="America/New_York"),
        datetime(2025, 1, 1, 13, 30, tzinfo=ZoneInfo("Asia/Tokyo")),
    ],
)
def test_the_tax_date_of_an_instant_is_the_exchanges_local_date(instant):
    (lot,) = lots({"acquired": instant})
    assert lot.acquired == date(2024, 12, 31)


@pytest.mark.parametrize(
    "day",
    [date(2024, 1, 2), datetime(2024, 1, 2), pd.Timestamp("2024-01-02"), np.datetime64("2024-01-02"), "2024-01-02"],  # noqa: DTZ001
)
def test_a_day_may_come_as_any_type_that_holds_one(day):
    (lot,) = lots({"acquired": day})
    assert lot.acquired == date(2024, 1, 2)


def test_what_is_said_of_an_account_must_agree_between_its_rows():
    words = refusal({"account_kind": "ira"}, {"lot_id": "L2", "account_kind": "roth"})
    assert "row 1, account_kind: account account is described otherwise than in row 0." in words
    portfolio = Portfolio.from_frame(frame({"account_kind": "IRA"}, {"lot_id": "L2", "account_kind": "ira"}))
    assert portfolio.accounts[0].kind is AccountKind.IRA
