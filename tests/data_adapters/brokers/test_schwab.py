"""Schwab lot details: the title names the symbol, the Total proves the file whole, a folder is the accounts."""

import warnings
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor import registry
from di_advisor.domain.lots import LotState
from di_advisor.domain.security_facts import Issuer, ListedSecurity
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.tickers import TickerSpan
from di_advisor.errors import InputError, InputWarning
from di_advisor.ports import PortfolioReader
from di_data.brokers import SchwabLots
from tests.data_adapters.files import write

DAY = date(2026, 3, 31)
HEADER = (
    '"Open Date","Quantity","Price","Cost/Share","Market Value","Cost Basis","Gain/Loss $","Gain/Loss %",'
    '"Holding Period",'
)
ROW = '"{day}","{shares}","$50.00","{each}","--","{basis}","--","--","{term}",'
USUAL = {"day": "10/30/2017 00:00:00", "shares": "8", "each": "$108.98", "basis": "$871.84", "term": "Long Term"}
NAME = "Lot-Details-ACME.CSV"


def row(**changed: str) -> str:
    return ROW.format(**(USUAL | changed))


SECOND = row(day="06/02/2025 00:00:00", shares="62", each="$56.72", basis="$3,516.64", term="Short Term")


def sheet(*rows: str, symbol: str = "ACME", account: str = "XXXX-5792", day: str = "03/31/2026", **total: str) -> str:
    last = {"day": "Total", "shares": "70", "each": "--", "basis": "$4,388.48", "term": "--"} | total
    title = f'"{symbol} Lot Details for {account} as of 08:03 AM ET, {day}"'
    return "\n".join([title, "", HEADER, *rows, ROW.format(**last)]) + "\n"


GOOD = sheet(row(), SECOND)


def read(folder, text: str = GOOD, name: str = NAME, reader: SchwabLots | None = None):
    return (reader or SchwabLots()).statement(write(folder, text, name), as_of=DAY)


def test_lots_have_the_titles_symbol_account_and_day_and_their_totals(tmp_path):
    found = read(tmp_path)
    assert found.as_of == DAY
    (account,) = found.portfolio.accounts
    assert account.account_id == "XXXX-5792"
    assert [(lot.security_id, lot.shares, lot.basis_total_usd, lot.acquired) for lot in account.lots] == [
        ("ACME", 8, Decimal("871.84"), date(2017, 10, 30)),
        ("ACME", 62, Decimal("3516.64"), date(2025, 6, 2)),
    ]


