"""The files of a run: all of them, or none."""

import pandas as pd
import pytest

from di_advisor.cli import main
from di_advisor.cli.outputs import write_all, write_parquet
from di_advisor.errors import InputError
from tests.cli.world import propose, write_world

NEW = {"report.html": "new page", "trades.csv": "new trades"}


def test_all_files_are_written_and_nothing_else_is_left(tmp_path):
    folder = tmp_path / "a" / "b"
    assert write_all(folder, NEW) == [folder / name for name in NEW]
    assert write_all(folder, NEW) == [folder / name for name in NEW]
    assert {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir()} == NEW


def test_when_the_second_file_cannot_be_written_the_first_is_not_either(tmp_path):
    (tmp_path / "trades.csv").mkdir()
    with pytest.raises(InputError, match=r"trades.csv cannot be written in .* no file was changed"):
        write_all(tmp_path, NEW)
    assert [p.name for p in tmp_path.iterdir()] == ["trades.csv"]


def test_when_the_second_file_cannot_be_written_the_first_is_the_old_one(tmp_path):
    (tmp_path / "report.html").write_text("old page", encoding="utf-8")
    (tmp_path / "trades.csv").mkdir()
    with pytest.raises(InputError):
        write_all(tmp_path, NEW)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "old page"
    assert {p.name for p in tmp_path.iterdir()} == set(NEW)


def test_a_run_that_cannot_write_shows_no_trades(tmp_path, capsys):
    (tmp_path / "out" / "trades.csv").mkdir(parents=True)
    assert main(propose(write_world(tmp_path), tmp_path / "out")) == 2
    said = capsys.readouterr()
    assert "trades.csv cannot be written" in said.err
    assert "Sell" not in said.out
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "orders.parquet"
    path.write_bytes(b"of yesterday")

    def cut_off(_, made, **__):
        made.write_bytes(b"PAR1 half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", cut_off)
    with pytest.raises(InputError, match=r"orders\.parquet cannot be written: No space left on device"):
        write_parquet(path, pd.DataFrame({"a": [1]}))
    assert path.read_bytes() == b"of yesterday"
    assert [p.name for p in tmp_path.iterdir()] == ["orders.parquet"]
