"""The plain CSV of lots: totals by a stated rule, identifiers before tickers, every wrong cell named."""

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
from di_data.brokers import GenericLots
from di_data.brokers.lot_table import basis_total
from tests.data_adapters.files import write

DAY = date(2026, 3, 31)
HEADER = "account,symbol,acquired,quantity,cost_per_share,cusip,isin,wash_adjustment,holding_start\n"
GOOD = HEADER + "A1,ACME,2024-03-05,3,33.3333,,,,\nA1,BRK/B,2025-06-02,10,20,,,15.25,2025-01-02\n"


def read(folder, text: str = GOOD, reader: GenericLots | None = None):
    return (reader or GenericLots()).statement(write(folder, text, "lots.csv"), as_of=DAY).portfolio


def test_a_cost_per_share_becomes_the_total_of_the_lot_to_the_cent(tmp_path):
    first, second = read(tmp_path).lots
    assert (first.security_id, first.basis_total_usd) == ("ACME", Decimal("100.00"))
    assert (second.security_id, second.basis_total_usd) == ("BRK.B", Decimal("215.25"))
    assert (second.acquired, second.held_since) == (date(2025, 6, 2), date(2025, 1, 2))


@pytest.mark.parametrize(
    ("shares", "total", "each", "basis"),
    [
        ("3", None, "33.3333", "100.00"),
        ("1", None, "0.125", "0.12"),  # half to even
        ("1", None, "0.135", "0.14"),
        ("8", "871.84", "108.98", "871.84"),
        ("3", "100.00", "33.33", "100.00"),  # the cost per share was rounded: the total counts
        ("3", "100.00", None, "100.00"),
        ("3", None, None, None),
    ],
)
def test_the_basis_is_the_total_and_the_cost_per_share_agrees_within_its_rounding(shares, total, each, basis):
    figures = [None if x is None else Decimal(x) for x in (total, each, basis)]
    assert basis_total(Decimal(shares), total_usd=figures[0], per_share_usd=figures[1]) == figures[2]


def test_a_total_that_is_not_the_cost_of_its_shares_is_refused():
    with pytest.raises(InputError, match=r"the basis is 100\.03 USD, and 3 shares at 33\.33 USD are 99\.99 USD"):
        basis_total(Decimal(3), total_usd=Decimal("100.03"), per_share_usd=Decimal("33.33"))


def test_what_is_not_known_is_a_state(tmp_path):
    text = HEADER + "A1,ACME,VARIOUS,3,10,,,,\nA1,BOLT,2024-03-05,3,,,,,\n"
    with pytest.warns(InputWarning, match="no basis for BOLT"):
        lots = read(tmp_path, text).lots
    assert [lot.state for lot in lots] == [LotState.TERM_UNKNOWN, LotState.BASIS_PENDING]


def test_an_identifier_decides_before_a_ticker(tmp_path):
    master = SecurityMaster(
        [Issuer("a"), Issuer("b")],
        [ListedSecurity("ID1", "a", isin="US0378331005"), ListedSecurity("ID2", "b")],
        [TickerSpan("ACME", "ID2"), TickerSpan("BRK.B", "ID1")],
    )
    text = HEADER + "A1,ACME,2024-03-05,3,10,037833100,,,\nA1,ACME,2024-03-05,3,10,,,,\n"
    assert {lot.security_id for lot in read(tmp_path, text, GenericLots(master=master)).lots} == {"ID1", "ID2"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("3,33.3333", "NaN,33.3333", "line 2, quantity: 'NaN' is not an amount"),
        ("3,33.3333", "-3,33.3333", "line 2, quantity: -3 shares"),
        ("3,33.3333", "0,33.3333", "line 2, quantity: zero shares"),
        ("3,33.3333", '3,"33,3333"', "line 2, cost_per_share: '33,3333' is not an amount"),
        ("3,33.3333", "3,-33", "line 2, cost_per_share: -99.00 USD; a basis is never below zero"),
        ("2024-03-05", "03/05/2024", "line 2, acquired: '03/05/2024' is not a date"),
        ("2024-03-05", "2026-04-05", "line 2, acquired: 2026-04-05 is after 2026-03-31"),
        ("2025-01-02", "02.01.2025", "line 3, holding_start: '02.01.2025' is not a date"),
        ("15.25", "€15.25", "line 3, wash_adjustment: '€15.25' is in €"),
        ("ACME", "", "line 2, symbol: An identifier of kind ticker is empty"),
        ("cost_per_share", "cost_basis", "the column cost_per_share is missing"),
        ("quantity", "quantty", "Did you mean quantity by quantty?"),
    ],
)
def test_what_is_wrong_is_named_in_the_files_own_words(tmp_path, old, new, words):
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert words in str(caught.value)


def test_notation_is_that_of_the_file_once_it_is_stated(tmp_path):
    text = "account;symbol;acquired;quantity;cost_per_share\nA;ACME;05.03.2024;1.000,5;2,5\n"
    reader = GenericLots(delimiter=";", decimal_mark=",", date_format="%d.%m.%Y")
    (lot,) = read(tmp_path, text, reader).lots
    assert (lot.shares, lot.basis_total_usd, lot.acquired) == (
        Decimal("1000.5"),
        Decimal("2501.25"),
        date(2024, 3, 5),
    )


def test_rows_in_another_order_are_the_same_account(tmp_path):  # BI-017
    head, *rows = GOOD.splitlines(keepends=True)
    assert read(tmp_path, head + "".join(reversed(rows))) == read(tmp_path)


def test_the_reader_is_found_by_name_and_keeps_its_port():
    assert isinstance(registry.portfolio_reader("generic_lots"), PortfolioReader)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ACME", "BRK.B", "X"]),
            st.decimals("0.000001", 10**6, places=6),
            st.decimals(0, 10**4, places=4),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_quantities_are_exact_and_totals_are_within_half_a_cent(tmp_path_factory, drawn):
    rows = [f"A,{symbol},2024-03-05,{shares},{cost}\n" for symbol, shares, cost in drawn]
    text = "account,symbol,acquired,quantity,cost_per_share\n" + "".join(rows)
    lots = read(tmp_path_factory.mktemp("g"), text).lots
    assert sorted((lot.security_id, lot.shares) for lot in lots) == sorted((s, q) for s, q, _ in drawn)
    total = sum(lot.basis_total_usd for lot in lots)
    assert abs(total - sum(q * c for _, q, c in drawn)) <= Decimal("0.005") * len(drawn)
