"""The security master: exact before likely, decisions of people before both, and nothing slips away unresolved."""

from datetime import date

import pytest

from di_advisor.domain.company_names import name_tokens
from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.resolutions import resolve_all
from di_advisor.domain.security_facts import IdentityOverride, Issuer, ListedSecurity
from di_advisor.domain.security_master import ResolvedBy, SecurityMaster
from di_advisor.domain.tickers import TickerSpan
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import IncompleteDataError, InputError, UnknownSecurityError

DAY = date(2024, 12, 6)
APPLE_ISIN, APPLE_CUSIP, APPLE_LEI = "US0378331005", "037833100", "HWUPKR0MPOU8FGXBT394"
ISSUERS = (
    Issuer("alphabet", "Alphabet Inc.", cik="1652044", former_names=("Google Inc.",)),
    Issuer("apple", "Apple Inc.", cik="320193", lei=APPLE_LEI),
    Issuer("trane", "Trane Technologies plc", former_names=("Ingersoll-Rand plc",)),
    Issuer("ingersoll", "Ingersoll Rand Inc.", former_names=("Gardner Denver Holdings",)),
    Issuer("delta", "Delta Air Lines, Inc."),
)
SECURITIES = (
    ListedSecurity("GOOGL", "alphabet", "Alphabet Class A", isin="US02079K3059"),
    ListedSecurity("GOOG", "alphabet", "Alphabet Class C", cusip="02079K107"),
    ListedSecurity("AAPL", "apple", isin=APPLE_ISIN, figi="BBG000B9XRY4", sedol="2046251"),
    ListedSecurity("TT", "trane"),
    ListedSecurity("IR", "ingersoll"),
    ListedSecurity("DAL", "delta"),
)
SPANS = (
    TickerSpan("GOOGL", "GOOGL"),
    TickerSpan("GOOG", "GOOG"),
    TickerSpan("AAPL", "AAPL"),
    TickerSpan("IR", "TT", last=date(2020, 2, 28)),
    TickerSpan("TT", "TT", first=date(2020, 3, 2)),
    TickerSpan("GDI", "IR", last=date(2020, 2, 28)),
    TickerSpan("IR", "IR", first=date(2020, 3, 2)),
    TickerSpan("DAL", "DAL"),
)


def master(*overrides: IdentityOverride) -> SecurityMaster:
    return SecurityMaster(ISSUERS, SECURITIES, SPANS, overrides)


def asked(**known: str) -> list[Identifier]:
    return [Identifier(scheme, value) for scheme, value in known.items()]


@pytest.mark.parametrize(
    ("known", "security_id", "by"),
    [
        ({"security_id": "AAPL"}, "AAPL", "security_id"),
        ({"isin": APPLE_ISIN}, "AAPL", "isin"),
        ({"cusip": APPLE_CUSIP}, "AAPL", "cusip"),  # the list has the ISIN only
        ({"isin": "US02079K1079"}, "GOOG", "cusip"),  # the list has the CUSIP only
        ({"sedol": "2046251"}, "AAPL", "sedol"),
        ({"figi": "BBG000B9XRY4"}, "AAPL", "figi"),
        ({"cik": "320193"}, "AAPL", "cik"),
        ({"lei": APPLE_LEI}, "AAPL", "lei"),
        ({"ticker": "aapl"}, "AAPL", "ticker"),
        ({"name": "APPLE INC"}, "AAPL", "name"),
        ({"name": "Delta Air Lines"}, "DAL", "name"),
        ({"name": "GARDNER DENVER HOLDINGS, INC."}, "IR", "name"),
        ({"name": "nobody knows", "ticker": "AAPL", "cik": "320193"}, "AAPL", "cik"),
    ],
)
def test_each_identifier_is_recognised_by_the_strongest_that_is_known(known, security_id, by):
    found = master().resolve(*asked(**known), on=DAY)
    assert (found.security_id, found.by) == (security_id, by)
    assert found.resolved


@pytest.mark.parametrize("known", [{"cik": "1652044"}, {"name": "Alphabet Inc. Class A"}, {"name": "GOOGLE INC"}])
def test_an_issuer_means_all_its_share_classes_and_none_of_them_by_itself(known):
    found = master().resolve(*asked(**known), on=DAY)
    assert (found.issuer_id, found.security_ids) == ("alphabet", ("GOOGL", "GOOG"))
    with pytest.raises(InputError, match="issuer alphabet, which has GOOGL, GOOG"):
        _ = found.security_id


