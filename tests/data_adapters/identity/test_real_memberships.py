"""A portfolio of 2024 against a classification of 2026: the 37 names that slip through a naive test are reported."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from di_advisor.domain.class_tickers import ClassTickers
from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.resolutions import resolve_all
from di_advisor.domain.security_facts import Issuer, ListedSecurity
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.tickers import TickerSpan
from di_advisor.errors import IncompleteDataError

HELD_ON, CLASSIFIED_ON = date(2024, 12, 6), date(2026, 8, 8)


def rows(path: Path, header: str = "") -> list[dict[str, str]]:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith(header)), 0)
    return list(csv.DictReader(lines[start:]))


@pytest.fixture(scope="module")
def held(shared):
    listed = rows(shared / "data/esg/ishares_IVV_holdings_2024-12-06.csv", "Ticker,Name")
    return {r["Ticker"]: float(r["Weight (%)"]) / 100 for r in listed if r["Asset Class"] == "Equity"}


@pytest.fixture(scope="module")
def classified(shared):
    return rows(shared / "data/index/datasets_sp500_constituents_2026-08-08.csv")


@pytest.fixture(scope="module")
def renames(shared):
    """Changes of ticker: the day of the new one, the old, the new."""
    events = rows(shared / "data/esg/sp500_symbol_events_index-constitution_1.0.1.csv")
    named = [r for r in events if r["event_type"] == "ticker_change"]
    return [(date.fromisoformat(r["event_date"]), r["old_symbol"], r["new_symbol"]) for r in named]


def master_of(classified, renames=()):
    """Securities of the classification by CIK; a rename gives the older ticker to the same security."""
    changes = {new: (day, old) for day, old, new in renames}
    issuers = {r["CIK"]: Issuer(r["CIK"], r["Security"], cik=r["CIK"]) for r in classified}
    spans = []
    for r in classified:
        ticker, last = r["Symbol"], None
        while ticker in changes and changes[ticker][0] <= CLASSIFIED_ON:
            day, old = changes[ticker]
            spans.append(TickerSpan(ticker, r["Symbol"], day, last))
            ticker, last = old, day - timedelta(days=1)
        spans.append(TickerSpan(ticker, r["Symbol"], None, last))
    return SecurityMaster(issuers.values(), [ListedSecurity(r["Symbol"], r["CIK"]) for r in classified], spans)


def asked(held):
    return {ticker: [Identifier("ticker", ticker)] for ticker in held}


def test_names_that_a_newer_classification_lacks_are_reported_and_not_let_through(held, classified):
    found = resolve_all(master_of(classified), asked(held), on=HELD_ON, weights=held)
    known = ClassTickers(r["Symbol"] for r in classified)
    lost = {t for t in held if known.key_of(t) not in {r["Symbol"] for r in classified}}
    assert len(held) == 503
    assert len(lost) == 37
    assert set(found.unresolved) == lost
    assert found.unresolved_weight == pytest.approx(0.0149, abs=1e-4)
    assert {"HES", "CTRA"} <= set(found.unresolved)  # energy names that pass a naive "not in"
    assert found.counts == {"ticker": 466, "unresolved": 37}
    with pytest.raises(IncompleteDataError, match="37 of 503 names are unresolved"):
        found.require(unresolved_max=0.05)


def test_dated_renames_bring_some_of_them_back_and_the_rest_stays_reported(held, classified, renames):
    master = master_of(classified, renames)
    found = resolve_all(master, asked(held), on=HELD_ON, weights=held)
    assert found.by_subject["FI"].security_id == "FISV"
    assert found.by_subject["BK"].security_id == "BNY"
    assert len(found.unresolved) < 37
    assert "HES" in found.unresolved
    assert len(found.by_subject) == 503


def test_one_issuer_with_two_classes_is_one_issuer(classified):
    master = master_of(classified)
    assert master.issuer_of("GOOGL") == master.issuer_of("GOOG")
    assert set(master.share_classes(master.issuer_of("FOX").issuer_id)) == {"FOX", "FOXA"}


def test_a_ticker_that_was_used_again_means_two_securities_by_day(renames):
    """AGN is Actavis' new ticker from June 2015; FI was Fiserv's until November 2025."""
    changes = {old: (day, new) for day, old, new in renames}
    day, new = changes["FI"]
    master = SecurityMaster(
        [Issuer("fiserv"), Issuer("frank's")],
        [ListedSecurity("FISV", "fiserv"), ListedSecurity("FRANKS", "frank's")],
        [
            TickerSpan("FI", "FRANKS", None, date(2021, 10, 1)),
            TickerSpan("FI", "FISV", date(2023, 6, 7), day - timedelta(days=1)),
            TickerSpan(new, "FISV", day),
        ],
    )
    assert master.resolve(Identifier("ticker", "FI"), on=date(2020, 6, 1)).security_id == "FRANKS"
    assert master.resolve(Identifier("ticker", "FI"), on=HELD_ON).security_id == "FISV"
    assert not master.resolve(Identifier("ticker", "FI"), on=CLASSIFIED_ON).resolved
