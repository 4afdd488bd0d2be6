"""From a sheet to a target: what is left out is stated, what is unknown is an error, nothing is guessed."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.index_holdings import HoldingKind, HoldingsSheet, IndexHolding
from di_advisor.domain.security_facts import Issuer, ListedSecurity
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.tickers import TickerSpan
from di_advisor.errors import InputError, UnknownSecurityError
from di_data.frame.exchange import Received
from di_data.market.index_target import index_target
from di_data.market.ishares_holdings import IsharesHoldings
from di_data.market.ssga_holdings import SsgaHoldings
from tests.data_adapters.market.market_bodies import PROVENANCE, ticker

DAY = date(2024, 12, 6)


def master_of(*spans: TickerSpan, cusips: dict[str, str] | None = None) -> SecurityMaster:
    ids = sorted({s.security_id for s in spans})
    listed = [ListedSecurity(i, i, cusip=(cusips or {}).get(i, "")) for i in ids]
    return SecurityMaster([Issuer(i) for i in ids], listed, spans)


MASTER = master_of(TickerSpan("ACME", "S1"), TickerSpan("BETA.B", "S2"), cusips={"S1": "037833100"})


def row(symbol: str, weight: float, kind: HoldingKind = HoldingKind.EQUITY, *more: Identifier) -> IndexHolding:
    return IndexHolding((ticker(symbol), *more), f"{symbol} INC", weight, kind, sector="Energy")


def sheet(*rows: IndexHolding) -> HoldingsSheet:
    return HoldingsSheet("ETF", DAY, rows, PROVENANCE)


HELD = sheet(row("ACME", 0.6), row("BETAB", 0.396), row("USD", 0.004, HoldingKind.CASH))


def test_cash_is_left_out_by_name_and_the_rest_is_scaled_by_a_stated_factor():
    made = index_target(HELD, MASTER)
    assert made.target.weights_on(DAY) == pytest.approx({"S1": 0.6 / 0.996, "S2": 0.396 / 0.996})
    assert made.scale == pytest.approx(1 / 0.996)
    assert [(x.holding.name, x.reason) for x in made.left_out] == [("USD INC", "cash")]
    assert made.left_out_weight == pytest.approx(0.004)
    assert "USD INC (0.40 %, cash)" in made.sentence
    assert "99.60 %" in made.sentence


def test_a_class_without_a_mark_is_what_the_master_knows_and_that_is_told():
    made = index_target(HELD, MASTER)
    assert made.respelled == (("BETAB", "BETA.B"),)
    assert [(s.security_id, s.ticker, s.sector) for s in made.universe.securities] == [
        ("S1", "ACME", "Energy"),
        ("S2", "BETA.B", "Energy"),
    ]


@pytest.mark.parametrize("written", ["BETA.B", "BETA-B", "BETA/B", "BETAB"])
def test_every_writing_of_a_class_is_the_same_security(written):
    made = index_target(sheet(row("ACME", 0.5), row(written, 0.5)), MASTER)
    assert set(made.target.weights_on(DAY)) == {"S1", "S2"}


def test_unknown_names_are_an_error_that_lists_all_of_them_and_nothing_is_renormalised():
    held = sheet(row("ACME", 0.99), row("ZZZZ", 0.005), row("YYYY", 0.005))
    with pytest.raises(UnknownSecurityError, match=r"2 securities.*ZZZZ, YYYY"):
        index_target(held, MASTER)
    made = index_target(held, MASTER, leave_out_unresolved=True)
    assert [x.reason for x in made.left_out] == ["not resolved", "not resolved"]


def test_more_than_is_allowed_is_not_left_out():
    held = sheet(row("ACME", 0.97), row("USD", 0.03, HoldingKind.CASH))
    with pytest.raises(InputError, match=r"3\.00 percent of the weight would be left out"):
        index_target(held, MASTER)
    assert index_target(held, MASTER, left_out_max=0.05).scale == pytest.approx(1 / 0.97)


def test_a_recycled_ticker_is_the_security_of_the_sheets_day():
    split = date(2020, 3, 2)
    spans = (TickerSpan("IR", "OLD", last=split), TickerSpan("IR", "NEW", first=date(2020, 3, 3)))
    held = sheet(row("IR", 1.0))
    assert index_target(held, master_of(*spans)).universe.security_ids == ("NEW",)
    assert index_target(replace(held, as_of=date(2019, 1, 2)), master_of(*spans)).universe.security_ids == ("OLD",)


def test_identifiers_that_mean_different_securities_and_two_rows_of_one_are_errors():
    master = master_of(
        TickerSpan("ACME", "S1"), TickerSpan("BETA", "S2"), cusips={"S1": "037833100", "S2": "594918104"}
    )
    cusip = Identifier(IdentifierScheme.CUSIP, "037833100")
    sedol = Identifier(IdentifierScheme.ISIN, "US5949181045")
    with pytest.raises(InputError, match="means S"):
        index_target(sheet(row("ACME", 1.0, HoldingKind.EQUITY, cusip, sedol)), master)
    with pytest.raises(InputError, match="are both S1"):
        index_target(sheet(row("ACME", 0.5), row("GONE", 0.5, HoldingKind.EQUITY, cusip)), master)


def real(adapter, path: Path) -> HoldingsSheet:
    body, facts = path.read_bytes(), adapter.facts
    of = Received.of_file(path, body, facts.accepts, provider=facts.provider, licence=facts.licence)
    (only,) = adapter.parse(body, of)
    return only


def real_master(shared: Path) -> SecurityMaster:
    """Tickers that were ever in the S&P 500, by one list, as if each were one security for all time."""
    table = pd.read_csv(shared / "data/index/fja05680_sp500_ticker_start_end.csv", dtype=str)
    return master_of(*[TickerSpan(t, f"US:{t}") for t in sorted(set(table["ticker"]))])


def test_the_real_ivv_sheet_has_503_equities_beside_five_other_rows(shared):
    held = real(IsharesHoldings(), shared / "data/esg/ishares_IVV_holdings_2024-12-06.csv")
    counts = pd.Series([h.kind.value for h in held.holdings]).value_counts().to_dict()
    assert (held.as_of, counts) == (DAY, {"equity": 503, "cash": 4, "derivative": 1})
    assert held.weights_sum == pytest.approx(1.0)
    tiny = min(h.weight for h in held.holdings if h.kind is HoldingKind.EQUITY)
    assert 0 < tiny < 0.0001


def test_the_real_ivv_sheet_of_2023_calls_quantity_shares(shared):
    held = real(IsharesHoldings(), shared / "data/esg/ishares_IVV_holdings_2023-04-06.csv")
    assert (held.as_of, len(held.holdings)) == (date(2023, 4, 6), 507)
    apple = next(h for h in held.holdings if h.identifiers[0].value == "AAPL")
    assert apple.shares == 132_089_986
    assert apple.market_value_usd / apple.shares == pytest.approx(164.66, abs=0.005)


def test_the_real_spy_sheet_has_503_names_one_row_of_cash_and_sums_to_99_94(shared):
    held = real(SsgaHoldings(), shared / "data/esg/ssga_holdings-daily-us-en-spy_2024-05-10.xlsx")
    kinds = [h.kind for h in held.holdings]
    assert (held.fund, held.as_of) == ("SPY", date(2024, 5, 10))
    assert (kinds.count(HoldingKind.EQUITY), kinds.count(HoldingKind.CASH), len(kinds)) == (503, 1, 504)
    assert round(100 * held.weights_sum, 2) == 99.94
    assert all(len(i.value) == 9 for h in held.holdings for i in h.identifiers if i.scheme is IdentifierScheme.CUSIP)


def test_real_sheets_become_targets_of_503_names_with_classes_respelled(shared):
    master = real_master(shared)
    ivv = real(IsharesHoldings(), shared / "data/esg/ishares_IVV_holdings_2024-12-06.csv")
    made = index_target(ivv, master)
    assert len(made.universe) == 503
    assert set(made.respelled) == {("BRKB", "BRK.B"), ("BFB", "BF.B")}
    assert made.left_out_weight == pytest.approx(0.0023, abs=0.0002)
    assert len(made.left_out) == 5
    spy = index_target(real(SsgaHoldings(), shared / "data/esg/ssga_holdings-daily-us-en-spy_2024-05-10.xlsx"), master)
    assert len(spy.universe) == 503
    assert spy.scale == pytest.approx(1 / (0.99938924 - 0.00079551), rel=1e-6)
    both = set(made.universe.security_ids) & set(spy.universe.security_ids)
    assert len(both) > 490
