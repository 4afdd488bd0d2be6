"""The published list of bad inputs, case by case with its own values: refused, kept, or said aloud as it asks."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from di_advisor.domain.lots import LotState
from di_advisor.domain.plausibility import doubtful_bases
from di_advisor.domain.portfolio import Portfolio
from di_advisor.errors import InputError, InputWarning
from di_advisor.report.csv_export import read_trades_csv, trades_csv
from di_advisor.report.output_files import write_text
from di_data.csv_files import CsvFiles
from di_data.delimited import read_text
from tests.data_adapters.files import LOTS, PRICES, write
from tests.report.test_csv_export import with_texts

DAY = date(2026, 3, 31)
CASES: dict[str, Callable] = {}


def case(name: str):
    def register(check):
        CASES[name] = check
        return check

    return register


class Files:
    """Readers of texts, in a folder of the test's own."""

    def __init__(self, folder):
        self.folder = folder

    def lots(self, *rows: dict, reader: CsvFiles | None = None) -> Portfolio:
        """Read rows like a plain one, each with some cells changed."""
        plain = {"lot_id": "L1", "security_id": "X", "shares": "10", "basis_total_usd": "100", "acquired": "2024-01-02"}
        text = pd.DataFrame([{**plain, **row} for row in rows]).to_csv(index=False)
        return (reader or CsvFiles()).portfolio(write(self.folder, text), as_of=DAY, cash_usd="0")

    def lot(self, **cells: object):
        return self.lots(cells).lots[0]

    def prices(self, price: object = "50.00", **columns: str):
        header, first, *_ = PRICES.splitlines()
        row = first.replace("50.00", "" if price is None else str(price))
        text = "\n".join([",".join([header, *columns]), ",".join([row, *columns.values()])])
        return CsvFiles().market(write(self.folder, text, "prices.csv"), as_of=DAY)


def refused(words: str, call: Callable, *arguments: object, **named: object) -> None:
    with pytest.raises(InputError) as caught:
        call(*arguments, **named)
    assert words in str(caught.value)


def noted(words: str, call: Callable, *arguments: object, **named: object) -> object:
    with pytest.warns(InputWarning) as caught:
        result = call(*arguments, **named)
    assert words in " ".join(str(w.message) for w in caught)
    return result


@case("BI-001")
def _(files, given):
    refused("line 2, basis_total_usd: 'NaN'", files.lot, shares=given["shares"], basis_total_usd=given["basis"])


@case("BI-002")
def _(files, given):
    refused("line 2, price_usd: 'inf'", files.prices, given["price"])


@case("BI-003")
def _(files, given):
    refused("a lot holds more than zero", files.lot, shares=given["shares"])


@case("BI-004")
def _(files, given):
    refused("would lose its basis", files.lot, shares=given["shares"], basis_total_usd=given["basis"])


@case("BI-005")
def _(files, given):
    refused("a basis is never below zero", files.lot, basis_total_usd=given["basis"])


@case("BI-006")
def _(files, given):
    book = files.lots({"security_id": "A", "shares": given["shares"], "basis_total_usd": given["basis"]})
    assert "0.50 a share" in " ".join(doubtful_bases(book, files.prices(given["price_on_day"])))


@case("BI-007")
def _(files, given):
    frame = pd.DataFrame({"security_id": ["X"], "shares": [1], "basis_total_usd": [given["basis"]], "acquired": [DAY]})
    basis = Portfolio.from_frame(frame).lots[0].basis_total_usd
    assert basis + Decimal("0.2") == Decimal("0.30")


@case("BI-008")
def _(files, given):
    assert files.lot(basis_total_usd=given["basis"]).basis_total_usd == Decimal("2351.96")


@case("BI-009")
def _(files, given):
    refused("state decimal_mark=','", files.lot, basis_total_usd=given["basis"])
    german = files.lots({"basis_total_usd": given["basis"]}, reader=CsvFiles(decimal_mark=","))
    assert german.lots[0].basis_total_usd == Decimal("2351.96")


@case("BI-010")
def _(files, given):
    assert str(files.lot(shares=given["shares"]).shares) == given["shares"]


@case("BI-011")
def _(files, given):
    refused("has more than 28 digits", files.lot, shares=given["shares"])


@case("BI-012")
def _(files, given):
    frame = pd.DataFrame({"security_id": ["X"], "basis_total_usd": ["1"], "acquired": [DAY], "shares": ["1e3"]})
    assert files.lot(shares=given["shares"]).shares == Portfolio.from_frame(frame).lots[0].shares == 1000


@case("BI-013")
def _(files, given):
    assert len(noted("1 duplicate skipped", files.lots, {}, {}).lots) == 1


@case("BI-014")
def _(files, given):
    refused("basis_total_usd 100 against 120", files.lots, {"basis_total_usd": "100"}, {"basis_total_usd": "120"})


@case("BI-015")
def _(files, given):
    fill = {"lot_id": "", "shares": "100", "basis_total_usd": "5000"}
    assert len({lot.lot_id for lot in files.lots(fill, fill).lots}) == 2


