"""Histories of returns from files: wide, long, CSV, Parquet; blanks are days without trading."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from di_advisor.errors import InputError, InputWarning, RowsError
from di_data.csv_files import CsvFiles
from tests.data_adapters.files import write

DAY = date(2026, 3, 31)
WIDE = "date,A,b\n2026-03-30,0.01,\n2026-03-27,-0.02,0.005\n2026-04-01,0.5,0.5\n"
LONG = "security_id,date,total_return\nA,2026-03-27,-0.02\nb,2026-03-27,0.005\nA,2026-03-30,0.01\nb,2026-03-30,\n"
# Half of all moves are small, so that the few large ones in tests are outliers.
CALM = "".join(f"2025-01-{day:02d},0.001,0.001\n" for day in range(2, 30))


def returns(path):
    return CsvFiles().returns(path, as_of=DAY)


def check(history):
    np.testing.assert_array_equal(history.dates, np.array(["2026-03-27", "2026-03-30"], dtype="datetime64[D]"))
    assert history.security_ids == ("A", "b")
    np.testing.assert_array_equal(history.total_return, [[-0.02, 0.005], [0.01, 0.0]])
    np.testing.assert_array_equal(history.observed, [[True, True], [True, False]])


@pytest.mark.parametrize("text", [WIDE, LONG])
def test_both_forms_of_a_csv_are_one_history_sorted_and_cut_at_the_day(tmp_path, text):
    check(returns(write(tmp_path, text, "returns.csv")))


def test_both_forms_of_a_parquet_file_are_one_history(tmp_path):
    days = pd.to_datetime(["2026-03-30", "2026-03-27"])
    wide = pd.DataFrame({"date": days, "A": [0.01, -0.02], "b": [None, 0.005]})
    wide.to_parquet(tmp_path / "wide.parquet")
    check(returns(tmp_path / "wide.parquet"))
    wide.set_index("date").to_parquet(tmp_path / "indexed.parquet")
    check(returns(tmp_path / "indexed.parquet"))
    long = wide.melt(id_vars="date", var_name="security_id", value_name="total_return")
    long.to_parquet(tmp_path / "long.parquet")
    check(returns(tmp_path / "long.parquet"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WIDE.replace("0.005", "NaN"), "line 3, b: 'NaN' is not a finite number."),
        (WIDE.replace("0.005", "inf"), "line 3, b: 'inf' is not a finite number."),
        (WIDE.replace("0.005", "0.5 %"), "line 3, b: '0.5 %' is not a finite number."),
        (WIDE.replace("2026-03-27", "27.13.2026"), "line 3, date: '27.13.2026' is not a date"),
        (WIDE.replace("2026-03-27", "2026-03-30"), "date: 2026-03-30 stands there more than once."),
        (WIDE.replace("A,b", "A,A"), "A: the column stands there more than once."),
        (WIDE.replace("date", "day"), "returns.csv: the column date is missing. Hint: It has: day, A, b"),
        (WIDE.replace("0.01", "1.2").replace("-0.02", "-1.1"), "half of all returns are beyond 0.5."),
        ("date,A,b\n" + CALM + "2026-01-02,-1,0\n", "A: the return on 2026-01-02 is -1, a loss of everything."),
        (LONG + "A,2026-03-30,0.2\n", "line 6, security_id: A has a return on 2026-03-30 already, in line 4."),
        (LONG.replace("0.005", "x"), "line 3, total_return: 'x' is not a finite number."),
        ("date,A\n2027-01-04,0.1\n", "returns.csv has no returns up to 2026-03-31."),
        (WIDE + "2026-03-26,1\n", "returns.csv, line 5: 2 cells, fewer than the 3 of the header"),
    ],
)
def test_a_wrong_history_is_refused_with_line_and_column(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        returns(write(tmp_path, text, "returns.csv"))
    assert words in str(caught.value)


def test_a_move_of_ninety_percent_is_pointed_out(tmp_path):
    path = write(tmp_path, "date,A,b\n" + CALM + "2026-01-02,-0.93,0\n", "returns.csv")
    with pytest.warns(InputWarning, match=r"moves of 0\.9 or more in a day: A on 2026-01-02 \(-0\.93\)"):
        returns(path)


def test_an_infinite_return_in_a_parquet_file_is_refused(tmp_path):
    pd.DataFrame({"date": [DAY], "A": [np.inf]}).to_parquet(tmp_path / "r.parquet")
    with pytest.raises(RowsError, match="row 0, A: the return is infinite"):
        returns(tmp_path / "r.parquet")


def test_a_parquet_file_of_texts_or_without_dates_is_refused(tmp_path):
    pd.DataFrame({"date": [DAY], "A": ["x"]}).to_parquet(tmp_path / "r.parquet")
    with pytest.raises(InputError, match="a return is not a number"):
        returns(tmp_path / "r.parquet")
    pd.DataFrame({"A": [0.1]}).to_parquet(tmp_path / "r.parquet")
    with pytest.raises(InputError, match="the column date is missing"):
        returns(tmp_path / "r.parquet")


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    with pytest.raises(InputError, match=r"r\.parquet cannot be read as Parquet"):
        returns(write(tmp_path, "date,A\n", "r.parquet"))