def test_a_ticker_names_the_share_class_of_an_issuer_that_is_known():
    found = master().resolve(*asked(cik="1652044", ticker="GOOG"), on=DAY)
    assert (found.security_id, found.by) == ("GOOG", ResolvedBy.CIK)
    stranger = master().resolve(*asked(cik="1652044", ticker="AAPL"), on=DAY)
    assert stranger.security_ids == ("GOOGL", "GOOG")


def test_share_classes_share_their_issuer_and_with_it_its_metrics():
    assert master().issuer_of("GOOGL") == master().issuer_of("GOOG") == ISSUERS[0]
    assert master().share_classes("alphabet") == ("GOOGL", "GOOG")
    with pytest.raises(UnknownSecurityError):
        master().issuer_of("XYZ")


def test_a_recycled_ticker_means_what_it_meant_on_the_day():  # BI-041
    ticker = Identifier("ticker", "IR")
    assert master().resolve(ticker, on=date(2019, 6, 3)).security_id == "TT"
    assert master().resolve(ticker, on=date(2021, 6, 3)).security_id == "IR"
    assert not master().resolve(ticker, on=date(2020, 3, 1)).resolved  # a Sunday between the two
    with pytest.raises(InputError, match="could be IR or TT"):
        master().resolve(ticker, on=None)


def test_exact_identifiers_that_disagree_are_a_conflict_and_mean_nothing():
    found = master().resolve(*asked(isin=APPLE_ISIN, cik="1652044"), on=DAY)
    assert (found.by, found.security_ids) == (ResolvedBy.CONFLICT, ())
    assert "isin means AAPL, cik:0001652044 means GOOGL, GOOG" in found.note
    with pytest.raises(UnknownSecurityError, match="isin means AAPL"):
        _ = found.security_id


def test_an_identifier_with_a_slip_matches_nothing_and_says_so():
    found = master().resolve(*asked(isin="US0378331004"), on=DAY)
    assert not found.resolved
    assert "check digit" in found.note
    assert master().resolve(*asked(isin="US0378331004", ticker="AAPL"), on=DAY).by == "ticker"


@pytest.mark.parametrize("name", ["Apple Hospitality REIT Inc", "Delta Apparel Inc", "Appel Inc", "Inc.", "Alphabets"])
def test_names_that_only_look_alike_are_unresolved(name):
    found = master().resolve(*asked(name=name), on=DAY)
    assert (found.by, found.resolved) == (ResolvedBy.NOTHING, False)
    with pytest.raises(UnknownSecurityError, match="is unresolved"):
        _ = found.security_id


def test_a_name_of_two_issuers_is_unresolved_and_both_are_named():
    twins = SecurityMaster(
        [Issuer("a", "Liberty Global Ltd"), Issuer("b", "Liberty Global plc")],
        [ListedSecurity("A", "a"), ListedSecurity("B", "b")],
    )
    found = twins.resolve(*asked(name="Liberty Global"), on=DAY)
    assert not found.resolved
    assert "fits a, b" in found.note


def decision(meaning: str = "DAL", **more) -> IdentityOverride:
    return IdentityOverride(Identifier("name", "DELTA AIR"), meaning, "Ann Analyst", date(2024, 1, 2), **more)


def test_a_decision_comes_first_names_its_author_and_may_say_none():
    found = master(decision()).resolve(Identifier("name", "DELTA AIR"), on=DAY)
    assert (found.security_id, found.by) == ("DAL", ResolvedBy.OVERRIDE)
    assert found.note == "decided by Ann Analyst on 2024-01-02"
    none = IdentityOverride(Identifier("ticker", "AAPL"), "", "Ann Analyst", date(2024, 1, 2), note="a fund's AAPL*")
    refused = master(none).resolve(*asked(ticker="AAPL"), on=DAY)
    assert (refused.resolved, refused.by) == (False, ResolvedBy.OVERRIDE)
    assert "a fund's" in refused.note


def test_a_decision_holds_in_its_time_only():
    then = master(decision(first=date(2020, 1, 1), last=date(2021, 1, 1)))
    assert then.resolve(Identifier("name", "DELTA AIR"), on=date(2020, 6, 1)).resolved
    assert not then.resolve(Identifier("name", "DELTA AIR"), on=DAY).resolved
    assert not then.resolve(Identifier("name", "DELTA AIR"), on=None).resolved


