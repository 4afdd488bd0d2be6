"""``di-advisor ledger`` from a terminal: what is recorded, shown and printed, and what is refused."""

from pathlib import Path

import pytest

from di_advisor.cli import main
from di_advisor.ledger.ledger import Ledger

TRADES = """\
kind,trade_date,account_id,account_kind,security_id,shares,amount_usd,fees_usd
buy,2025-01-02,A,taxable,ACME,100,5000.00,1.00
buy,2025-02-03,IRA,ira,GLOBEX,10,100.00,
sell,2025-03-03,A,,ACME,100,"4,000.00",1.00
buy,2025-03-10,IRA,,ACME,30,1200.00,
buy,2025-03-11,A,,ACME,50,2000.00,
sell,2025-12-29,A,,ACME,50,1500.00,
"""


def ledger(folder: Path, *words: str) -> int:
    return main(["ledger", *words, "--ledger", str(folder / "books.db"), "--taxpayer", "ann"])


@pytest.fixture
def recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "trades.csv").write_text(TRADES)
    assert ledger(tmp_path, "record", str(tmp_path / "trades.csv")) == 0
    assert "8 events added" in capsys.readouterr().out
    return tmp_path


def test_the_same_file_again_changes_nothing(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger(recorded, "record", str(recorded / "trades.csv")) == 0
    assert "0 events added, 8 duplicates skipped" in capsys.readouterr().out


def test_books_are_shown_with_their_scope_and_what_is_provisional(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ledger(recorded, "show", "--as-of", "2025-12-31") == 0
    out = capsys.readouterr().out
    assert "Accounts seen: A (taxable), IRA (ira). Not tax advice." in out
    # Lost in the IRA: 30 of 100 shares of a loss of 1,002; 50 more went into the lot that was sold later.
    assert out.splitlines()[-1].split() == ["2025", "-1,201.40", "0.00", "801.60", "300.60", "-1,001.00", "-"]


def test_the_papers_of_a_year_are_written_as_csv_and_html(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = recorded / "papers"
    assert ledger(recorded, "papers", "--year", "2025", "--as-of", "2026-02-15", "--out", str(out)) == 0
    assert sorted(p.name for p in out.iterdir()) == sorted(capsys.readouterr().out.replace(f"{out}/", "").split())
    rows = (out / "form_8949_2025.csv").read_text()
    assert "100 sh. ACME,2025-01-02,2025-03-03,3999.00,5001.00,W,801.60,-200.40" in rows
    assert "Not tax advice." in (out / "schedule_d_2025.html").read_text()


def test_the_largest_amounts_that_are_recorded_are_shown_and_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "big.csv").write_text(
        "kind,trade_date,security_id,shares,amount_usd,account_id,account_kind\n"
        "buy,2024-01-02,X,1e27,1e27,A,taxable\nbuy,2024-01-03,Y,9e28,9e28,A,\nsell,2024-03-01,X,1e27,5,A,\n"
    )
    assert ledger(tmp_path, "record", str(tmp_path / "big.csv")) == 0
    assert ledger(tmp_path, "show") == 0
    assert "90" + ",000" * 9 + ".00" in capsys.readouterr().out
    assert ledger(tmp_path, "papers", "--year", "2024", "--out", str(tmp_path / "papers")) == 0
    assert f"{10**27} sh. X" in (tmp_path / "papers" / "form_8949_2024.csv").read_text()


def test_schedule_d_knows_the_filing_status_and_the_losses_carried_over(recorded: Path) -> None:
    out = recorded / "papers"
    told = ["--filing-status", "mfs", "--carryover-short-usd", "100", "--carryover-long-usd", "5000.50"]
    assert ledger(recorded, "papers", "--year", "2025", "--as-of", "2026-02-15", "--out", str(out), *told) == 0
    schedule = (out / "schedule_d_2025.csv").read_text()
    assert "Limit of a net loss for married_separate: 1,500.00 USD" in schedule
    lines = {line.partition(",")[0]: line.rpartition(",")[2] for line in schedule.splitlines()}
    assert [lines[n] for n in ("6", "7", "14", "15", "21")] == [
        "-100.00",
        "-1301.40",
        "-5000.50",
        "-5000.50",
        "-1500.00",
    ]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--year", "2025", "--carryover-long-usd", "-1"], "-1: a loss carried over is entered as a positive amount"),
        (["--year", "2025", "--filing-status", "widowed"], "Use one of: single, married_joint"),
        (["--year", "24"], "24 is no tax year of books that go to 2026-02-15"),
        (["--year", "99999"], "99999 is no tax year"),
        (["--year", "2027"], "2026 at the latest"),
    ],
)
def test_what_a_return_cannot_have_is_refused(
    recorded: Path, capsys: pytest.CaptureFixture[str], options: list[str], error: str
) -> None:
    out = recorded / "papers"
    assert ledger(recorded, "papers", "--as-of", "2026-02-15", "--out", str(out), *options) == 2
    assert error in capsys.readouterr().err
    assert not out.exists()


