"""Lots, prices and weights from files: what is read, what is refused, and that order has no meaning."""

import contextlib
import random
import warnings
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.lots import LotState
from di_advisor.domain.portfolio import Fill, Side
from di_advisor.errors import InputError, InputWarning, RowsError
from di_advisor.ports import FillsReader, PortfolioReader, ReturnsReader
from di_data.csv_files import CsvFiles
from di_data.trading_days import closed_days
from tests.data_adapters.files import INDEX, LOTS, PRICES, write
from tests.domain.strategies import portfolios

DAY = date(2026, 3, 31)


@pytest.fixture
def read(tmp_path):
    def portfolio(text: str, reader: CsvFiles | None = None, cash_usd: str = "0"):
        return (reader or CsvFiles()).portfolio(write(tmp_path, text), as_of=DAY, cash_usd=cash_usd)

    return portfolio


def lots_refusal(read, text: str) -> str:
    with pytest.raises(InputError) as caught:
        read(text)
    return str(caught.value)


def test_the_reader_keeps_its_ports():
    assert isinstance(CsvFiles(), PortfolioReader)
    assert isinstance(CsvFiles(), FillsReader)
    assert isinstance(CsvFiles(), ReturnsReader)


def test_lots_are_read_exactly_and_sorted_by_trade_date(read):
    account = read(LOTS, cash_usd="12.34").accounts[0]
    assert [(lot.lot_id, lot.shares, lot.basis_total_usd) for lot in account.lots] == [
        ("L2", Decimal("2.5"), Decimal("100.25")),
        ("L1", Decimal(100), Decimal("5000.00")),
        ("L3", Fraction(1, 3), Decimal(20)),
    ]
    assert account.cash_usd(DAY) == Decimal("12.34")


def test_a_file_with_its_rows_in_another_order_is_the_same_account(read):
    header, *rows = LOTS.splitlines()
    random.Random(5).shuffle(rows)  # noqa: S311 - an order, not a secret
    assert read("\n".join([header, *rows])) == read(LOTS)
    assert read(LOTS) == read(LOTS)


@settings(max_examples=20)
@given(portfolio=portfolios())
def test_what_a_frame_writes_the_reader_reads(tmp_path_factory, portfolio):
    plain = {lot for lot in portfolio.lots if (lot.lot_id + lot.security_id + lot.account_id).isalnum()}
    frame = portfolio.to_frame()
    text = frame[[lot in plain for lot in portfolio.lots]].to_csv(index=False)
    path = write(tmp_path_factory.mktemp("round"), text)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*the exchange was closed", category=InputWarning)
        back = CsvFiles().portfolio(path, as_of=date(2031, 1, 1), cash_usd="0")
    assert set(back.lots) == plain


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("100,", "-100,", "line 2, shares: -100 shares; a lot holds more than zero."),
        ("2.5", "NaN", "line 3, shares: 'NaN' is not an amount."),
        ("100.25", "inf", "line 3, basis_total_usd: 'inf' is not an amount."),
        ('"$5,000.00"', '"5.000,00"', "line 2, basis_total_usd: '5.000,00' is not an amount. Hint: The decimal mark"),
        ("100.25", "€100.25", "line 3, basis_total_usd: '€100.25' is in €, and amounts are in USD."),
        ("2023-05-03", "2023-02-29", "line 3, acquired: '2023-02-29' is not a day of the calendar."),
        ("2023-05-03", "05/03/2023", "line 3, acquired: '05/03/2023' is not a date in the form YYYY-MM-DD."),
        ("2023-05-03", "2099-01-01", "line 3, acquired: 2099-01-01 is after 2026-03-31, the day of this table."),
        ("2023-05-03", "1023-05-03", "line 3, acquired: 1023-05-03 is no trade date. Hint: Check the year."),
        ("L2,", "L1,", "line 3, lot_id: lot L1 stands already in line 2, with other content: security_id A against B"),
        ("acquired", "settled", "lots.csv: the column acquired is missing. Hint: It has: lot_id, security_id,"),
        ("L2,B", "L2,B,extra", "lots.csv, line 3: 6 cells, more than the 5 of the header; nothing was imported."),
    ],
)
def test_a_wrong_file_of_lots_is_refused_with_file_line_and_field(read, old, new, words):
    said = lots_refusal(read, LOTS.replace(old, new, 1))
    assert words in said
    assert "lots.csv" in said


def test_all_wrong_rows_of_a_file_are_reported_together(read):
    text = LOTS.replace("100,", "0,", 1).replace("2023-05-03", "soon").replace("1/3", "one")
    with pytest.raises(RowsError) as caught:
        read(text)
    assert [(e.facts["source"], e.facts["row"], e.facts["field"]) for e in caught.value.errors] == [
        ("lots.csv", "line 2", "shares"),
        ("lots.csv", "line 3", "acquired"),
        ("lots.csv", "line 4", "shares"),
    ]
    assert str(caught.value).startswith("lots.csv: 3 errors, and nothing was imported.\n- line 2, shares: ")


