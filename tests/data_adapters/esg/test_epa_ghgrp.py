from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Status
from di_advisor.domain.ownership import owners_of
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.esg.epa_ghgrp import EpaGhgrp
from di_data.esg.epa_parents import companies_of_parents, scope_1_by_parent
from di_data.frame.exchange import Content
from tests.data_adapters.esg import esg_bodies as b

NAMED = {"named": "yes"}


def of_service(*tables, context=None):
    return [record for table in tables for record in parse(table, context)]


def parse(rows, context=None):
    return b.parsed(EpaGhgrp(), rows, context=context)


def tonnes_of(attribution):
    return {o.subject.value: o.value for o in attribution.observations}


def test_a_joint_facility_is_shared_by_ownership():
    found = scope_1_by_parent(of_service(b.SECTORS, b.FACILITIES, b.EMISSIONS))
    assert tonnes_of(found) == {"INVENTED STEEL CORP": pytest.approx(1050.0), "OTHER METAL (USA) CORP": 490.0}
    assert (found.total_t, found.attributed_t) == (1540.0, pytest.approx(1540.0))


def test_the_year_is_known_when_the_programme_has_published_it():
    (first, _) = scope_1_by_parent(of_service(b.SECTORS, b.FACILITIES, b.EMISSIONS)).observations
    assert (first.period_end, first.known_on) == (date(2023, 12, 31), date(2024, 10, 31))
    assert (first.unit, first.status) == ("tCO2e", Status.REPORTED)
    assert "US facilities over 25,000 t" in first.note


def test_suppliers_and_injection_are_never_added_to_emitters():
    more = [b.emission(2, 9e9, sector=9), b.emission(2, 8e9, sector=12), b.emission(2, 7e9, sector=77)]
    found = scope_1_by_parent(of_service(b.SECTORS, b.FACILITIES, [*b.EMISSIONS, *more]))
    assert found.total_t == 1540.0
    assert found.left_out["rows of suppliers"] == found.left_out["rows of injection"] == 1
    assert found.left_out["rows of a sector that is not known"] == 1


def test_placeholders_are_dropped_and_counted_and_are_no_zeros():
    found = scope_1_by_parent(of_service(b.SECTORS, [b.facility(1, "A INC")], [b.emission(1, None, gas=None)]))
    assert found.observations == ()
    assert found.left_out["placeholders without gas and figure"] == 1


def test_a_figure_that_is_missing_beside_its_gas_is_counted_apart():
    found = scope_1_by_parent(of_service(b.SECTORS, [b.facility(1, "A INC")], [b.emission(1, None)]))
    assert (found.observations, found.left_out["rows without figure"]) == ((), 1)


def test_figures_of_one_key_are_added():
    found = scope_1_by_parent(of_service(b.SECTORS, b.FACILITIES, [b.emission(2, 3.0), b.emission(2, 4.0)]))
    assert found.total_t == 7.0
    assert found.left_out["figures of a key that came again, added"] == 1


def test_a_facility_that_two_answers_hold_counts_once():
    twice = [
        record
        for source in ("answer 1", "answer 2")
        for record in b.parsed(EpaGhgrp(), b.EMISSIONS, context=NAMED | {"table": "emissions"}, source=source)
    ]
    found = scope_1_by_parent([*of_service(b.SECTORS, b.FACILITIES), *twice])
    assert found.total_t == 1540.0
    assert found.left_out["figures of a facility that another answer gave"] == 3


@pytest.mark.parametrize("parent", [None, "A INC; B INC (50%)", "A INC (60%); B INC (50%)"])
def test_owners_that_cannot_be_used_leave_the_facility_out_and_it_is_counted(parent):
    found = scope_1_by_parent(of_service(b.SECTORS, [b.facility(1, parent)], [b.emission(1, 5.0)]))
    assert (found.total_t, found.attributed_t, found.observations) == (5.0, 0.0, ())
    assert found.left_out["facilities whose owners cannot be used"] == 1


def test_keys_in_capitals_and_figures_as_text_of_the_old_service_mean_the_same():
    loud = [{k.upper(): str(v) for k, v in row.items()} for row in b.EMISSIONS]
    found = scope_1_by_parent([*of_service(b.SECTORS, b.FACILITIES), *parse(loud)])
    assert found.total_t == 1540.0


