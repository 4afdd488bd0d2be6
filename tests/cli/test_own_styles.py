"""Files as brokers write them, each in its own way, through the command line; published bad inputs change nothing."""

import json

import pytest

from di_advisor.cli import main
from di_advisor.report.csv_export import read_trades_csv
from tests.cli.world import AS_OF, propose, write_world

# What each published case does to a file of the world: file, text of its second line's cell, column.
SPOILS = {
    "BI-001": ("lots", "basis_total_usd", "NaN", "'NaN' is not an amount"),
    "BI-002": ("prices", "price_usd", "inf", "'inf' is not an amount"),
    "BI-003": ("lots", "shares", "-10", "a lot holds more than zero"),
    "BI-004": ("lots", "shares", "0", "a lot with a basis and no shares would lose its basis"),
    "BI-005": ("lots", "basis_total_usd", "-1.00", "basis"),
    "BI-009": ("lots", "basis_total_usd", '"2.351,96"', "state decimal_mark=','"),
    "BI-011": ("lots", "shares", "123456789012345678901234567890.1", "123456789012345678901234567890.1"),
    "BI-022": ("lots", "shares", "-50", "a lot holds more than zero"),
    "BI-025": ("lots", "acquired", "2023-02-29", "is not a day of the calendar"),
    "BI-026": ("lots", "acquired", "03/04/2024", "could be March or April"),
    "BI-028": ("lots", "acquired", "2099-01-01", "2099-01-01 is after 2026-03-31"),
    "BI-030": ("lots", "acquired", "2024-12-31 23:30", "no time zone"),
    "BI-034": ("prices", "price_usd", "NaN", "'NaN' is not an amount"),
    "BI-035": ("prices", "price_usd", "0", "a price is more than zero"),
    "BI-040": ("index", "security_id", "ZZZZ", "names what prices.csv does not have: ZZZZ"),
    "BI-068": ("lots", "shares", "1\0", "NUL byte"),
}


def cell_replaced(path, column, text):
    head, first, *rest = path.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[head.split(",").index(column)] = text
    path.write_text("\n".join([head, ",".join(cells), *rest]), encoding="utf-8")


@pytest.mark.parametrize("name", sorted(SPOILS))
def test_a_published_bad_input_is_refused_and_nothing_on_disk_changes(shared, tmp_path, capsys, name):
    listed = {each["id"] for each in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
    assert name in listed
    file, column, text, words = SPOILS[name]
    world, out = write_world(tmp_path), tmp_path / "out"
    out.mkdir()
    (out / "trades.csv").write_text("of yesterday", encoding="utf-8")
    cell_replaced(world[file], column, text)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert main(propose(world, out)) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.fixture
def styled(tmp_path):
    """The world in four styles: M/D/YYYY with a mark and a total, decimal commas in Windows letters, tabs, ISO."""
    world = write_world(tmp_path)
    head, *rows = world["lots"].read_text(encoding="utf-8").splitlines()
    made, total = [], 0.0
    for row in rows:
        lot, name, shares, basis, day = row.split(",")
        year, month, number = day.split("-")
        total += float(basis)
        made.append(f'{lot},{name},{shares},"${float(basis):,.2f}",{int(month)}/{int(number)}/{year}')
    made[3:3] = ["", ""]
    text = "\r\n".join([head.upper(), *made, f'Total,,,"${total:,.2f}"'])
    world["lots"].write_bytes(b"\xef\xbb\xbf" + text.encode())
    head, *rows = world["prices"].read_text(encoding="utf-8").splitlines()
    rows = [row.replace("Example 0 Inc", "Société Générale").replace(",", ";").replace(".", ",") for row in rows]
    world["prices"].write_bytes("\r\n".join([head.replace(",", ";"), *rows]).encode("cp1252"))
    world["index"].write_text(world["index"].read_text(encoding="utf-8").replace(",", "\t"), encoding="utf-8")
    return world


STATED = ("--encoding", "prices=cp1252", "--decimal-mark", "prices=,")


def test_each_file_in_its_own_style_is_the_same_account(styled, tmp_path, capsys):
    plain = tmp_path / "plain"
    plain.mkdir()
    assert main(propose(write_world(plain), plain / "out")) == 0
    assert main(propose(styled, tmp_path / "out", *STATED)) == 0
    said = capsys.readouterr().err
    assert "Note: lots.csv: dates are read as month, day, year, because line " in said
    assert "is a total (basis_total_usd: the sum of the rows above) and is left out" in said
    trades = [
        read_trades_csv((folder / "trades.csv").read_text(encoding="utf-8"))
        for folder in (plain / "out", tmp_path / "out")
    ]
    assert [{**row, "name": ""} for row in trades[0]] == [{**row, "name": ""} for row in trades[1]]


@pytest.mark.parametrize(
    ("left_out", "words"),
    [("prices=cp1252", "prices.csv, line 2: byte 0xe9 is not UTF-8"), ("prices=,", "is not an amount")],
)
def test_what_a_file_does_not_prove_has_to_be_stated(styled, tmp_path, capsys, left_out, words):
    at = STATED.index(left_out)
    assert main(propose(styled, tmp_path / "out", *STATED[: at - 1], *STATED[at + 1 :])) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("Hint: The decimal mark") <= 1  # said once for all rows
    assert not (tmp_path / "out").exists()


def test_an_esg_file_may_be_stated_alone(tmp_path, capsys):
    world = write_world(tmp_path)
    esg = tmp_path / "esg.csv"
    esg.write_bytes("security_id;co2 für alle\nID00;7,5\nID01;1,5\n".encode("cp1252"))
    asked = propose(world, tmp_path / "out", "--esg", str(esg))
    assert main(asked) == 2
    assert "esg.csv is not UTF-8. Hint: Save it as UTF-8, or state its encoding" in capsys.readouterr().err
    assert main([*asked, "--encoding", "esg=cp1252"]) == 2
    assert "the column co2 für alle holds no figures" in capsys.readouterr().err
    assert main([*asked, "--encoding", "esg=cp1252", "--decimal-mark", "esg=,"]) == 0
    assert AS_OF.isoformat() in capsys.readouterr().out
