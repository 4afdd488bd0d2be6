"""Fidelity's positions are no lots: nobody gets lots out of them, and everybody is told."""

from datetime import date
from decimal import Decimal

import pytest

from di_advisor import registry
from di_advisor.domain.lots import LotState
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import InputError, InputWarning, RowsError
from di_advisor.ports import PortfolioReader
from di_data.brokers import FidelityPositions
from tests.data_adapters.files import write

DAY = date(2026, 3, 31)
HEADER = (
    "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Last Price Change,Current Value,"
    "Today's Gain/Loss Dollar,Today's Gain/Loss Percent,Total Gain/Loss Dollar,Total Gain/Loss Percent,"
    "Percent Of Account,Cost Basis Total,Average Cost Basis,Type"
)
ACME = 'X1,Individual,ACME,ACME CORP,10,$50.00,+$0.10,"$1,500.00",$1,0.1%,$5,1%,5%,"$1,234.50",$123.45,Cash,'
CASH = 'X1,Individual,SPAXX**,HELD IN MONEY MARKET,,,,"$2,500.25",,,,,10%,,,Cash,'
PENDING = "X1,Individual,Pending Activity,,,,,-$100.00,,,,,,,,"
OPTION = "X1,Individual, -ACME260116C60,ACME JAN 16 2026 $60 CALL,-1,$2.00,$0,-$200,$0,0%,$0,0%,1%,$150,$1.50,Margin,"
ROTH = "X2,ROTH IRA,BOLT,BOLT INC,1.5,$10,$0,$15,$0,0%,$0,0%,100%,n/a,n/a,Cash,"
FOOTER = (
    '\r\n"The data and information in this spreadsheet is provided ...\r\nfor you"\r\n\r\n'
    '"Date downloaded Mar-31-2026 4:05 p.m ET"\r\n'
)
SAID = "They are not lots: nothing of them is sold"


def export(*rows: str, footer: str = FOOTER) -> bytes:
    return ("\ufeff" + "\r\n".join([HEADER, *rows]) + "\r\n" + footer).encode()


def read(folder, content: bytes | None = None):
    path = write(folder, export(ACME, CASH) if content is None else content, "Portfolio_Positions.csv")
    with pytest.warns(InputWarning) as caught:
        found = FidelityPositions().statement(path, as_of=DAY)
    return found, " ".join(str(w.message) for w in caught)


def test_a_position_is_one_holding_of_unknown_dates_that_is_never_sold(tmp_path):
    found, said = read(tmp_path)
    (holding,) = found.portfolio.lots
    assert (holding.security_id, holding.shares, holding.basis_total_usd) == ("ACME", 10, Decimal("1234.50"))
    assert (holding.state, holding.acquired, holding.held_since) == (LotState.TERM_UNKNOWN, None, None)
    assert holding.lot_id == "ACME position of unknown dates"
    assert found.as_of == DAY
    assert SAID in said


def test_no_lots_can_be_got_out_of_positions(tmp_path):
    found, _ = read(tmp_path)
    assert not found.has_lots
    with pytest.raises(InputError, match="positions with average costs and no lots"):
        _ = found.opening
    with (
        pytest.warns(InputWarning, match=SAID),
        pytest.raises(InputError, match="and no lots: when shares"),
    ):
        FidelityPositions().opening_lots(tmp_path / "Portfolio_Positions.csv", as_of=DAY)
    assert "unreliable" in FidelityPositions.caveat


def test_the_money_market_is_cash_and_pending_activity_is_not(tmp_path):
    found, _ = read(tmp_path, export(ACME, CASH, PENDING))
    assert found.portfolio.accounts[0].cash_usd(DAY) == Decimal("2500.25")
    assert [each.what for each in found.left_out] == ["pending activity, -$100.00"]


def test_kinds_of_accounts_are_taken_from_their_names_and_that_is_said(tmp_path):
    found, said = read(tmp_path, export(ACME, ROTH))
    assert {a.account_id: a.kind for a in found.portfolio.accounts} == {
        "X1": AccountKind.TAXABLE,
        "X2": AccountKind.ROTH,
    }
    assert found.portfolio.account("X2").lots[0].state is LotState.BASIS_PENDING
    assert "ROTH IRA is roth; all others are taxable" in said


def test_options_are_refused_and_named(tmp_path):
    path = write(tmp_path, export(ACME, OPTION), "p.csv")
    with pytest.raises(RowsError, match="line 3, Symbol: -ACME260116C60 is an option"):
        FidelityPositions().statement(path, as_of=DAY)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (export(ACME, footer=""), "there is no line 'Date downloaded ...'"),
        (export(ACME)[: len(export(ACME)) // 2], "there is no line 'Date downloaded ...'"),
        (export(ACME, footer="\nDate downloaded Feb-30-2026"), "'Feb-30-2026' is not a day of the calendar"),
        (export(ACME).replace(b"Cost Basis Total", b"Cost Basis"), "the column Cost Basis Total is missing"),
        (export(ACME).replace(b"$123.45", b"$1.23"), "line 2, Cost Basis Total: the basis is 1234.50 USD"),
        (export(ACME).replace(b",10,", b",-10,"), "line 2, Quantity: -10 shares"),
        (export(ACME).replace(b",10,", b",,"), "line 2, Quantity: it is empty"),
        (export(CASH.replace('"$2,500.25"', "")), "line 2, Current Value: it is blank"),
        (export(ACME.replace("ACME,", "ACME,more,", 1)), "line 2: 17 cells, more than the 16"),
        (b"<html><body>Log in</body></html>", "there is no line 'Date downloaded ...'"),
        (b"", "there is no line 'Date downloaded ...'"),
    ],
    ids=range(11),
)
def test_a_file_that_cannot_be_right_says_where(tmp_path, content, words):
    with pytest.raises(InputError) as caught:
        FidelityPositions().statement(write(tmp_path, content, "p.csv"), as_of=DAY)
    assert words in str(caught.value)
    assert "Hint:" in str(caught.value)


def test_the_american_form_of_the_download_day_is_read_too(tmp_path):
    found, _ = read(tmp_path, export(ACME, footer="\r\nDate downloaded 03/30/2026 4:05 PM ET\r\n"))
    assert found.as_of == date(2026, 3, 30)


def test_the_reader_is_found_by_name_and_keeps_its_port():
    assert isinstance(registry.portfolio_reader("fidelity_positions"), PortfolioReader)