@case("BI-016")
def _(files, given):
    assert files.lots({}, {"lot_id": "L2"}) == files.lots({}, {"lot_id": "L2"})


@case("BI-017")
def _(files, given):
    rows = [{"lot_id": f"L{i}", "acquired": f"2024-01-0{5 - i}"} for i in range(4)]
    assert files.lots(*rows) == files.lots(*rows[::-1])


@case("BI-022")
def _(files, given):
    refused("Short positions are not tax lots", files.lot, shares=given["position"])


@case("BI-023")
def _(files, given):
    lot = files.lot(acquired=given["acquired"])
    assert (lot.state, lot.acquired) == (LotState.TERM_UNKNOWN, None)


@case("BI-024")
def _(files, given):
    lot = noted("basis_pending", files.lot, basis_total_usd=given["basis"])
    assert (lot.state, lot.basis_total_usd) == (LotState.BASIS_PENDING, None)


@case("BI-025")
def _(files, given):
    refused("is not a day of the calendar", files.lot, acquired=given["date"])


@case("BI-026")
def _(files, given):
    refused("state the date format of the file once", files.lot, acquired=given["date"])
    stated = files.lots({"acquired": given["date"]}, reader=CsvFiles(date_format="%m/%d/%Y"))
    assert stated.lots[0].acquired == date(2024, 3, 4)


@case("BI-028")
def _(files, given):
    refused("is after 2026-03-31", files.lot, acquired=given["date"])


@case("BI-029")
def _(files, given):
    assert noted("the exchange was closed", files.lot, acquired=given["date"]).acquired == date(2024, 12, 25)


@case("BI-030")
def _(files, given):
    for instant in given["ts"].split(" = "):
        assert files.lot(acquired=instant).acquired == date(2024, 12, 31)
    refused("no time zone", files.lot, acquired=given["ts"][:19])


@case("BI-032")
def _(files, given):
    text = LOTS.replace("acquired", "settlement_date")
    refused("the column acquired is missing", CsvFiles().portfolio, write(files.folder, text), as_of=DAY, cash_usd="0")


@case("BI-033")
def _(files, given):
    assert noted("no price for A", files.prices, given["price"]).price_usd == (None,)


@case("BI-034")
def _(files, given):
    refused("line 2, price_usd: 'NaN'", files.prices, given["price"])


@case("BI-035")
def _(files, given):
    refused("a price is more than zero", files.prices, given["price"])


@case("BI-036")
def _(files, given):
    refused("5 weekdays before", files.prices, as_of=str(np.busday_offset(DAY, -5)))


@case("BI-038")
def _(files, given):
    refused("It is a hundredth of its currency", files.prices, currency=given["price"])


@case("BI-039")
def _(files, given):
    moves = "".join(f"2025-01-{day:02d},0.001\n" for day in range(2, 30))
    text = f"date,A\n{moves}2025-02-03,{-0.9}\n"
    noted("Is a corporate action missing?", CsvFiles().returns, write(files.folder, text, "r.csv"), as_of=DAY)


@case("BI-062")
def _(files, given):
    half = LOTS[: len(LOTS) // 2]
    refused("nothing was imported", CsvFiles().portfolio, write(files.folder, half), as_of=DAY, cash_usd="0")


@case("BI-064")
def _(files, given):
    path = write(files.folder, b"\x80\x04\x95rest", given["file"])
    refused("a binary file that only Python could run", CsvFiles().portfolio, path, as_of=DAY, cash_usd="0")


@case("BI-066")
def _(files, given):
    for limits in (CsvFiles(max_bytes=50), CsvFiles(max_rows=1)):
        refused("on purpose", limits.portfolio, write(files.folder, LOTS), as_of=DAY, cash_usd="0")


@case("BI-067")
def _(files, given):
    assert "Söhne" in read_text(write(files.folder, PRICES.encode("utf-16")))
    refused("is not UTF-8", read_text, write(files.folder, PRICES.encode("latin-1")))


@case("BI-068")
def _(files, given):
    for old, new in (("2.5", "2\0.5"), ('0.00"', "0.00"), ("L2,", "L2,more,")):
        broken = write(files.folder, LOTS.replace(old, new))
        refused(", line ", CsvFiles().portfolio, broken, as_of=DAY, cash_usd="0")


@case("BI-069")
def _(files, given):
    refused("is not a plain file name", write_text, files.folder, given["name"], "x")


@case("BI-070")
def _(files, given):
    for text in given.values():
        written = trades_csv(with_texts(text))
        assert read_trades_csv(written)[0]["ticker"] == text
        assert not [line for line in written.split(",") if line[:1] in {"=", "@", "+", "\t"}]


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_published_bad_input_is_handled_as_the_list_asks(shared, tmp_path, name):
    listed = {each["id"]: each for each in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
    CASES[name](Files(tmp_path), listed[name]["input"])
