"""``di-advisor propose`` on brokers' files: lots from their export, orders and lot instructions out."""

import csv
from decimal import Decimal

import pandas as pd
import pytest

from di_advisor.cli import main
from di_advisor.report.baskets import BASKET_FILE, INSTRUCTIONS_FILE, read_ibkr_basket_csv, read_lot_instructions_csv
from di_advisor.report.csv_export import read_trades_csv
from tests.cli.world import AS_OF, propose, write_world


@pytest.fixture
def world(tmp_path):
    return write_world(tmp_path)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def lots_of(world) -> pd.DataFrame:
    return pd.read_csv(world["lots"], dtype=str)


def ticker(security_id: str) -> str:
    return f"T{security_id[2:]}"


def flex(world) -> str:
    """The world's lots as a Flex statement; symbols are tickers, not ids."""
    rows = "".join(
        f'<OpenPosition accountId="U1" currency="USD" assetCategory="STK" symbol="{ticker(r.security_id)}" conid="1" '
        f'reportDate="{AS_OF:%Y%m%d}" position="{r.shares}" costBasisMoney="{r.basis_total_usd}" levelOfDetail="LOT" '
        f'openDateTime="{r.acquired}" holdingPeriodDateTime="{r.acquired}" originatingTransactionID="{r.lot_id}" />'
        for r in lots_of(world).itertuples()
    )
    cash = '<CashReport><CashReportCurrency currency="USD" endingCash="2500" endingSettledCash="2500" /></CashReport>'
    return (
        f'<FlexQueryResponse><FlexStatements><FlexStatement accountId="U1" toDate="{AS_OF:%Y%m%d}">'
        f"<OpenPositions>{rows}</OpenPositions>{cash}</FlexStatement></FlexStatements></FlexQueryResponse>"
    )


def trades(folder) -> list[dict[str, str]]:
    return read_trades_csv((folder / "trades.csv").read_bytes().decode())


def test_a_flex_statement_gives_the_same_trades_as_the_lots_it_holds(world, out, tmp_path, capsys):
    assert main(propose(world, out, "--cash", "2500")) == 0
    path = tmp_path / "flex.xml"
    path.write_text(flex(world), encoding="utf-8")
    again = tmp_path / "again"
    assert main(propose({**world, "lots": path}, again, "--broker", "ibkr_flex")) == 0
    capsys.readouterr()
    columns = ("side", "security_id", "lot_id", "shares")
    assert [[r[c] for c in columns] for r in trades(again)] == [[r[c] for c in columns] for r in trades(out)]
    assert {r["account_id"] for r in trades(again)} == {"U1"}


def test_positions_without_dates_are_not_sold_and_the_report_says_so(world, out, tmp_path, capsys):
    header = (
        "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Last Price Change,Current Value,"
        "Today's Gain/Loss Dollar,Today's Gain/Loss Percent,Total Gain/Loss Dollar,Total Gain/Loss Percent,"
        "Percent Of Account,Cost Basis Total,Average Cost Basis,Type"
    )
    held = lots_of(world).drop_duplicates("security_id")
    rows = [
        f"X1,Individual,{ticker(r.security_id)},,{r.shares},,,,,,,,,{r.basis_total_usd},,Cash"
        for r in held.itertuples()
    ]
    cash = 'X1,Individual,SPAXX**,,,,,"$2,500.00",,,,,,,,Cash'
    path = tmp_path / "positions.csv"
    path.write_text("\n".join([header, *rows, cash, "", f"Date downloaded {AS_OF:%m/%d/%Y} 4:05 PM ET", ""]), "utf-8")
    assert main(propose({**world, "lots": path}, out, "--broker", "fidelity_positions")) == 0
    said = capsys.readouterr()
    assert "They are not lots: nothing of them is sold" in said.err
    assert not [r for r in trades(out) if r["side"] == "sell"]
    assert "They are not lots" in (out / "report.html").read_text(encoding="utf-8")


def test_a_symbol_that_the_prices_do_not_have_is_named_with_its_row(world, out, tmp_path, capsys):
    path = tmp_path / "lots_generic.csv"
    path.write_text("account,symbol,acquired,quantity,cost_per_share\nA,ZZZZ,2024-03-05,3,10\n", encoding="utf-8")
    assert main(propose({**world, "lots": path}, out, "--broker", "generic_lots")) != 0
    assert "line 2, symbol: ticker:ZZZZ is unresolved" in capsys.readouterr().err
    assert not out.exists()


def test_a_broker_that_is_not_known_names_those_that_are(world, out, capsys):
    assert main(propose(world, out, "--broker", "schwap")) != 0
    said = capsys.readouterr().err
    for name in ("csv", "fidelity_positions", "generic_lots", "ibkr_flex", "schwab_lots"):
        assert name in said


def test_a_basket_and_its_lots_are_written_beside_the_trades_and_never_over_older_ones(world, out, capsys):
    assert main(propose(world, out, "--cash", "2500", "--basket", "market")) == 0
    said = capsys.readouterr()
    assert f"Wrote {out / BASKET_FILE}" in said.out
    orders = read_ibkr_basket_csv((out / BASKET_FILE).read_bytes().decode())
    sold = [r for r in trades(out) if r["side"] == "sell"]
    lots = read_lot_instructions_csv((out / INSTRUCTIONS_FILE).read_bytes().decode())
    assert sorted((r["lot_id"], r["shares"]) for r in lots) == sorted((r["lot_id"], r["shares"]) for r in sold)
    total = sum(int(Decimal(r["shares"])) for r in trades(out))
    assert sum(o.shares for o in orders) == total
    before = (out / "trades.csv").read_bytes()
    assert main(propose(world, out, "--cash", "9000", "--basket", "limit")) != 0
    assert "orders that may have been sent are not overwritten" in capsys.readouterr().err
    assert (out / "trades.csv").read_bytes() == before
    assert main(propose(world, out, "--cash", "9000", "--basket", "limit", "--replace")) == 0
    header = next(csv.reader((out / BASKET_FILE).read_text(encoding="utf-8").splitlines()))
    assert "LmtPrice" in header


def test_the_books_begin_with_a_brokers_lots_and_never_with_positions(world, tmp_path, capsys):
    path, ledger = tmp_path / "flex.xml", str(tmp_path / "books.sqlite")
    path.write_text(flex(world), encoding="utf-8")
    day = f"{AS_OF:%Y-%m-%d}"
    said = ["ledger", "record", str(path), "--ledger", ledger, "--as-of", day, "--broker", "ibkr_flex"]
    assert main([*said, "--opening-lots"]) == 0
    assert "91 events added" in capsys.readouterr().out  # ninety lots, and the account
    generic = tmp_path / "lots_generic.csv"
    generic.write_text("account,symbol,acquired,quantity,cost_per_share\nA,ZZZZ,2024-03-05,3,10\n", encoding="utf-8")
    again = ["ledger", "record", str(generic), "--ledger", ledger, "--as-of", day, "--opening-lots", "--broker"]
    assert main([*again, "generic_lots"]) == 0
    assert "2 events added" in capsys.readouterr().out
    assert main([*again, "fidelity_positions"]) != 0
    assert "Date downloaded" in capsys.readouterr().err
    assert main([*again, "nobody"]) != 0
    assert "generic_lots" in capsys.readouterr().err