def test_unknowns_are_states_and_said_aloud(read):
    with pytest.warns(InputWarning, match=r"lots\.csv: no basis for A \(line 2\); basis_pending"):
        portfolio = read(LOTS.replace('"$5,000.00"', "").replace("2023-05-03", "VARIOUS"))
    assert {lot.lot_id: lot.state for lot in portfolio.lots} == {
        "L1": LotState.BASIS_PENDING,
        "L2": LotState.TERM_UNKNOWN,
        "L3": LotState.KNOWN,
    }


def test_a_row_that_is_repeated_counts_once(read):
    with pytest.warns(InputWarning, match=r"lots\.csv: 1 duplicate skipped: L3 \(line 5 repeats line 4\)"):
        assert read(LOTS + LOTS.splitlines()[-1]) == read(LOTS)


def test_columns_that_are_not_documented_are_named_when_they_are_ignored(read):
    text = "\n".join(f"{line},{'broker' if i == 0 else 'x'}" for i, line in enumerate(LOTS.splitlines()))
    with pytest.warns(InputWarning, match=r"lots\.csv: columns broker are not documented, and are ignored"):
        assert read(text) == read(LOTS)


def test_a_trade_date_on_which_the_exchange_was_closed_is_pointed_out_and_kept(read):
    with pytest.warns(InputWarning, match=r"the exchange was closed on 2024-12-25 \(line 3\); the dates are kept"):
        portfolio = read(LOTS.replace("2023-05-03", "2024-12-25"))
    assert date(2024, 12, 25) in {lot.acquired for lot in portfolio.lots}


def test_weekends_and_holidays_are_closed_and_old_saturdays_are_let_pass():
    days = [date(1951, 6, 2), date(2001, 9, 11), date(2024, 7, 4), date(2024, 7, 5), date(2024, 7, 6)]
    assert closed_days(days) == [date(2001, 9, 11), date(2024, 7, 4), date(2024, 7, 6)]
    assert closed_days([]) == []


def test_what_a_file_writes_in_its_own_way_is_stated_once(read):
    text = (
        LOTS.replace(",", ";")
        .replace('"$5;000.00"', "5.000,00")
        .replace("2.5", "2,5")
        .replace("100.25", "100,25")
        .replace("2024-01-02", "02.01.2024")
        .replace("2023-05-03", "03.05.2023")
        .replace("2024-06-03", "03.06.2024")
    )
    german = CsvFiles(delimiter=";", decimal_mark=",", date_format="%d.%m.%Y")
    assert read(text, german) == read(LOTS)


def test_a_file_with_a_header_only_is_an_account_of_cash(read):
    portfolio = read(LOTS.splitlines()[0], cash_usd="1000")
    assert portfolio.lots == ()
    assert portfolio.accounts[0].cash_usd(DAY) == 1000


def test_a_market_is_read_with_names_exactly_as_they_are(tmp_path):
    market = CsvFiles().market(write(tmp_path, PRICES, "prices.csv"), as_of=DAY)
    assert market.as_of == DAY
    assert market.price_usd == (Decimal("50.00"), Decimal("40.10"), Decimal(20))
    np.testing.assert_array_equal(market.adv_usd, [1e7, 5e6, 1e6])
    assert market.universe.securities[2].name == " Ünïcode & Söhne "
    assert market.universe.sectors == ("Energy", "Utilities")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "40.10",
            "NaN",
            "prices.csv: 1 error, and nothing was imported.\n- line 3, price_usd: 'NaN' is not an amount.",
        ),
        ("40.10", "0", "line 3, price_usd: the price is 0 USD, and a price is more than zero."),
        ("5e6", "", "line 3, adv_usd: it is empty."),
        ("0.25", "-0.25", "line 3, volatility_per_year: it is -0.25, below zero."),
        ("B,BBB", "A,BBB", "line 3, security_id: A stands already in line 2."),
        ("sector", "industry", "prices.csv: the column sector is missing."),
        ("half_spread_bps", "half_spread", "Did you mean half_spread_bps by half_spread?"),
    ],
)
def test_a_wrong_file_of_prices_is_refused_with_file_line_and_field(tmp_path, old, new, words):
    with pytest.raises(InputError) as caught:
        CsvFiles().market(write(tmp_path, PRICES.replace(old, new, 1), "prices.csv"), as_of=DAY)
    assert words in str(caught.value)


def test_a_blank_price_is_unpriced(tmp_path):
    with pytest.warns(InputWarning, match=r"prices\.csv: no price for B; these positions are left alone"):
        market = CsvFiles().market(write(tmp_path, PRICES.replace("40.10", ""), "prices.csv"), as_of=DAY)
    assert market.price_usd[1] is None


def dated(day: str, column: str = "as_of") -> str:
    header, *rows = PRICES.splitlines()
    return "\n".join([f"{header},{column}", *(f"{row},{day}" for row in rows)])


