"""``di-advisor costs check`` from a terminal: every loss told, nothing of a wrong file used."""

import pandas as pd
import pytest

from di_advisor.cli import main
from di_advisor.domain.order_columns import DAILY_CONDITION_COLUMNS, ORDER_COLUMNS, ORDER_FILL_COLUMNS
from di_advisor.domain.trade_history import TradeHistory
from tests.data_adapters.trade_history.order_files import DAILY, FILLS, ORDERS, QUOTES, write


@pytest.fixture
def files(tmp_path):
    names = {"orders": ORDERS, "fills": FILLS, "daily": DAILY, "quotes": QUOTES}
    return {name: str(write(tmp_path, text, f"{name}.csv")) for name, text in names.items()}


def check(files, *more):
    beside = [word for name in ("fills", "daily", "quotes") for word in (f"--{name}", files[name])]
    return main(["costs", "check", files["orders"], *beside, *more])


def test_a_right_file_is_told_with_its_shortfall_and_written_as_a_table(files, tmp_path, capsys):
    out = tmp_path / "history.parquet"
    assert check(files, "--out", str(out)) == 0
    shown = capsys.readouterr().out
    assert "orders.csv: 2 of 2 orders kept" in shown
    assert "None of 2 orders overlaps another of its account and name." in shown
    assert "2 orders cost" in shown
    frame = pd.read_parquet(out)
    again = TradeHistory.from_columns({str(c): frame[c].to_numpy() for c in frame.columns})
    assert again.order_id.tolist() == ["O1", "O2"]


def test_what_is_dropped_is_shown_with_an_example(files, tmp_path, capsys):
    write(tmp_path, FILLS.replace("10:01:00", "09:59:00"), "fills.csv")
    assert check(files) == 0
    shown = capsys.readouterr().out
    assert "1 of 2 orders kept" in shown
    assert "1  order dropped: fill outside arrival to end" in shown
    assert "O1: fill at 2024-03-05T14:59:00" in shown


def test_a_wrong_file_is_refused_with_its_line(files, tmp_path, capsys):
    write(tmp_path, ORDERS.replace("sell", "swap"), "orders.csv")
    assert check(files) == 2
    assert "line 3, side: 'swap' is neither a purchase nor a sale" in capsys.readouterr().err


def test_a_reader_that_takes_no_mapping_says_so(files, capsys):
    assert main(["costs", "check", files["orders"], "--reader", "ibkr_flex", "--mapping", "m.toml"]) == 2
    assert "The reader ibkr_flex takes no mapping" in capsys.readouterr().err


def test_every_column_is_documented_in_the_help_and_in_the_list(capsys):
    assert main(["costs", "check", "--help"]) == 0
    shown = capsys.readouterr().out
    assert main(["columns"]) == 0
    listed = capsys.readouterr().out
    for column in (*ORDER_COLUMNS, *ORDER_FILL_COLUMNS, *DAILY_CONDITION_COLUMNS):
        line = f"{'*' if column.required else ' '} {column.name} "
        assert line in shown
        assert line in listed
