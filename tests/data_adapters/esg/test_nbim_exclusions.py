from datetime import date

import pytest

from di_advisor.errors import InputError, SourceContentError
from di_data.esg.nbim_exclusions import NbimExclusions, aliases_of, list_state
from tests.data_adapters.esg.esg_bodies import COAL, NBIM_HEADER, TOBACCO, WATCHED, nbim_page, parsed


def read(*rows, header=NBIM_HEADER):
    return parsed(NbimExclusions(), nbim_page(*rows, header=header))


def test_a_company_carries_its_reason_and_is_known_from_its_publication():
    (found,) = read(TOBACCO)
    assert (found.subject.value, found.metric, found.value) == ("Leaf Works Inc", "nbim_excluded", True)
    assert found.known_on == date(2010, 1, 19)
    assert found.note == "Product-based, Production of tobacco, Exclusion 2010-01-19"


def test_observation_is_not_exclusion():
    (found,) = read(WATCHED)
    assert (found.metric, found.value) == ("nbim_observed", True)
    assert [a.value for a in found.aliases] == ["Looked At PLC"]


def test_names_in_the_column_without_a_name_become_aliases_and_stay_in_the_note():
    (found,) = read(COAL)
    assert [a.value for a in found.aliases] == ["Black Power North LLC", "Seam, Inc", "Pit Corp"]
    assert "Incl. subsidiaries" in found.note


@pytest.mark.parametrize(
    ("note", "names"),
    [
        ("Former GenCorp Inc", ("GenCorp Inc",)),
        ("Incl. subsidiaries A Energy LLC, B Co and C PLC", ("A Energy LLC", "B Co", "C PLC")),
        ("Formerly Salt and Sand Ltd", ("Salt and Sand Ltd",)),
        ("See press release", ()),
        ("", ()),
    ],
)
def test_aliases_are_taken_from_notes_that_name_companies(note, names):
    assert aliases_of(note) == names


def test_two_reasons_of_one_company_are_one_flag_with_both():
    again = ("Leaf Works Inc", "", "Conduct-based", "Human rights", "Exclusion", "03.02.2022")
    (found,) = read(TOBACCO, again)
    assert found.known_on == date(2010, 1, 19)
    assert "Human rights" in found.note
    assert "tobacco" in found.note


def test_entities_of_the_page_are_read_as_what_they_mean():
    (found,) = read(("A &amp; B Inc", *TOBACCO[1:]))
    assert found.subject.value == "A & B Inc"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((*TOBACCO[:4], "Revoked", TOBACCO[5]), "Revoked"),
        ((*TOBACCO[:5], "2010-13-45"), "2010-13-45"),
        ((*TOBACCO[:5], ""), "no publishing date"),
        (TOBACCO[:5], "5 cells"),
        (("", *TOBACCO[1:]), "decision"),
    ],
)
def test_rows_that_are_not_documented_are_refused(row, said):
    with pytest.raises(SourceContentError, match=said):
        read(row)


def test_a_table_without_rows_and_a_page_without_table_are_refused():
    with pytest.raises(SourceContentError, match="empty"):
        read()
    with pytest.raises(SourceContentError, match="no table"):
        parsed(NbimExclusions(), b"<html><body><p>Cookies?</p></body></html>")


def test_the_state_of_the_list_says_that_nothing_can_be_added():
    said = list_state(read(TOBACCO, COAL, WATCHED)).sentence
    assert said == (
        "List as of 2026-11-02, latest decision 2022-02-03: 2 excluded, 1 under observation; "
        "no additions possible since 7 Nov 2025."
    )
    with pytest.raises(InputError, match="no observation"):
        list_state([])