def test_a_price_in_another_currency_is_refused(tmp_path):
    with pytest.raises(RowsError, match=r"line 2, currency: the currency is GBp, .* It is a hundredth"):
        CsvFiles().market(write(tmp_path, dated("GBp", "currency"), "prices.csv"), as_of=DAY)


def test_a_price_that_is_too_old_is_refused_with_its_age(tmp_path):
    path = write(tmp_path, dated("2026-03-24"), "prices.csv")
    with pytest.raises(
        RowsError, match=r"line 2, as_of: the price is of 2026-03-24, 5 weekdays before 2026-03-31; the limit is 3"
    ):
        CsvFiles().market(path, as_of=DAY)
    assert CsvFiles(price_age_max_days=5).market(path, as_of=DAY).as_of == DAY


def test_a_price_from_the_future_is_refused(tmp_path):
    with pytest.raises(RowsError, match="the price is of 2026-04-01, after 2026-03-31"):
        CsvFiles().market(write(tmp_path, dated("2026-04-01"), "prices.csv"), as_of=DAY)


def test_characteristics_are_read_and_not_called_unknown(tmp_path):
    market = CsvFiles().market(write(tmp_path, dated("1.5", "characteristic_value"), "prices.csv"), as_of=DAY)
    np.testing.assert_array_equal(market.characteristics["value"], [1.5] * 3)


def test_weights_are_read_and_hold_from_the_day_on(tmp_path):
    target = CsvFiles().target(write(tmp_path, INDEX, "my_index.csv"), as_of=DAY)
    assert target.weights_on(DAY) == {"A": 0.5, "B": 0.3, "C": 0.2}
    assert target.components[0].index == "my_index"


def test_weights_that_do_not_sum_to_one_are_rescaled_only_on_purpose(tmp_path):
    path = write(tmp_path, INDEX.replace("0.2", "0.1"), "index.csv")
    with pytest.raises(
        RowsError, match=r"index\.csv: .*\n- weight: the weights of index effective 2026-03-31 sum to 0\.9"
    ):
        CsvFiles().target(path, as_of=DAY)
    weights = CsvFiles(rescaled_index=True).target(path, as_of=DAY).weights_on(DAY)
    assert weights == pytest.approx({"A": 5 / 9, "B": 3 / 9, "C": 1 / 9})


def test_weights_may_change_on_announced_days(tmp_path):
    text = "security_id,weight,effective\nA,1,2026-01-02\nB,1,2026-04-01\n"
    target = CsvFiles().target(write(tmp_path, text, "index.csv"), as_of=DAY)
    assert target.weights_on(DAY) == {"A": 1.0}
    assert target.weights_on(date(2026, 4, 1)) == {"B": 1.0}


FILLS = """\
security_id,side,shares,traded,gain_usd,lot_id,account_id
A,Sell,10,2026-03-20,"-1,200.50",,ann
B,buy,1/3,2026-04-02,,L9,
A,sell,1,2026-03-21,,,ann
"""


def test_fills_are_read_by_account(tmp_path):
    fills = CsvFiles().fills(write(tmp_path, FILLS, "fills.csv"))
    assert fills == {
        "ann": (
            Fill("A", Side.SELL, Decimal(10), date(2026, 3, 20), Decimal("-1200.50")),
            Fill("A", Side.SELL, Decimal(1), date(2026, 3, 21)),
        ),
        "": (Fill("B", Side.BUY, Fraction(1, 3), date(2026, 4, 2), None, "L9"),),
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Sell", "short", "fills.csv: 1 error, and nothing was imported.\n- line 2, side: 'short' is not a side."),
        ("10,", "-10,", "line 2, shares: -10 shares; a fill has more than zero. Hint: The side says buy or sell."),
        ("2026-03-20", "", "line 2, traded: it is empty."),
        ("B,", ",", "line 3, security_id: it is empty."),
        ("2026-04-02,", "2026-04-02,5", "line 3, gain_usd: a purchase has no gain."),
        ('"-1,200.50"', "loss", "line 2, gain_usd: 'loss' is not an amount."),
        ("traded", "settled", "fills.csv: the column traded is missing."),
    ],
)
def test_a_wrong_file_of_fills_is_refused_with_file_line_and_field(tmp_path, old, new, words):
    with pytest.raises(InputError) as caught:
        CsvFiles().fills(write(tmp_path, FILLS.replace(old, new, 1), "fills.csv"))
    assert words in str(caught.value)


@settings(max_examples=60)
@given(st.text(alphabet='",\n\r;|AB10.-$() \t', max_size=80))
def test_any_text_is_a_portfolio_or_a_typed_error(tmp_path_factory, text):
    path = write(tmp_path_factory.getbasetemp(), f"security_id,shares,basis_total_usd,acquired\n{text}", "fuzz.csv")
    with contextlib.suppress(InputError, InputWarning):
        assert CsvFiles().portfolio(path, as_of=DAY, cash_usd="0").accounts
