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
from di_advisor.errors import IncompleteDataError, InputError

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


@pytest.fixture(scope="module")
def members(shared):
    """Every spell of membership as a security of its own, under the ticker it had."""
    listed = rows(shared / "data/esg/sp500_membership_history_index-constitution_1.0.1.csv")
    ids = [f"{r['symbol']} {r['name']}" for r in listed]
    spans = [
        TickerSpan(r["symbol"], i, date.fromisoformat(r["opt-in"]), _last(r["opt-out"]))
        for r, i in zip(listed, ids, strict=True)
    ]
    known = dict.fromkeys(ids)
    return SecurityMaster([Issuer(i) for i in known], [ListedSecurity(i, i) for i in known], spans)


def _last(day: str) -> date | None:
    return date.fromisoformat(day) if day else None


@pytest.mark.parametrize(
    ("ticker", "then", "first", "now"),
    [
        ("Q", date(2005, 6, 1), "Qwest Communications", "Qnity Electronics"),
        ("CEG", date(2005, 6, 1), "Constellation Energy Group", "Constellation Energy"),
        ("DELL", date(2005, 6, 1), "Dell", "Dell Technologies"),
        ("DOW", date(2005, 6, 1), "Dow Chemical Company", "Dow Inc."),
        ("SNDK", date(2005, 6, 1), "SanDisk", "Sandisk"),
    ],
)
def test_a_ticker_that_was_used_again_means_two_companies_by_day(members, ticker, then, first, now):  # BI-041
    asked = Identifier("ticker", ticker)
    assert members.resolve(asked, on=then).security_id == f"{ticker} {first}"
    assert members.resolve(asked, on=CLASSIFIED_ON).security_id == f"{ticker} {now}"
    assert not members.resolve(asked, on=date(2018, 6, 1)).resolved
    with pytest.raises(InputError, match="on a day that is not known could be"):
        members.resolve(asked, on=None)


@pytest.mark.parametrize("ticker", ["T", "SUN", "AN"])
def test_a_ticker_that_two_lines_claim_for_one_day_is_an_error_that_names_both(members, ticker):  # BI-041
    with pytest.raises(InputError, match="on 1990-01-02 could be") as caught:
        members.resolve(Identifier("ticker", ticker), on=date(1990, 1, 2))
    assert len(caught.value.facts["candidates"]) == 2
