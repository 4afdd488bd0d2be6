"""Trades as CSV: no cell is a formula, every value comes back, and files stay whole and in their folder."""

import csv
import io
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_advisor.report.csv_export import TRADE_COLUMNS, read_trades_csv, text_cell, trades_csv
from di_advisor.report.output_files import inside, write_text
from tests.report.fakes import TERMS, proposal

DANGEROUS = ('=HYPERLINK("http://x","y")', "@SUM(1+1)*cmd", "+1", "-2+3", "\t=1", "\r=1", "'=1", "''+x", "=1+1\n=2")


def with_texts(text: str):
    plain = proposal(3, 2, nasty=())
    trade = replace(
        plain.trade_list[0], ticker=text, name=text, security_id=text, lot_id=text, sector=text, sentence=text
    )
    return replace(plain, account_id=text, trade_list=(trade,))


def raw(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_of_a_file_is_a_formula_and_every_text_comes_back(text):
    written = trades_csv(with_texts(text))
    header, row = raw(written)
    numbers = {i for i, name in enumerate(header) if name.endswith("_usd") or name == "shares"}
    assert not [c for i, c in enumerate(row) if i not in numbers and c[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}]
    (back,) = read_trades_csv(written)
    assert {back[c] for c in ("account_id", "security_id", "ticker", "name", "sector", "lot_id", "why")} == {text}


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("'=+-@\t\r\n\",")), max_size=12))
def test_any_text_comes_back_as_it_was(text):
    (back,) = read_trades_csv(trades_csv(with_texts(text)))
    assert back["name"] == text
    assert text_cell(text)[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}


def test_numbers_stay_numbers_negative_ones_too():
    written = trades_csv(proposal(20, 5, nasty=()))
    losses = [row["gain_usd"] for row in read_trades_csv(written) if row["gain_usd"].startswith("-")]
    assert losses
    assert all(Decimal(cell) < 0 for cell in losses)
    assert f",{losses[0]}," in written


def test_every_figure_of_a_trade_is_in_its_row_exactly():
    made = proposal(6, 4)
    rows = read_trades_csv(trades_csv(made))
    assert len(rows) == 10
    for row, trade in zip(rows, made.trade_list, strict=True):
        assert Decimal(row["shares"]) == trade.shares
        assert Decimal(row["value_usd"]) == trade.value_usd
        assert row["lot_id"] == trade.lot_id
        assert (row["gain_usd"] == "") == (trade.gain_usd is None)
        assert row["term"] == {None: "", True: "long", False: "short"}[trade.long_term]
        parts = [Decimal(row[f"{term.replace(' ', '_')}_usd"]) for term in TERMS]
        assert Decimal(row["benefit_usd"]) == -sum(parts) == trade.benefit_usd


def test_the_columns_are_the_documented_ones():
    header = raw(trades_csv(proposal(1, 1)))[0]
    fixed = [c for c in TRADE_COLUMNS if not c.startswith("<")]
    assert [c for c in header if c in fixed] == fixed
    assert set(header) - set(fixed) == {f"{term.replace(' ', '_')}_usd" for term in TERMS}


def test_a_proposal_without_trades_is_a_header_alone():
    assert len(raw(trades_csv(proposal(0, 0, nasty=())))) == 1


def test_a_file_that_is_not_one_of_trades_is_refused():
    with pytest.raises(InputError, match=r"The file of trades lacks the columns account_id, as_of, side"):
        read_trades_csv("a,b\n1,2\n")


@pytest.mark.parametrize(
    "name",
    [
        *["../../etc/x.csv", "..", ".", "", "a/b.csv", "a\\b.csv", "/etc/passwd", "C:x.csv", "x\0.csv", "x\n.csv"],
        *["NUL", "con.csv", "\u202ecsv.x"],
    ],
)
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="is not a plain file name"):
        inside(tmp_path, name)
    with pytest.raises(InputError, match="is not a plain file name"):
        write_text(tmp_path, name, "x")
    assert list(tmp_path.iterdir()) == []


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text("precious", encoding="utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    try:
        (folder / "report.html").symlink_to(elsewhere)
    except OSError:
        pytest.skip("this system lets nobody make links")
    with pytest.raises(InputError, match="is a link to somewhere else"):
        write_text(folder, "report.html", "x")
    assert elsewhere.read_text(encoding="utf-8") == "precious"


def test_a_file_is_written_whole_in_utf8_and_replaces_the_old_one(tmp_path):
    path = write_text(tmp_path / "new" / "folder", "trades.csv", "a\r\nb\n")
    assert path.read_bytes() == b"a\r\nb\n"
    write_text(tmp_path / "new" / "folder", "trades.csv", "Ü")
    assert path.read_bytes() == "Ü".encode()
    assert [p.name for p in path.parent.iterdir()] == ["trades.csv"]


def test_when_writing_fails_the_old_file_is_as_it_was(tmp_path, monkeypatch):
    path = write_text(tmp_path, "trades.csv", "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"trades\.csv cannot be written: No space left on device"):
        write_text(tmp_path, "trades.csv", "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["trades.csv"]


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write_text(Path(tmp_path / "taken"), "a.csv", "x")