def test_a_folder_of_files_is_the_accounts(tmp_path):
    write(tmp_path, GOOD, NAME)
    write(tmp_path, sheet(row(), shares="8", basis="$871.84", symbol="BRK/B"), "Lot-Details-BRKB.csv")
    write(tmp_path, sheet(row(), shares="8", basis="$871.84", symbol="BOLT", account="YYYY-1"), "Lot-Details-BOLT.csv")
    write(tmp_path, "not one of them", "notes.txt")
    found = SchwabLots().portfolio(tmp_path, as_of=DAY, cash_usd="0")
    assert {(a.account_id, lot.security_id) for a in found.accounts for lot in a.lots} == {
        ("XXXX-5792", "ACME"),
        ("XXXX-5792", "BRK.B"),
        ("YYYY-1", "BOLT"),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (sheet(row()), "line 5, Quantity: the Total is 70, and the rows sum to 8"),
        (sheet(row(), SECOND, basis="$4,388.71"), "Cost Basis: the Total is 4388.71, and the rows sum to 4388.48"),
        (sheet(row(), SECOND, shares="--"), "Quantity: the Total is blank"),
        (GOOD.replace('"Total"', '"Sum"'), "the last row is not one Total"),
        (GOOD.rpartition('"Total"')[0], "the last row is not one Total"),
        (GOOD + row() + "\n", "the last row is not one Total"),
        (GOOD.replace("Lot Details for", "Positions of"), f"{NAME}, line 1: there is no title"),
        (GOOD.replace("03/31/2026", "02/30/2026"), "'02/30/2026' is not a day of the calendar"),
        (GOOD.replace('"Cost Basis",', '"Basis",'), "the column Cost Basis is missing"),
        (GOOD.replace("$871.84", "$108.98"), "line 4, Cost Basis: the basis is 108.98 USD, and 8 shares at 108.98"),
        (GOOD.replace('"8"', '"-8"'), "line 4, Quantity: -8 shares"),
        (GOOD.replace('"8"', '"0"'), "line 4, Quantity: zero shares"),
        (GOOD.replace('"8"', '"8x"'), "line 4, Quantity: '8x' is not an amount"),
        (GOOD.replace("10/30/2017 00", "2017-10-30 00"), "line 4, Open Date: '2017-10-30 00:00:00' is not a date"),
        (GOOD.replace("10/30/2017", "10/30/2027"), "line 4, Open Date: 2027-10-30 is after 2026-03-31"),
        (GOOD.replace("ACME Lot", "BOLT Lot"), "its title is of BOLT, and its name of another symbol"),
        (GOOD[: len(GOOD) // 2], NAME),
        ("", "there is no title"),
        ("<html><body>Log in</body></html>", "there is no title"),
    ],
    ids=range(19),
)
def test_a_file_that_cannot_be_right_says_where(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)
    assert "Hint:" in str(caught.value)


def test_what_is_not_known_is_a_state_and_the_sum_is_not_compared(tmp_path):
    unknown = row(each="--", basis="--"), row(day="--", shares="62", each="$1.00", basis="$62.00", term="--")
    with pytest.warns(InputWarning) as caught:
        lots = read(tmp_path, sheet(*unknown)).portfolio.lots
    assert {lot.state for lot in lots} == {LotState.BASIS_PENDING, LotState.TERM_UNKNOWN}
    assert {"no basis for ACME", "no acquisition date for ACME"} <= {
        str(w.message).partition(": ")[2].partition(" (")[0] for w in caught
    }


def test_a_term_that_the_date_does_not_give_is_pointed_out(tmp_path):  # the mark of a wash sale
    with pytest.warns(InputWarning, match="line 5 is long term, and was opened on 2025-06-02"):
        read(tmp_path, sheet(row(), SECOND.replace("Short", "Long")))


def test_files_of_one_account_are_of_one_day_and_each_symbol_comes_once(tmp_path):
    write(tmp_path, GOOD, NAME)
    other = sheet(row(), shares="8", basis="$871.84", symbol="BOLT", day="03/30/2026")
    write(tmp_path, other, "Lot-Details-BOLT.csv")
    with pytest.raises(InputError, match=r"is of 2026-03-3., and Lot-Details-\w+\.\w+ is of 2026-03-3."):
        SchwabLots().statement(tmp_path, as_of=DAY)
    write(tmp_path, GOOD, "Lot-Details-BOLT.csv".replace("BOLT", "ACME (1)"))
    (tmp_path / "Lot-Details-BOLT.csv").unlink()
    with pytest.raises(InputError, match="both have the lots of ACME in XXXX-5792"):
        SchwabLots().statement(tmp_path, as_of=DAY)


def test_errors_of_a_folder_name_the_file(tmp_path):
    write(tmp_path, GOOD, NAME)
    bad = sheet(row(shares="x"), shares="8", basis="$871.84", symbol="BOLT")
    write(tmp_path, bad, "Lot-Details-BOLT.csv")
    with pytest.raises(InputError, match=r"Lot-Details-BOLT\.csv, line 4, Quantity: 'x'"):
        SchwabLots().statement(tmp_path, as_of=DAY)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="The folder empty has no CSV files"):
        SchwabLots().statement(tmp_path / "empty", as_of=DAY)


def test_symbols_mean_what_they_meant_on_the_day_of_the_title(tmp_path):
    master = SecurityMaster(
        [Issuer("a")], [ListedSecurity("ID", "a")], [TickerSpan("ACME", "ID", first=date(2026, 3, 31))]
    )
    assert read(tmp_path, reader=SchwabLots(master=master)).portfolio.lots[0].security_id == "ID"
    earlier = GOOD.replace("03/31/2026", "03/30/2026")
    with pytest.raises(InputError, match="symbol of the title: ticker:ACME is unresolved"):
        read(tmp_path, earlier, reader=SchwabLots(master=master))


def test_the_reader_is_found_by_name_and_keeps_its_port():
    assert isinstance(registry.portfolio_reader("schwab_lots"), PortfolioReader)


LOTS = st.lists(
    st.tuples(st.integers(1, 9999), st.decimals("0.01", 999999, places=2), st.dates(date(2000, 1, 3), DAY)),
    min_size=1,
    max_size=5,
)


@given(LOTS)
def test_lots_that_are_written_as_lot_details_are_read_back(tmp_path_factory, drawn):
    drawn = [*drawn, (1, Decimal(1), date(2026, 3, 2))]  # one calendar for all examples
    rows = [
        row(day=f"{d:%m/%d/%Y} 00:00:00", shares=f"{s:,}", each="--", basis=f"${b:,.2f}", term="--")
        for s, b, d in drawn
    ]
    shares, basis = sum(s for s, _, _ in drawn), sum(b for _, b, _ in drawn)
    path = write(tmp_path_factory.mktemp("s"), sheet(*rows, shares=f"{shares:,}", basis=f"${basis:,.2f}"), NAME)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)  # days on which the exchange was closed
        lots = SchwabLots().statement(path, as_of=DAY).portfolio.lots
    assert sorted((lot.shares, lot.basis_total_usd, lot.acquired) for lot in lots) == sorted(drawn)