def test_a_year_without_sales_is_said_to_have_none(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger(recorded, "papers", "--year", "2019", "--out", str(recorded / "papers")) == 0
    assert "no sale of 2019 counts for tax" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("show",), ("papers", "--year", "2025")])
def test_reading_a_ledger_that_is_not_there_makes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert ledger(tmp_path, *words) == 2
    error = capsys.readouterr().err
    assert f"There is no ledger at {tmp_path / 'books.db'}" in error
    assert "di-advisor ledger record FILE" in error
    assert main(["ledger", "check", "--ledger", str(tmp_path / "books.db")]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("show",), ("papers", "--year", "2025")])
def test_a_taxpayer_who_is_not_known_is_refused_naming_those_who_are(
    recorded: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert main(["ledger", *words, "--ledger", str(recorded / "books.db"), "--taxpayer", "anne"]) == 2
    error = capsys.readouterr().err
    assert "no journal of the taxpayer 'anne'" in error
    assert "it holds: ann." in error


def test_recording_says_that_it_made_the_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trades.csv").write_text(TRADES)
    for said in (True, False):
        assert ledger(tmp_path, "record", str(tmp_path / "trades.csv")) == 0
        assert ("made a new ledger" in capsys.readouterr().err) is said


def test_days_of_impossible_years_are_refused_by_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.csv").write_text(TRADES.replace("2025-01-02", "0001-01-01"))
    assert ledger(tmp_path, "record", str(tmp_path / "old.csv")) == 2
    error = capsys.readouterr().err
    assert "line 2" in error
    assert "0001-01-01; days from 1800 to 2999 are taken" in error


def test_an_account_that_no_row_opens_is_refused_naming_the_column_that_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trades.csv").write_text(TRADES.replace("A,taxable", "A,"))
    assert ledger(tmp_path, "record", str(tmp_path / "trades.csv")) == 2
    error = capsys.readouterr().err
    assert "Account 'A' was never opened" in error
    assert "In one row of account A, fill the column account_kind (taxable, " in error
    assert "OpenAccount" not in error


def test_an_oversell_is_one_message_and_the_books_stay(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recorded / "more.csv").write_text(
        "kind,trade_date,account_id,security_id,shares,amount_usd\nsell,2026-01-05,IRA,GLOBEX,11,99\n"
    )
    assert ledger(recorded, "record", str(recorded / "more.csv")) == 2
    error = capsys.readouterr().err
    assert "11 shares of GLOBEX in account IRA, of which 10 are held; 1 are missing" in error
    assert main(["ledger", "check", "--ledger", str(recorded / "books.db")]) == 0
    assert "ann: 8 entries" in capsys.readouterr().out


def test_opening_lots_of_a_file_come_with_basis_and_dates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lots = tmp_path / "lots.csv"
    lots.write_text(
        "lot_id,security_id,shares,basis_total_usd,acquired\nL1,ACME,10,900.00,2024-05-01\nL2,ACME,5,,2024-06-03\n"
    )
    assert ledger(tmp_path, "record", str(lots), "--opening-lots", "--as-of", "2025-01-02") == 0
    assert "no basis" in capsys.readouterr().err
    assert ledger(tmp_path, "show", "--as-of", "2025-02-03") == 0
    assert "not known" in capsys.readouterr().out


def test_a_password_in_an_address_is_not_shown_when_all_goes_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trades.csv").write_text(TRADES)
    opened = Ledger.open
    monkeypatch.setattr(Ledger, "open", lambda _, taxpayer: opened(str(tmp_path / "books.db"), taxpayer))
    where = "postgresql://ann:canary-password@localhost:1/books"
    assert main(["ledger", "record", str(tmp_path / "trades.csv"), "--ledger", where, "--taxpayer", "ann"]) == 0
    said = capsys.readouterr()
    assert "postgresql://ann:***@localhost:1/books, ann: 8 events added" in said.out
    assert "canary" not in said.out + said.err
