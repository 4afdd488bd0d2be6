"""The grid's side in Python: what it sends to the page, and what stays chosen."""

import pytest

from di_advisor.errors import InputError
from di_advisor.report.tables import Align, Bars, Column, Reason, SecurityName, Table
from di_advisor.ui.grid import Grid

COLUMNS = (
    Column("Name"),
    Column("Value", "$", Align.RIGHT),
    Column("", "", Align.BARS),
    Column("Why", align=Align.BELOW),
)
EVIL = '<img src=x onerror="alert(1)">'


def table(*tickers: str) -> Table:
    rows = tuple((SecurityName(t, "Inc"), "-1,000.50", Bars((1.0,), "one"), Reason("because", "", {})) for t in tickers)
    return Table("Trades", COLUMNS, rows, (("Together", "0", "", ""),))


def test_a_table_is_sent_without_bars_and_totals_and_with_true_minus_signs() -> None:
    grid = Grid("Trades")
    grid.fill(table("A"), ["a"])
    assert [c["label"] for c in grid.columns] == ["Name", "Value, $", "Why"]
    assert grid.rows == [["A", "−1,000.50", "because"]]


def test_text_stays_text_and_the_page_never_writes_markup() -> None:
    grid = Grid("Trades")
    grid.fill(table(EVIL, "=HYPERLINK(1)"), ["a", "b"])
    assert grid.rows[0][0] == EVIL
    assert "innerHTML" not in grid._esm
    assert "textContent = cells" in grid._esm


def test_what_was_chosen_and_is_still_there_stays_chosen() -> None:
    grid, told = Grid("Trades"), []
    grid.fill(table("A", "B"), ["a", "b"])
    grid.on_choice(told.append)
    grid.selected = ["a", "b"]
    grid.fill(table("B", "C"), ["b", "c"])
    assert grid.selected == ["b"]
    assert told == [("a", "b"), ("b",)]


def test_the_same_rows_again_are_not_sent_again() -> None:
    grid = Grid("Trades")
    grid.fill(table("A"), ["a"])
    grid.fill(table("A"), ["a"])
    assert grid.filled == 1


def test_rows_need_an_id_each() -> None:
    with pytest.raises(InputError, match="2 rows came with 1 different ids"):
        Grid("Trades").fill(table("A", "B"), ["a", "a"])


def test_the_script_stays_small_enough_for_a_saved_notebook() -> None:
    assert len(Grid._esm) + len(Grid._css) < 15_000