def test_spellings_of_one_parent_are_one():
    facilities = [b.facility(1, "Vista Corp"), b.facility(2, "VISTA  CORP")]
    found = scope_1_by_parent(of_service(b.SECTORS, facilities, [b.emission(1, 5.0), b.emission(2, 6.0)]))
    assert [o.value for o in found.observations] == [11.0]
    assert "also written" in found.observations[0].note


def test_an_empty_table_is_refused_for_a_year_and_an_answer_for_a_name():
    with pytest.raises(SourceContentError, match="empty"):
        parse([], {"table": "emissions", "first": "0", "year": "2024"})
    assert parse([], {"table": "facilities", "first": "0", "named": "yes"}) == []
    with pytest.raises(SourceContentError, match="the body is empty"):
        parse(b"")


def test_pages_go_on_until_one_is_not_full_and_start_after_what_came():
    adapter = EpaGhgrp()
    _, _, first = adapter.plan(SourceQuery(options={"year": "2023"}))
    assert first.url.endswith("/ghg.pub_facts_sector_ghg_emission/year/equals/2023/0:1000/JSON")
    full = [b.emission(n, 1.0) for n in range(1001)]
    body = b.json.dumps(full).encode()
    (second,) = adapter.following(body, b.received(adapter, body, context=first.context))
    assert "/1001:2001/JSON" in second.url
    short = b.json.dumps(b.EMISSIONS).encode()
    assert adapter.following(short, b.received(adapter, short, context=second.context)) == ()


def test_emissions_of_a_parent_are_asked_for_in_batches_of_seven_facilities():
    adapter = EpaGhgrp()
    _, page = adapter.plan(SourceQuery((Identifier(IdentifierScheme.NAME, "A & B"),), options={"year": "2023"}))
    assert "/contains/A%20%26%20B/year/" in page.url
    body = b.json.dumps([b.facility(n, "A & B CO") for n in range(10)]).encode()
    batches = adapter.following(body, b.received(adapter, body, context=page.context))
    assert [r.url.count(",") + 1 for r in batches] == [7, 3]
    assert "/facility_id/in/0,1,2,3,4,5,6/year/equals/2023/" in batches[0].url


@pytest.mark.parametrize("year", ["", "23", "2023; DROP"])
def test_a_year_that_is_none_is_refused(year):
    with pytest.raises(InputError, match="year"):
        EpaGhgrp().plan(SourceQuery(options={"year": year}))


# --- bulk files ------------------------------------------------------------------------------------------------------

ROWS = [[1, "", "Works 1", "XX", 1000.5, 900], [2, "", "Works 2", "XX", "confidential", ""]]


def bulk(body):
    return b.parsed(EpaGhgrp(), body, Content.XLSX)


def table(*rows):
    return b.parsed(EpaGhgrp(), b.owners_table(*rows), Content.CSV)


def test_the_workbook_states_its_year_and_the_day_it_was_reported():
    first, second = bulk(b.ghgrp_workbook(ROWS))
    assert (first.facility_id, first.year, first.tonnes, first.known_on) == ("1", 2023, 1000.5, date(2024, 8, 16))
    assert second.tonnes is None


def test_sheets_of_suppliers_are_counted_and_not_added():
    more = {"Suppliers": [[b.TITLE], ["Facility Id", "GHG Quantity"], [1, 9e9]]}
    records = [*bulk(b.ghgrp_workbook(ROWS[:1], **more)), *table("1.0,,2023.0,Works 1,A INC,100.0")]
    found = scope_1_by_parent(records)
    assert (found.total_t, found.left_out["rows of suppliers"]) == (1000.5, 1)


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (lambda: b.workbook({"Other": [["Facility Id"]]}), "Direct Point Emitters"),
        (lambda: b.ghgrp_workbook([], header=["Facility Id", "Total emissions"]), "total_reported_direct_emissions"),
        (lambda: b.ghgrp_workbook([[1, "", "W", "XX", "12 t", 0]]), "12 t"),
        (lambda: b.ghgrp_workbook(ROWS)[:2000], "cannot be read"),
        (lambda: b.workbook({"Direct Point Emitters": [["no"], ["header"]]}), "no row of the first"),
        (lambda: b.workbook({"Direct Point Emitters": [["Summary"], b.POINT_HEADER]}), "no year"),
    ],
)
def test_a_workbook_of_another_shape_is_refused_by_what_is_wrong(spoiled, said):
    with pytest.raises(SourceContentError, match=said):
        bulk(spoiled())