def test_two_decisions_of_one_identifier_hold_at_different_times_or_are_refused():
    early, late = decision(last=date(2020, 1, 1)), decision("TT", first=date(2020, 1, 2))
    both = master(early, late)
    assert both.resolve(Identifier("name", "DELTA AIR"), on=DAY).security_id == "TT"
    assert master(decision(), decision()).resolve(Identifier("name", "DELTA AIR"), on=None).security_id == "DAL"
    with pytest.raises(InputError, match="means DAL as Ann Analyst decided on 2024-01-02, and TT"):
        master(early, decision("TT", first=date(2020, 1, 1)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SecurityMaster([Issuer("a"), Issuer("a")], []),
        lambda: SecurityMaster([], [ListedSecurity("A", "a")]),
        lambda: SecurityMaster([Issuer("a")], [ListedSecurity(" ", "a")]),
        lambda: SecurityMaster([Issuer("a")], [ListedSecurity("A", "a")], [TickerSpan("B", "B")]),
        lambda: SecurityMaster(
            [Issuer("a")], [ListedSecurity("A", "a", isin=APPLE_ISIN), ListedSecurity("B", "a", isin=APPLE_ISIN)]
        ),
        lambda: SecurityMaster([Issuer("a", cik="1"), Issuer("b", cik="01")], [ListedSecurity("A", "a")]),
        lambda: master(decision("XYZ")),
        lambda: IdentityOverride(Identifier("name", "x"), "A", " ", DAY),
        lambda: decision(first=date(2021, 1, 1), last=date(2020, 1, 1)),
        lambda: master().resolve(on=DAY),
    ],
)
def test_lists_that_contradict_themselves_are_refused(wrong):
    with pytest.raises(InputError):
        wrong()


def test_every_subject_has_an_answer_and_what_is_missing_is_counted_with_its_weight():
    subjects = {"a": asked(ticker="AAPL"), "b": asked(ticker="ZZZZ"), "c": asked(isin=APPLE_ISIN, cik="1652044")}
    found = resolve_all(master(), subjects, on=DAY, weights={"a": 0.9, "b": 0.1})
    assert list(found.by_subject) == ["a", "b", "c"]
    assert dict(found.counts) == {"ticker": 1, "unresolved": 1, "conflict": 1}
    assert list(found.unresolved) == ["b", "c"]
    assert found.unresolved_weight == pytest.approx(0.1)
    assert found.sentence == "On 2024-12-06, 2 of 3 names are unresolved (0.1000 of weight): b, c."
    assert found.require(unresolved_max=0.7) is found
    with pytest.raises(IncompleteDataError, match="2 of 3 names are unresolved"):
        found.require(unresolved_max=0.6)


def test_an_ambiguous_ticker_does_not_stop_the_others_and_is_unresolved_with_its_reason():
    twice = SecurityMaster(
        [Issuer("a"), Issuer("b")],
        [ListedSecurity("A", "a"), ListedSecurity("B", "b")],
        [TickerSpan("T", "A"), TickerSpan("T", "B"), TickerSpan("U", "B")],
    )
    found = resolve_all(twice, {"t": asked(ticker="T"), "u": asked(ticker="U")}, on=DAY)
    assert found.by_subject["u"].security_id == "B"
    assert "could be A or B" in found.unresolved["t"]


def test_the_names_of_a_market_are_a_master_by_their_tickers():
    made = SecurityMaster.of_universe(Universe((Security("id1", "BRK.B", "Berkshire"), Security("id2"))))
    for written in ("BRK B", "BRK/B", "BRKB", "brk-b"):
        assert made.resolve(Identifier("name", written), Identifier("ticker", written), on=DAY).security_id == "id1"
    assert made.resolve(*asked(ticker="ID2"), on=DAY).security_id == "id2"


def test_words_that_count_are_the_same_however_a_name_is_written():
    assert name_tokens("Alphabet Inc. Class A") == name_tokens("ALPHABET INC CLASS C") == ("alphabet",)
    assert name_tokens("Société Générale S.A.") == name_tokens("SOCIETE GENERALE SA")
    assert name_tokens("Johnson & Johnson") == name_tokens("JOHNSON AND JOHNSON") != name_tokens("Johnson Co")
    assert name_tokens("The Coca-Cola Company") == name_tokens("COCA COLA CO")
    assert name_tokens("Co. Ltd") == ("co", "ltd")
    assert name_tokens("McDonald's") == ("mcdonalds",)
