"""Each file is written in its own way: stated for one, or proved by the file; what could be two things is refused."""

import warnings
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import InputError, InputWarning, RowsError
from di_data.csv_files import CsvFiles
from di_data.file_styles import FileStyle, recognised_dates, recognised_delimiter, style_of
from di_data.notation import FileNotation
from tests.data_adapters.files import INDEX, LOTS, PRICES, write

DAY = date(2026, 3, 31)
AMERICAN = LOTS.replace("2024-01-02", "1/31/2024").replace("2023-05-03", "5/3/2023").replace("2024-06-03", "2024-06-03")


def lots(tmp_path, text: str, **settings: object):
    return CsvFiles(**settings).portfolio(write(tmp_path, text), as_of=DAY, cash_usd="0")


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_a_delimiter_is_read_off_the_header(tmp_path, sign):
    assert CsvFiles().target(write(tmp_path, INDEX.replace(",", sign), "index.csv"), as_of=DAY).weights_on(DAY) == {
        "A": 0.5,
        "B": 0.3,
        "C": 0.2,
    }


def test_files_read_together_need_not_be_separated_alike(tmp_path):
    reader = CsvFiles()
    market = reader.market(write(tmp_path, PRICES, "prices.csv"), as_of=DAY)
    target = reader.target(write(tmp_path, INDEX.replace(",", ";"), "index.csv"), as_of=DAY)
    assert set(target.weights_on(DAY)) == set(market.universe.security_ids)


def test_documented_headers_decide_between_two_delimiters_and_a_header_of_strangers_is_refused():
    assert recognised_delimiter("shares;basis, adjusted;weight\n", "f.csv", {"shares", "weight"}) == ";"
    assert recognised_delimiter("one\n1;2\n", "f.csv") == ","
    with pytest.raises(InputError, match=r"f\.csv: the header could be separated by ',' or ';'\. Hint: State"):
        recognised_delimiter("a,b;c\n", "f.csv")


def test_a_day_above_twelve_proves_the_order_of_its_file_which_is_said_and_iso_dates_stand_beside(tmp_path):
    with pytest.warns(InputWarning, match=r"lots\.csv: dates are read as month, day, year, because line 2 has 1/31/2"):
        read = lots(tmp_path, AMERICAN)
    assert {lot.lot_id: lot.acquired for lot in read.lots} == {
        "L1": date(2024, 1, 31),
        "L2": date(2023, 5, 3),
        "L3": date(2024, 6, 3),
    }


def test_each_file_proves_its_own_order(tmp_path):
    fills = "security_id,side,shares,traded\nA,buy,1,31.3.2026\nB,buy,1,2.4.2026\n"
    with pytest.warns(InputWarning, match=r"fills\.csv: dates are read as day, month, year"):
        (read,) = CsvFiles().fills(write(tmp_path, fills, "fills.csv")).values()
    assert [f.on for f in read] == [date(2026, 3, 31), date(2026, 4, 2)]
    with pytest.warns(InputWarning, match="month, day, year"):
        assert lots(tmp_path, AMERICAN).lots


def test_a_date_that_could_be_two_days_is_refused_with_both(tmp_path):
    with pytest.raises(RowsError, match=r"line 2, acquired: '3/4/2024' is not a date .* March or April, and no other"):
        lots(tmp_path, LOTS.replace("2024-01-02", "3/4/2024"))


def test_a_day_that_is_the_same_in_both_orders_is_read(tmp_path):
    read = lots(tmp_path, LOTS.replace("2024-01-02", "5/5/2023"))
    assert {lot.acquired for lot in read.lots if lot.lot_id == "L1"} == {date(2023, 5, 5)}


def test_both_orders_in_one_file_are_refused_with_both_lines(tmp_path):
    with pytest.raises(InputError, match=r"line 2 has 1/31/2024 and line 3 has 31/1/2024: day and month stand in both"):
        lots(tmp_path, LOTS.replace("2024-01-02", "1/31/2024").replace("2023-05-03", "31/1/2024"))


def test_a_file_may_be_stated_alone_by_its_role(tmp_path):
    ambiguous = LOTS.replace("2024-01-02", "3/4/2024")
    stated = {"lots": {"date_format": "%d/%m/%Y"}}
    text = ambiguous.replace("2023-05-03", "03/05/2023").replace("2024-06-03", "03/06/2024")
    read = lots(tmp_path, text, date_format="%m/%d/%Y", files=stated)
    assert {lot.acquired for lot in read.lots if lot.lot_id == "L1"} == {date(2024, 4, 3)}


def test_a_file_or_a_setting_that_is_not_known_is_refused():
    with pytest.raises(InputError, match=r"'lotz' is no file that is read. Hint: There are: lots, fills, prices"):
        CsvFiles(files={"lotz": {}})
    with pytest.raises(InputError, match="'mark' is no setting of the file lots"):
        style_of(FileStyle(), {"lots": {"mark": ","}}, "lots")


def test_between_semicolons_one_comma_could_be_two_amounts_until_its_meaning_is_stated(tmp_path):
    text = 'security_id;shares;basis_total_usd;acquired\nA;12,345;"1,000.50";2024-01-02\n'
    with pytest.raises(RowsError, match=r"shares: '12,345' is not an amount: between semicolons it could be 12345 or"):
        lots(tmp_path, text)
    assert lots(tmp_path, text, decimal_mark=".").lots[0].shares == 12345
    european = {"lots": {"decimal_mark": ","}}
    (lot,) = lots(tmp_path, text.replace("1,000.50", "1.000,50"), files=european).lots
    assert (lot.shares, lot.basis_total_usd) == (Decimal("12.345"), Decimal("1000.50"))


def test_a_half_with_a_decimal_comma_is_never_five_hundred(tmp_path):
    with pytest.raises(RowsError, match="weight: '0,500' is not an amount"):
        CsvFiles().target(write(tmp_path, 'security_id,weight\nA,"0,500"\nB,0.5\n', "index.csv"), as_of=DAY)


def test_returns_have_their_own_style(tmp_path):
    text = "date;A;BRK.B\n13.03.2026;0,01;-0,02\n16.03.2026;;0,005\n"
    stated = {"returns": {"decimal_mark": ","}}
    with pytest.warns(InputWarning, match="day, month, year"):
        history = CsvFiles(files=stated).returns(write(tmp_path, text, "returns.csv"), as_of=DAY)
    assert history.security_ids == ("A", "BRK.B")
    assert history.total_return[0].tolist() == [0.01, -0.02]
    with (
        pytest.warns(InputWarning, match="day, month, year"),
        pytest.raises(RowsError, match=r"State a decimal comma for the file \(--decimal-mark returns=,\)"),
    ):
        CsvFiles().returns(write(tmp_path, text, "returns.csv"), as_of=DAY)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 1, 1)), st.sampled_from(["%m/%d/%Y", "%d.%m.%Y"]))
def test_a_date_is_read_as_it_was_written_or_not_at_all(day, written):
    cells = [("line 2", day.strftime(written))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        notation = recognised_dates(FileNotation(), cells, "f.csv")
    if day.day > 12 or day.day == day.month:
        assert notation.day(cells[0][1]) == day
    else:
        with pytest.raises(InputError, match="could be"):
            notation.day(cells[0][1])