def test_shares_that_are_blank_are_unknown_and_shares_of_zero_own_nothing():
    records = [
        *bulk(b.ghgrp_workbook([[n, "", f"W{n}", "XX", 10.0, 0] for n in (1, 2, 3)])),
        *table("1,,2023,W1,A INC,", "2,,2023,W2,B INC,0", "3,,2023,W3,C INC,50"),
    ]
    found = scope_1_by_parent(records)
    assert tonnes_of(found) == {"C INC": 5.0, "A INC": None}
    assert found.observations[-1].status is Status.NOT_DISCLOSED
    assert found.left_out["shares that are not known"] == found.left_out["shares of zero"] == 1


def test_shares_of_a_facility_that_exceed_the_whole_are_not_used():
    records = [
        *bulk(b.ghgrp_workbook([[1, "", "W1", "XX", 10.0, 0]])),
        *table("1,,2023,W1,A INC,60", "1,,2023,W1,B INC,50"),
    ]
    assert scope_1_by_parent(records).attributed_t == 0.0


def test_fractions_in_a_column_of_percent_are_refused():
    with pytest.raises(SourceContentError, match="fractions stand where percent"):
        table(*(f"{n},,2023,W,A INC,1.0" for n in range(20)))


@pytest.mark.parametrize("share", ["-5", "150", "half"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(SourceContentError, match="between 0 and 100 percent"):
        table(f"1,,2023,W,A INC,{share}")


def test_a_table_without_a_column_or_cut_off_is_refused():
    with pytest.raises(SourceContentError, match="parent_co_percent_ownership"):
        b.parsed(EpaGhgrp(), b.owners_table("x").replace(b"PERCENT", b"PCT"), Content.CSV)
    with pytest.raises(SourceContentError, match="cut off"):
        table("1,,2023,W,A INC,100", "2,,2023")


def test_a_mark_at_the_beginning_of_the_table_is_nothing():
    marked = b"\xef\xbb\xbf" + b.owners_table("1,,2023,W,A INC,100")
    assert len(b.parsed(EpaGhgrp(), marked, Content.CSV)) == 1


@given(
    tonnes=st.lists(st.floats(0.0, 1e7), min_size=1, max_size=6),
    percent=st.lists(st.integers(1, 99), min_size=1, max_size=6),
)
def test_what_is_attributed_adds_up_to_what_was_emitted(tonnes, percent):
    facilities, emissions = [], []
    for n, t in enumerate(tonnes):
        p = percent[n % len(percent)]
        facilities.append(b.facility(n, f"A (X) INC ({p}%); B INC ({100 - p}%)"))
        emissions.append(b.emission(n, t))
    found = scope_1_by_parent(of_service(b.SECTORS, facilities, emissions))
    assert found.attributed_t == pytest.approx(sum(tonnes))
    assert sum(o.value for o in found.observations) == pytest.approx(sum(tonnes))


@given(
    names=st.lists(st.from_regex(r"[A-Z]{2,8}( \([A-Z]{2,4}\))?( INC| LLC)?", fullmatch=True), min_size=1, max_size=4),
    hundredths=st.integers(1, 2500),
)
def test_owners_that_are_written_are_read_back(names, hundredths):
    share = hundredths / 10_000
    written = "; ".join(f"{name} ({hundredths / 100}%)" for name in names)
    assert owners_of(written) == tuple((name, pytest.approx(share)) for name in names)


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("ENBRIDGE (US) INC", (("ENBRIDGE (US) INC", 1.0),)),
        ("PLANT CO (2)", (("PLANT CO (2)", 1.0),)),
        ("A (33.33%); B (33.33%); C (33.34%)", (("A", 0.3333), ("B", 0.3333), ("C", 0.3334))),
        ("", ()),
    ],
)
def test_brackets_without_percent_belong_to_the_name(text, owners):
    assert owners_of(text) == tuple((name, pytest.approx(share)) for name, share in owners)


def test_parents_are_matched_by_the_very_same_words_and_nothing_else():
    companies = {"S1": "Duke Energy Corporation", "S2": "Duke Realty Corp", "S3": "Twin Inc", "S4": "Twin Corp"}
    parents = ["DUKE ENERGY CORP", "DUKE ENERGY CAROLINAS LLC", "TWIN CO", "ENERGY DUKE"]
    assert companies_of_parents(parents, companies) == {"DUKE ENERGY CORP": "S1", "ENERGY DUKE": "S1"}
