"""A registry's records join share classes and bring numbers; a company's figures reach all of its classes."""

from dataclasses import replace
from datetime import UTC, date, datetime

from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.listed_identity import FormerName, ListedIdentity
from di_advisor.domain.master_identities import observations_by_security, with_identities
from di_advisor.domain.observations import Observation, Provenance, Reading, Status
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.universe import Security, Universe

DAY = date(2026, 3, 31)
FROM = Provenance("SEC", "tickers", "public domain", datetime(2026, 3, 30, 12, tzinfo=UTC), "0" * 64)
MARKET = SecurityMaster.of_universe(
    Universe((Security("id1", "GOOGL", "Alphabet A"), Security("id2", "GOOG"), Security("id3", "BRK.B", "Berkshire")))
)


def record(cik: str, *tickers: str, name: str = "Some Co", **more) -> ListedIdentity:
    known = (Identifier("cik", cik), *(Identifier("ticker", t) for t in tickers))
    return ListedIdentity(known, name, FROM, **more)


def figure(subject: Identifier, value: float = 5.0, **more) -> Observation:
    return Observation(
        subject, "scope_1_t", value, "tCO2e", Reading.LOWER_IS_BETTER, Status.REPORTED, DAY, FROM, **more
    )


def learned() -> SecurityMaster:
    alphabet = record("1652044", "GOOGL", "GOOG", name="Alphabet Inc.", former_names=(FormerName("Google Inc."),))
    made, unused = with_identities(MARKET, [alphabet, record("1067983", "BRK-B"), record("1", "ZZZZ")])
    assert [r.identifiers[0].value for r in unused] == ["0000000001"]
    return made


def test_tickers_of_one_number_are_share_classes_of_one_issuer():
    made = learned()
    assert made.issuer_of("id1") == made.issuer_of("id2")
    found = made.resolve(Identifier("cik", "1652044"), on=DAY)
    assert found.security_ids == ("id1", "id2")
    assert made.resolve(Identifier("name", "GOOGLE INC"), on=DAY).security_ids == ("id1", "id2")
    assert made.resolve(Identifier("cik", "1067983"), on=DAY).security_id == "id3"
    assert made.resolve(Identifier("ticker", "GOOG"), on=DAY).security_id == "id2"
    assert len(MARKET.issuers) == 3


def test_records_of_one_number_that_come_apart_are_one_issuer_too():
    made, unused = with_identities(MARKET, [record("1652044", "GOOGL"), record("1652044", "GOOG")])
    assert unused == ()
    assert made.share_classes(made.issuer_of("id2").issuer_id) == ("id1", "id2")


def test_a_record_that_contradicts_what_is_known_changes_nothing_and_comes_back():
    made = learned()
    wrong = record("999", "GOOG")
    again, unused = with_identities(made, [wrong])
    assert unused == (wrong,)
    assert again.resolve(Identifier("cik", "1652044"), on=DAY).security_ids == ("id1", "id2")
    joined, unused = with_identities(made, [record("7", "GOOG", "BRK-B")])
    assert len(unused) == 1
    assert joined.issuer_of("id3") == made.issuer_of("id3")


def test_a_companys_figure_is_given_to_all_its_share_classes():
    by_cik = figure(Identifier("cik", "1652044"))
    by_ticker = figure(Identifier("ticker", "BRK/B"), 7.0)
    nobody = figure(Identifier("name", "Unheard Of"), 9.0)
    found = observations_by_security(learned(), [by_cik, by_ticker, nobody], on=DAY)
    assert {(o.security_id, o.value) for o in found.observations} == {("id1", 5.0), ("id2", 5.0), ("id3", 7.0)}
    assert list(found.resolutions.unresolved) == ["name:Unheard Of"]


def test_a_class_that_is_named_keeps_its_own_figure():
    one, other = figure(Identifier("ticker", "GOOGL"), 1.0), figure(Identifier("ticker", "GOOG"), 2.0)
    found = observations_by_security(learned(), [one, other], on=DAY)
    assert sorted((o.security_id, o.value) for o in found.observations) == [("id1", 1.0), ("id2", 2.0)]
    alone = observations_by_security(learned(), [one], on=DAY)
    assert sorted((o.security_id, o.value) for o in alone.observations) == [("id1", 1.0), ("id2", 1.0)]


def test_an_alias_resolves_what_the_subject_does_not():
    vague = figure(Identifier("name", "BERKSHIRE HATHAWAY"), aliases=(Identifier("cik", "1067983"),))
    (found,) = observations_by_security(learned(), [vague], on=DAY).observations
    assert (found.security_id, found.subject) == ("id3", vague.subject)
    assert replace(found, security_id="") == vague
