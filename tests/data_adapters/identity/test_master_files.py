"""Files of the security master: every wrong row is named, a suggestion is no decision, and files come back."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.security_facts import IdentityOverride
from di_advisor.errors import InputError, RowsError
from di_data.identity import overrides_csv, read_overrides, read_security_master, suggest, suggestions_csv
from tests.data_adapters.files import write

DAY = date(2026, 3, 31)
SECURITIES = """\
security_id,issuer_id,ticker,ticker_first,ticker_last,issuer_name,former_names,cik,lei,isin,cusip
GOOGL,alphabet,GOOGL,2014-04-03,,Alphabet Inc.,Google Inc.; GOOGLE LLC,1652044,,US02079K3059,
GOOGL,,GOOG,2004-08-19,2014-04-02,,,,,,
GOOG,alphabet,GOOG,2014-04-03,,,,1652044,,,02079K107
AAPL,,AAPL,,,Apple Inc.,,320193,HWUPKR0MPOU8FGXBT394,US0378331005,037833100
DAL,,DAL,,,Delta Air Lines,,,,,
DLA,,DLA,,,Delta Apparel,,,,,
"""
OVERRIDES = """\
scheme,value,security_id,author,decided,first,last,note
name,INTL ORCHARDS,AAPL,Ann Analyst,2026-01-05,,,annual report
ticker,AAPL*,,Ann Analyst,2026-01-05,2016-01-01,2016-12-31,a foreign line
"""


def master(folder, securities=SECURITIES, overrides=OVERRIDES):
    paths = write(folder, securities, "securities.csv"), write(folder, overrides, "overrides.csv")
    return read_security_master(paths[0], overrides=paths[1], as_of=DAY)


def test_a_list_with_a_row_for_each_ticker_becomes_issuers_share_classes_and_spans(tmp_path):
    made = master(tmp_path)
    assert made.issuer_of("GOOG").former_names == ("Google Inc.", "GOOGLE LLC")
    assert made.share_classes("alphabet") == ("GOOGL", "GOOG")
    ticker = Identifier("ticker", "GOOG")
    assert made.resolve(ticker, on=date(2013, 1, 2)).security_id == "GOOGL"
    assert made.resolve(ticker, on=DAY).security_id == "GOOG"
    assert made.resolve(Identifier("name", "Intl Orchards"), on=DAY).resolved is False
    assert made.resolve(Identifier("name", "INTL ORCHARDS"), on=DAY).note.startswith("decided by Ann Analyst")
    assert made.issuer_of("DAL").issuer_id == "DAL"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("US0378331005", "US0378331006", "line 5, isin: The check digit of the ISIN US0378331006 is 6"),
        ("2014-04-02", "04/02/2014", "line 3, ticker_last: '04/02/2014' is not a date"),
        ("2014-04-02", "2004-04-02", "line 3, ticker: GOOG ends on 2004-04-02, before 2004-08-19"),
        ("\nGOOG,", "\n,", "line 4, security_id: it is empty"),
        ("DAL,,DAL", "DAL,,", "line 6, ticker: A ticker or an id is empty"),
        ("GOOG,2014-04-03,,,,1652044", "GOOG,2014-04-03,,,,1652045", "line 4, cik: it is '0001652045', and"),
        ("320193", "32o193", "line 5, cik: The CIK '32o193' is not a number"),
        ("DLA,,DLA,,,Delta Apparel,,", "DLA,,DLA,,,Delta Apparel,,320193", "cik:0000320193 stands for AAPL and for"),
    ],
)
def test_what_is_wrong_in_a_list_is_named_by_row_and_column(tmp_path, old, new, words):
    assert old in SECURITIES
    with pytest.raises(InputError) as caught:
        master(tmp_path, SECURITIES.replace(old, new, 1))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Ann Analyst,2026-01-05,,", ",2026-01-05,,", "line 2, author: it is empty"),
        ("2026-01-05,,", ",,", "line 2, decided: it is empty"),
        ("2026-01-05,,", "2026-04-01,,", "line 2, decided: 2026-04-01 is after 2026-03-31"),
        ("name,INTL", "nickname,INTL", "line 2, scheme: 'nickname' is not a kind of identifier"),
        ("name,INTL ORCHARDS", "isin,US0378331006", "line 2, value: The check digit of the ISIN"),
        ("name,INTL ORCHARDS", "name,", "line 2, value: An identifier of kind name is empty"),
        ("2016-12-31", "2015-12-31", "line 3, first: The decision on ticker:AAPL* ends on 2015-12-31, before"),
        (",AAPL,Ann", ",ZZZZ,Ann", "names 1 security that the universe does not hold: ZZZZ"),
        ("author,", "authors,", "Did you mean author by authors?"),
    ],
)
def test_what_is_wrong_in_decisions_is_named_by_row_and_column(tmp_path, old, new, words):
    assert old in OVERRIDES
    with pytest.raises(InputError) as caught:
        master(tmp_path, overrides=OVERRIDES.replace(old, new, 1))
    assert words in str(caught.value)


def test_all_wrong_rows_of_decisions_are_told_together(tmp_path):
    wrong = OVERRIDES.replace("Ann Analyst", "").replace("2026-01-05", "")
    with pytest.raises(RowsError) as caught:
        read_overrides(write(tmp_path, wrong, "overrides.csv"), as_of=DAY)
    assert len(caught.value.errors) == 4
    assert {(e.facts["row"], e.facts["field"]) for e in caught.value.errors} == {
        (row, field) for row in ("line 2", "line 3") for field in ("author", "decided")
    }


def test_two_decisions_that_contradict_each_other_are_refused_with_both_authors(tmp_path):
    other = OVERRIDES + "name,INTL ORCHARDS,DAL,Bob Broker,2026-02-05,,,\n"
    with pytest.raises(InputError, match="Ann Analyst decided on 2026-01-05, and DAL as Bob Broker decided"):
        master(tmp_path, overrides=other)


def test_suggestions_are_candidates_and_nothing_is_resolved_by_them(tmp_path):
    made = master(tmp_path)
    found = suggest("DELTA AIRLINES", made)
    assert found[0].security_id == "DAL"
    assert found[0].likeness > 70
    assert [s.likeness for s in found] == sorted((s.likeness for s in found), reverse=True)
    assert not made.resolve(Identifier("name", "DELTA AIRLINES"), on=DAY).resolved
    assert {s.security_id for s in suggest("Alphabet Holdings", made, least_likeness=60)} == {"GOOGL", "GOOG"}
    assert suggest("QQQQ", made) == ()
    with pytest.raises(InputError, match="has no words"):
        suggest("..", made)


def test_a_file_of_suggestions_is_no_file_of_decisions_until_a_person_signs(tmp_path):
    text = suggestions_csv(suggest("DELTA AIRLINES", master(tmp_path)))
    with pytest.raises(RowsError, match="A suggestion becomes a decision when a person signs"):
        read_overrides(write(tmp_path, text, "suggested.csv"), as_of=DAY)
    signed = text.replace("DAL,,,", "DAL,Ann Analyst,2026-03-30,", 1).splitlines()[:2]
    (decided,) = read_overrides(write(tmp_path, "\n".join(signed), "signed.csv"), as_of=DAY)
    assert (decided.security_id, decided.author) == ("DAL", "Ann Analyst")
    assert decided.note.startswith("suggested: like Delta Air Lines")


def test_a_formula_in_a_name_is_text_in_the_file_and_comes_back(tmp_path):  # BI-070
    nasty = IdentityOverride(Identifier("name", '=HYPERLINK("x")'), "+1", "@me", DAY, note="-2+3")
    text = overrides_csv([nasty])
    assert not [c for c in text.splitlines()[1].split(",") if c[:1] in "=+-@" and c]
    assert read_overrides(write(tmp_path, text, "o.csv"), as_of=DAY) == (nasty,)


WORDS = st.text("ABCxyz 0123'=+-@.&é", min_size=1, max_size=12).map(str.strip).filter(bool)
DAYS = st.dates(date(2000, 1, 1), DAY)
DECISIONS = st.builds(
    lambda value, meaning, author, decided, first, last, note: IdentityOverride(
        Identifier(IdentifierScheme.NAME, value), meaning, author, decided, first, last, note
    ),
    WORDS,
    st.one_of(st.just(""), WORDS),
    WORDS,
    DAYS,
    st.none() | st.dates(date(1990, 1, 1), date(2000, 1, 1)),
    st.none() | DAYS,
    st.one_of(st.just(""), WORDS),
)


@given(st.lists(DECISIONS, max_size=4))
def test_decisions_that_are_written_read_back_as_the_same(tmp_path_factory, decisions):
    path = write(tmp_path_factory.mktemp("decisions"), overrides_csv(decisions), "overrides.csv")
    assert read_overrides(path, as_of=DAY + timedelta(days=1)) == tuple(decisions)
