"""Sheets of holdings: State Street's workbook, iShares' CSV, a user's own file; whole, dated, on one scale."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.index_holdings import HoldingKind, HoldingsSheet
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.market.file_mapping import HoldingsMapping, mapping_of_text
from di_data.market.index_file import IndexFile
from di_data.market.ishares_holdings import IsharesHoldings
from di_data.market.ssga_holdings import SsgaHoldings
from tests.data_adapters.market.market_bodies import (
    ISHARES_HEADER,
    ISHARES_ROWS,
    SSGA_ROWS,
    ishares_csv,
    ishares_row,
    received,
    ssga_workbook,
    ticker,
)

SSGA, ISHARES = SsgaHoldings(), IsharesHoldings()


def sheet(adapter, body: bytes, **context: str) -> HoldingsSheet:
    (only,) = adapter.parse(body, received(adapter, **context))
    return only


def refusal(adapter, body: bytes, **context: str) -> str:
    with pytest.raises(SourceContentError) as caught:
        adapter.parse(body, received(adapter, **context))
    return str(caught.value)


def kinds(held: HoldingsSheet) -> list[str]:
    return [h.kind.value for h in held.holdings]


def test_a_state_street_sheet_has_its_day_its_identifiers_and_fractions():
    held = sheet(SSGA, ssga_workbook(), fund="SPY")
    assert (held.fund, held.as_of, kinds(held)) == ("SPY", date(2024, 5, 10), ["equity", "equity", "cash"])
    first = held.holdings[0]
    assert [str(i) for i in first.identifiers] == ["ticker:ACME", "cusip:000000AA1", "sedol:2000001"]
    assert (first.weight, first.shares, first.sector) == (pytest.approx(0.605), 1000.0, "")
    assert held.weights_sum == pytest.approx(0.9995)


def test_numbers_where_a_spreadsheet_lost_leading_zeros_are_identifiers_again():
    held = sheet(SSGA, ssga_workbook([("ACME", "ACME", 37833100, 540528, 99.9, "-", 1, "USD")]))
    assert [i.value for i in held.holdings[0].identifiers[1:]] == ["037833100", "0540528"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (ssga_workbook(as_of="Holdings of some day"), '"As of"'),
        (ssga_workbook(as_of="As of 10.05.2024"), "no date"),
        (ssga_workbook(SSGA_ROWS[:1]), "60.50 %"),
        (ssga_workbook([(*r[:4], None, *r[5:]) for r in SSGA_ROWS]), "Weight: ACME CORP has none"),
        (ssga_workbook([(*r[:4], "much", *r[5:]) for r in SSGA_ROWS]), "'much' is no number"),
        (ssga_workbook([(*r[:7], "EUR") for r in SSGA_ROWS]), "held in EUR"),
        (ssga_workbook([*SSGA_ROWS[:1], *SSGA_ROWS[:1]]), "121.00 %"),
        (ssga_workbook([(*SSGA_ROWS[0][:4], 50.0, *SSGA_ROWS[0][5:])] * 2), "twice"),
        (ssga_workbook([(s, s, "-", "-", w, "-", 1, "USD") for s, w in (("X", 120.0), ("Y", -20.0))]), "below zero"),
        (ssga_workbook([(*SSGA_ROWS[2][:4], 100.0, *SSGA_ROWS[2][5:])]), "no equities"),
        (b"PK\x03\x04 half", "cannot be read"),
        (b"Name,Ticker\n", "cannot be read"),
    ],
    ids=["day", "date", "cut", "blank", "text", "euro", "double", "twice", "short", "cash", "half", "csv"],
)  # fmt: skip
def test_a_state_street_sheet_of_another_shape_is_refused(body, words):
    assert words in refusal(SSGA, body)


def test_another_fund_or_another_day_than_asked_for_is_refused():
    assert "XLK was asked for, and SPY came" in refusal(SSGA, ssga_workbook(), fund="XLK")
    words = refusal(ISHARES, ishares_csv(), as_of="2024-12-07")
    assert "2024-12-07 was asked for, and 2024-12-06 came" in words


def test_state_street_is_asked_for_the_latest_sheet_only():
    (request,) = SSGA.plan(SourceQuery((ticker("SPY"),)))
    assert request.url.endswith("/holdings-daily-us-en-spy.xlsx")
    for query in (SourceQuery(), SourceQuery((ticker("SPY"),), as_of=date(2024, 5, 10))):
        with pytest.raises(InputError, match=r"ssga_holdings"):
            SSGA.plan(query)


def test_ishares_is_asked_by_product_number_and_day():
    (request,) = ISHARES.plan(SourceQuery((ticker("IVV"),), as_of=date(2024, 12, 6)))
    assert dict(request.parameters) == {
        "fileType": "csv", "fileName": "IVV_holdings", "dataType": "fund", "asOfDate": "20241206",
    }  # fmt: skip
    (other,) = ISHARES.plan(SourceQuery((ticker("ITOT"),), options={"product": "239724/ishares-core-total"}))
    assert "/products/239724/ishares-core-total/" in other.url
    for options in ({}, {"product": "../../x"}):
        with pytest.raises(InputError, match="product number of ITOT"):
            ISHARES.plan(SourceQuery((ticker("ITOT"),), options=options))


def test_ishares_weights_are_market_values_over_their_sum():
    held = sheet(ISHARES, ishares_csv(), fund="IVV")
    assert (held.fund, held.as_of, kinds(held)) == (
        "IVV",
        date(2024, 12, 6),
        ["equity", "equity", "cash", "derivative"],
    )
    assert [h.weight for h in held.holdings] == pytest.approx([0.6004, 0.398, 0.0016, 0.0], abs=1e-12)
    assert (held.holdings[0].market_value_usd, held.holdings[0].shares) == (600_400.0, 1000.0)


@pytest.mark.parametrize("gap", ["\xa0", "", " "])
def test_shares_and_quantity_are_one_column_and_the_gap_may_be_any_blank(gap):
    header = ["Shares" if c == "Quantity" else c for c in ISHARES_HEADER]
    assert sheet(ISHARES, ishares_csv(header=header, gap=gap)).holdings[1].shares == 1000.0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (ishares_csv(ISHARES_ROWS[1:]), "39.96 %"),
        (ishares_csv([ISHARES_ROWS[0] | {"Market Value": "60,040.00"}, *ISHARES_ROWS[1:]]), "disagree"),
        (ishares_csv([ISHARES_ROWS[0] | {"Market Value": "-"}, *ISHARES_ROWS[1:]]), "Market Value"),
        (ishares_csv([ISHARES_ROWS[0] | {"Currency": "GBp"}, *ISHARES_ROWS[1:]]), "valued in GBp"),
        (ishares_csv(as_of="06.12.2024"), "no date"),
        (ishares_csv([*ISHARES_ROWS[:1], dict(list(ISHARES_ROWS[1].items())[:6]), *ISHARES_ROWS[2:]]), "cut off"),
        (ishares_csv().replace(b"Fund Holdings as of", b"Holdings at"), "Fund Holdings as of"),
        (ishares_csv()[:-40].replace(b'"\xc2\xa0', b"\xc2\xa0"), "damaged"),
        (b"<html><body>consent</body></html>", "begins with Ticker,Name"),
    ],
    ids=["lost", "values", "dash", "pence", "date", "cut", "day", "quote", "page"],
)
def test_an_ishares_sheet_of_another_shape_is_refused(body, words):
    assert words in refusal(ISHARES, body)


@settings(max_examples=40)
@given(st.lists(st.floats(10_000.0, 1e10).map(lambda v: round(v, 2)), min_size=1, max_size=12))
def test_what_ishares_renders_is_what_is_read(values):
    total = sum(values)
    rows = [ishares_row(f"T{n}", v, 100 * v / total) for n, v in enumerate(values)]
    held = sheet(ISHARES, ishares_csv(rows))
    assert [h.market_value_usd for h in held.holdings] == values
    assert [h.weight for h in held.holdings] == pytest.approx([v / total for v in values])


@settings(max_examples=15)
@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=8))
def test_what_state_street_renders_is_what_is_read(parts):
    percent = [round(100 * p / sum(parts), 6) for p in parts]
    rows = [(f"N{n}", f"T{n}", f"{n:09d}", f"{n:07d}", w, "-", 10.0 * n, "USD") for n, w in enumerate(percent)]
    held = sheet(SSGA, ssga_workbook(rows))
    assert [h.weight for h in held.holdings] == pytest.approx([w / 100 for w in percent])
    assert [h.identifiers[1].value for h in held.holdings] == [f"{n:09d}" for n in range(len(parts))]


OWN = """
index = "House index"
weights = "percent"
as_of = 2026-03-31
delimiter = ";"
decimal_mark = ","
[columns]
ticker = "Symbol"
isin = "ISIN"
weight = "Gewicht"
kind = "Art"
sector = "Sektor"
[kinds]
Aktie = "equity"
Bar = "cash"
"""
OWN_FILE = "Symbol;ISIN;Gewicht;Art;Sektor\nACME;US0000000AA1;99,5;Aktie;Energy\nEUR;;0,5;Bar;-\n"


def own(text: str = OWN) -> IndexFile:
    return IndexFile(mapping_of_text(text, HoldingsMapping, "mapping.toml"))


def test_a_mapped_file_of_weights_is_a_sheet():
    held = sheet(own(), OWN_FILE.encode())
    assert (held.fund, held.as_of, held.weights_sum) == ("House index", date(2026, 3, 31), pytest.approx(1.0))
    assert [h.kind for h in held.holdings] == [HoldingKind.EQUITY, HoldingKind.CASH]
    assert held.holdings[0].identifiers[1] == Identifier(IdentifierScheme.ISIN, "US0000000AA1")
    assert held.holdings[0].sector == "Energy"


def test_a_mapping_may_come_with_the_file_as_text():
    assert sheet(IndexFile(), OWN_FILE.encode(), mapping=OWN).fund == "House index"
    assert "weights" in refusal(IndexFile(), OWN_FILE.encode(), mapping='index = "x"')


def test_a_workbook_of_weights_with_a_column_of_days_is_the_same_sheet():
    import io

    import openpyxl

    book = openpyxl.Workbook()
    for row in (("ticker", "weight", "as_of"), ("ACME", 0.25, date(2026, 3, 31)), ("BETA", 0.75, date(2026, 3, 31))):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    held = sheet(IndexFile(), out.getvalue())
    assert [(h.identifiers[0].value, h.weight) for h in held.holdings] == [("ACME", 0.25), ("BETA", 0.75)]
    assert held.as_of == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("mapping", "text", "words"),
    [
        (OWN.replace('"percent"', '"fraction"'), OWN_FILE, "percent were taken for fractions"),
        (OWN, OWN_FILE.replace("99,5", "0,995"), "1.50 %"),
        (OWN, OWN_FILE.replace("Gewicht", "Gew."), "column Gewicht is missing"),
        (OWN, OWN_FILE.replace("Bar", "Gold"), "'Gold', which the mapping does not know"),
        (OWN, OWN_FILE.replace("99,5", ""), "Gewicht is blank"),
        (OWN.replace("as_of = 2026-03-31", ""), OWN_FILE, "nothing says of which day"),
    ],
    ids=["scale", "fractions", "renamed", "kind", "blank", "day"],
)
def test_a_file_that_is_not_as_its_mapping_says_is_refused(mapping, text, words):
    assert words in refusal(own(mapping), text.encode())


@pytest.mark.parametrize("without", ["weights", "index"])
def test_a_mapping_must_say_the_index_and_what_weights_are(without):
    text = "\n".join(line for line in OWN.splitlines() if not line.startswith(without))
    with pytest.raises(InputError, match=without):
        own(text)


def test_rows_of_several_days_are_refused():
    text = "ticker,weight,as_of\nA,0.5,2026-03-30\nB,0.5,2026-03-31\n"
    assert "several days: 2026-03-30, 2026-03-31" in refusal(IndexFile(), text.encode())
    with pytest.raises(InputError, match="asks no service"):
        IndexFile().plan(SourceQuery())
