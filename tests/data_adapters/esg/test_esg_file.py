import csv
import io
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.identifiers import IdentifierScheme
from di_advisor.domain.observations import Reading, Status
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.esg.esg_file import EsgFile
from di_data.esg.esg_mapping import PRESETS, EsgMapping, ScoreColumn, preset, read_mapping
from di_data.frame.exchange import Content
from tests.data_adapters.esg.esg_bodies import parsed, workbook

MAPPING = """
provider = "Example Ratings"
licence = "internal use"
[id]
column = "ISIN"
type = "isin"
[aliases]
Name = "name"
[as_of]
column = "Rated"
format = "%d/%m/%Y"
[[scores]]
column = "Total"
metric = "esg_score"
min = 0
max = 100
direction = "higher_is_better"
[[scores]]
column = "Grade"
metric = "esg_grade"
letters = ["C", "B", "A"]
direction = "higher_is_better"
[[flags]]
column = "Tobacco"
metric = "involved_tobacco"
true = ["Y"]
false = ["N"]
"""
HEADER = "ISIN,Name,Rated,Total,Grade,Tobacco"
FIRST, SECOND = "US0378331005", "US5949181045"


def read(*rows, mapping=None, header=HEADER, **how):
    body = "\n".join([header, *rows, ""]).encode()
    return parsed(EsgFile(mapping or read_mapping(MAPPING, "m.toml")), body, Content.CSV, **how)


def values(observations):
    return {(o.subject.value, o.metric): o.value for o in observations}


def test_every_column_is_read_as_the_mapping_says():
    found = read(f"{FIRST},Made Up Inc,05/03/2024,61.5,B,N")
    assert values(found) == {(FIRST, "esg_score"): 61.5, (FIRST, "esg_grade"): 1.0, (FIRST, "involved_tobacco"): False}
    assert {o.known_on for o in found} == {date(2024, 3, 5)}
    assert {(o.provenance.provider, o.provenance.licence) for o in found} == {("Example Ratings", "internal use")}
    assert (found[0].scale, found[0].reading) == ((0.0, 100.0), Reading.HIGHER_IS_BETTER)
    assert found[1].note == "B"
    assert [str(a) for a in found[0].aliases] == ["name:Made Up Inc"]


@pytest.mark.parametrize("blank", ["", "-", "N/A", "nan", "Not rated", "NULL"])
def test_what_is_missing_is_not_disclosed_and_never_zero(blank):
    found = read(f"{FIRST},Made Up Inc,05/03/2024,{blank},{blank},{blank}")
    assert {o.value for o in found} == {None}
    assert {o.status for o in found} == {Status.NOT_DISCLOSED}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("05/03/2024,101,B,N", "101 is outside the scale 0 to 100"),
        ("05/03/2024,-1,B,N", "-1 is outside"),
        ("05/03/2024,61 %,B,N", "is not an amount"),
        ("05/03/2024,good,B,N", "is not an amount"),
        ("05/03/2024,61,D,N", "'D' is none of C, B, A"),
        ("05/03/2024,61,B,maybe", "neither true nor false"),
        ("2024-13-01,61,B,N", "is not a date"),
        (",61,B,N", "Rated is blank"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_line_and_column(cells, said):
    with pytest.raises(SourceContentError, match="line 3") as caught:
        read(f"{FIRST},Good Inc,05/03/2024,61,B,N", f"{SECOND},Bad Inc,{cells}")
    assert said in str(caught.value)


def test_scores_that_are_fractions_of_their_scale_are_refused():
    rows = [f"{i},A Inc,05/03/2024,0.{n}1,B,N" for n, i in enumerate((FIRST, SECOND, "US02079K3059"), 1)]
    with pytest.raises(SourceContentError, match="fractions stand where points"):
        read(*rows)


def test_rows_that_repeat_count_once_and_rows_that_disagree_are_an_error_in_place_of_a_value():
    same = f"{FIRST},Made Up Inc,05/03/2024,61.5,B,N"
    assert len(read(same, same)) == 3
    found = read(same, f"{FIRST},Made Up Inc,05/03/2024,60,B,N")[0]
    assert (found.value, found.status) == (None, Status.ERROR)
    assert "61.5 and 60.0" in found.note


def test_two_days_of_one_company_are_two_observations():
    rows = (f"{FIRST},A,05/03/2023,50,B,N", f"{FIRST},A,05/03/2024,61,B,N")
    assert [o.value for o in read(*rows) if o.metric == "esg_score"] == [50.0, 61.0]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("ISIN,Name,Rated,Total score,Grade,Tobacco", "'Total'"),
        ("ISIN,Name,Rated,Total,Grade", "'Tobacco'"),
        ("ISIN,Name,Rated,Total,Total,Tobacco", "'Grade'"),
    ],
)
def test_a_column_that_is_renamed_or_missing_is_refused_by_name(header, said):
    with pytest.raises(SourceContentError, match=said):
        read(",".join("x" for _ in header.split(",")), header=header)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><title>Sign in</title></html>",
        b"ISIN,Name,Rated,Total,Grade,Tobacco\n",
        b"ISIN,Name,Rated,Total,Grade,Tobacco\nUS0378331005,A,05/03",
        b'{"error": "no"}',
    ],
)
def test_a_body_that_is_no_table_of_scores_is_refused(body):
    with pytest.raises(SourceContentError):
        parsed(EsgFile(read_mapping(MAPPING, "m.toml")), body, Content.CSV)


def test_a_mark_and_other_encodings_change_nothing():
    text = f"{HEADER}\n{FIRST},Made Up Inc,05/03/2024,61.5,B,N\n"
    for body in (text.encode("utf-8-sig"), text.encode("utf-16")):
        adapter = EsgFile(read_mapping(MAPPING, "m.toml"))
        assert values(parsed(adapter, body, Content.CSV))[(FIRST, "esg_score")] == 61.5


def test_a_workbook_gives_the_same_as_a_table():
    row = [FIRST, "Made Up Inc", datetime(2024, 3, 5), 61.5, "B", "N"]  # noqa: DTZ001  # a cell
    body = workbook({"Cover": [], "Scores": [HEADER.split(","), row]})
    found = parsed(EsgFile(read_mapping(MAPPING, "m.toml")), body, Content.XLSX)
    assert values(found) == values(read(f"{FIRST},Made Up Inc,05/03/2024,61.5,B,N"))


def test_a_file_without_a_day_is_known_on_its_own_day_and_says_so():
    columns = (ScoreColumn("Total", "esg_score", Reading.HIGHER_IS_BETTER, (0.0, 100.0)),)
    mapping = EsgMapping("P", "L", "ISIN", IdentifierScheme.ISIN, columns)
    (found,) = read(f"{FIRST},61", mapping=mapping, header="ISIN,Total")
    assert (found.known_on, "states none" in found.note) == (date(2026, 11, 2), True)


# --- mappings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('provider = "Example Ratings"', "", "provider"),
        ('type = "isin"', 'type = "isbn"', "isbn"),
        ('direction = "higher_is_better"', 'direction = "up"', "'up'"),
        ("max = 100", "", "no scale"),
        ("max = 100", "max = 0", "no scale"),
        ('letters = ["C", "B", "A"]', 'letters = ["C", "C"]', "no ladder"),
        ('column = "Rated"', 'column = "Rated"\ndate = 2024-01-01', "a column, or a date"),
        ("[[flags]]", "[[flags]]\nweight = 3", "weight"),
        ("[id]", "[id", "no TOML"),
    ],
)
def test_a_mapping_that_leaves_something_to_guess_is_refused(old, new, said):
    with pytest.raises(InputError, match=said):
        read_mapping(MAPPING.replace(old, new, 1), "m.toml")


def test_a_mapping_may_be_a_preset_by_name():
    assert read_mapping('preset = "lseg"', "m.toml") is PRESETS["lseg"]
    with pytest.raises(InputError, match="msci_letters"):
        preset("moodys")


def test_msci_letters_are_ranks_from_the_least_to_the_greatest():
    header = "ISSUER_ISIN,ISSUER_NAME,IVA_COMPANY_RATING,IVA_RATING_DATE"
    rows = [f"{FIRST},A,AAA,2024-01-05", f"{SECOND},B,CCC,2024-01-05"]
    found = parsed(EsgFile(), "\n".join([header, *rows]).encode(), Content.CSV)
    assert [(o.value, o.scale, o.note) for o in found] == [(6.0, (0.0, 6.0), "AAA"), (0.0, (0.0, 6.0), "CCC")]


@pytest.mark.parametrize(
    ("score", "band"), [(9.9, "negligible"), (10, "low"), (20, "medium"), (30, "high"), (40, "severe")]
)
def test_a_risk_score_is_better_the_lower_and_its_band_follows_from_it(score, band):
    body = f"ISIN,Entity Name,ESG Risk Score,Last Full Update\n{FIRST},A,{score},2024-01-05\n".encode()
    (found,) = parsed(EsgFile(), body, Content.CSV)
    assert found.reading is Reading.LOWER_IS_BETTER
    assert found.note == f"band {band}"


def test_lseg_scores_and_grades_both_count():
    body = f"ISIN,Company Name,ESG Score,ESG Score Grade,Period End Date\n{FIRST},A,61,B,2023-12-31\n".encode()
    assert values(parsed(EsgFile(), body, Content.CSV)) == {(FIRST, "esg_score"): 61.0, (FIRST, "esg_grade"): 7.0}


def test_a_file_that_fits_no_preset_asks_for_a_mapping():
    with pytest.raises(SourceContentError, match="no preset") as caught:
        parsed(EsgFile(), b"Ticker,Score\nA,5\n", Content.CSV)
    assert "mapping" in caught.value.hint


def test_a_preset_may_be_named_with_the_file():
    body = f"ISIN,ESG Score,Period End Date\n{FIRST},61,2023-12-31\n".encode()
    assert parsed(EsgFile(), body, Content.CSV, {"preset": "lseg"})[0].provenance.provider == "LSEG"


def test_a_mapping_may_come_with_the_file():
    body = f"{HEADER}\n{FIRST},Made Up Inc,05/03/2024,61.5,B,N\n".encode()
    found = parsed(EsgFile(), body, Content.CSV, {"mapping": MAPPING})
    assert values(found)[(FIRST, "esg_score")] == 61.5


def test_a_file_is_parsed_and_not_pulled():
    with pytest.raises(InputError, match="data parse"):
        EsgFile().plan(SourceQuery())


@given(
    scores=st.dictionaries(
        st.from_regex(r"[A-Z]{1,5}", fullmatch=True),
        st.one_of(st.none(), st.floats(1.5, 100.0)),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_is_read_back_and_missing_never_becomes_a_figure(scores):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Ticker", "Total"])
    writer.writerows([[ticker, "" if score is None else repr(score)] for ticker, score in scores.items()])
    columns = (ScoreColumn("Total", "esg_score", Reading.HIGHER_IS_BETTER, (0.0, 100.0)),)
    mapping = EsgMapping("P", "L", "Ticker", IdentifierScheme.TICKER, columns, as_of=date(2024, 1, 1))
    found = parsed(EsgFile(mapping), out.getvalue().encode(), Content.CSV)
    assert {o.subject.value: o.value for o in found} == scores
