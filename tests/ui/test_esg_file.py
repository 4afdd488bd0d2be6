"""An ESG file with columns named on the page: form, trial and opening; panel and code give the same proposal."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.esg_columns import ColumnKind, EsgColumn, EsgColumns, HeadColumn
from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.identifiers import IdentifierScheme
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import DiAdvisorError, InputError, SourceContentError
from di_advisor.runs import FileSource, RunSpec, SampleSource, facts_of, run
from di_advisor.runs.code import python_of
from di_advisor.runs.saved import SavedRun, run_from_toml, run_toml
from di_advisor.ui.desk import Desk
from di_advisor.ui.pages.account import AccountPage
from di_advisor.ui.pages.esg_columns_form import EsgColumnsForm
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.verbs import esg_files
from tests.ui.fake_host import FakeHost
from tests.ui.test_account_verbs import Said

DAY = date(2026, 6, 30)
LOW, HIGH = Direction.LOWER_IS_BETTER, Direction.HIGHER_IS_BETTER
SCORES = """Symbol,Company,ESG total,CO2 intensity,Green %,Tobacco,Grade
T0,Zero Co,40,100.5,10,Y,A
T1,One Co,55,220,25,N,B
T2,Two Co,,80,0,N,C
ELSE,<b>Else</b>,70,60,5,N,A
"""
COLUMNS = EsgColumns(
    "House",
    "Symbol",
    (
        EsgColumn("ESG total", "score", least=0, greatest=100),
        EsgColumn("CO2 intensity", "carbon_intensity", ColumnKind.FIGURE, LOW, unit="t/$M"),
        EsgColumn("Green %", "green", ColumnKind.FIGURE, unit="%"),
        EsgColumn("Tobacco", "tobacco", ColumnKind.FLAG, LOW),
        EsgColumn("Grade", "grade", letters=("C", "B", "A")),
    ),
    IdentifierScheme.TICKER,
    known_on=date(2026, 6, 1),
)


@pytest.fixture
def source(tmp_path: Path) -> FileSource:
    """Return three names, an account of them, and an ESG file of two of them and a stranger."""
    prices = ["security_id,ticker,price_usd,sector,half_spread_bps,adv_usd,volatility_per_year"]
    lots = ["account_id,lot_id,security_id,shares,basis_total_usd,acquired"]
    for i in range(4):
        prices.append(f"S{i},T{i},{50 + 10 * i},Energy,2,5e7,0.2")
        lots.append(f"mine,L{i},S{i},{100 + 60 * i},{6000 + 900 * i},2025-03-0{3 + i}")
    index = ["security_id,weight", *(f"S{i},0.25" for i in range(4))]
    for name, lines in {"prices.csv": prices, "lots.csv": lots, "index.csv": index}.items():
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "scores.csv").write_text(SCORES, encoding="utf-8")
    named: dict[str, Any] = {n: tmp_path / f"{n}.csv" for n in ("lots", "prices", "index")}
    return FileSource(**named, as_of=DAY, esg=tmp_path / "scores.csv", esg_columns=COLUMNS)


def changed(source: FileSource, text: str = "", **columns: Any) -> FileSource:
    assert source.esg is not None
    if text:
        source.esg.write_text(text, encoding="utf-8")
    return FileSource(**{**vars(source), "esg_columns": EsgColumns(**{**vars(COLUMNS), **columns})})


def test_measures_carry_unit_direction_scale_and_what_is_blank_stays_unknown(source: FileSource) -> None:
    facts = facts_of(source)
    table = {m.topic: m for m in facts.esg.measures}  # type: ignore[union-attr]
    assert dict(table["score"].values) == {"S0": 40.0, "S1": 55.0}
    assert table["score"].bounds == (0.0, 100.0)
    assert (table["carbon_intensity"].unit, table["carbon_intensity"].direction) == ("t/$M", LOW)
    assert dict(table["green"].values) == {"S0": 0.1, "S1": 0.25, "S2": 0.0}
    assert (table["tobacco"].values["S0"], table["tobacco"].direction) == (1.0, LOW)
    assert dict(table["grade"].values) == {"S0": 2.0, "S1": 1.0, "S2": 0.0}
    assert any("1 of 4 securities are not recognised (ticker:ELSE)" in note for note in facts.notes)
    assert len(facts.fingerprint["esg"]) == 64


def test_workbook_and_parquet_say_what_the_text_says(source: FileSource, tmp_path: Path) -> None:
    frame = pd.read_csv(tmp_path / "scores.csv")
    frame.to_parquet(tmp_path / "scores.parquet")
    frame.to_excel(tmp_path / "scores.xlsx", index=False)
    told = {m.name: dict(m.values) for m in facts_of(source).esg.measures}  # type: ignore[union-attr]
    for name in ("scores.parquet", "scores.xlsx"):
        other = FileSource(**{**vars(source), "esg": tmp_path / name})
        assert {m.name: dict(m.values) for m in facts_of(other).esg.measures} == told  # type: ignore[union-attr]


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a figure outside its scale": ({}, SCORES.replace(",55,", ",155,"), "outside the scale 0 to 100"),
    "text for a figure": ({}, SCORES.replace(",220,", ",high,"), "high"),
    "a flag that is none": ({}, SCORES.replace(",N,C", ",maybe,C"), "'maybe' is neither true nor false"),
    "a letter off the ladder": ({}, SCORES.replace(",Y,A", ",Y,AA"), "'AA' is none of"),
    "fractions for points": ({}, re.sub(r",(40|55|70),", ",0.5,", SCORES.replace("Co,,", "Co,0.4,")), "at most 1"),
    "a column that is gone": ({"id_column": "ISIN"}, "", "ISIN"),
    "figures of tomorrow": ({"known_on": date(2026, 7, 1)}, "", "covers none"),
    "nobody recognised": ({"id_kind": IdentifierScheme.SECURITY_ID}, "", "covers none"),
    "no table": ({}, "<html>no</html>", "a web page came"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_cannot_be_used_is_a_typed_error_that_says_why(case: str, source: FileSource) -> None:
    columns, text, says = WRONG[case]
    with pytest.raises((InputError, SourceContentError), match=re.escape(says)) as told:
        facts_of(changed(source, text, **columns))
    assert isinstance(told.value, DiAdvisorError)
    assert told.value.hint


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"measure": ""}, "gives the measure"),
        ({"least": None, "greatest": None}, "has no scale"),
        ({"least": 5.0, "greatest": 5.0}, "The scale of"),
        ({"kind": ColumnKind.FIGURE}, "has no unit"),
        ({"letters": ("A", "A")}, "no ladder"),
    ],
)
def test_a_column_that_is_half_said_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        EsgColumn(**{"column": "X", "measure": "score", "least": 0.0, "greatest": 1.0, **given})


def test_columns_without_a_day_or_with_one_measure_twice_are_refused() -> None:
    one = EsgColumn("X", "score", least=0, greatest=1)
    with pytest.raises(InputError, match="not said since when"):
        EsgColumns("P", "id", (one,))
    with pytest.raises(InputError, match="Two columns have the measure 'score'"):
        EsgColumns("P", "id", (one, EsgColumn("Y", "score", least=0, greatest=1)), known_on=DAY)


words = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1, max_size=8).filter(
    str.strip
)
figures = st.builds(
    EsgColumn, st.just("a"), words.map(str.strip), st.just(ColumnKind.FIGURE), st.sampled_from(Direction), unit=words
)
scales = st.builds(
    EsgColumn,
    st.just("b"),
    st.just("score"),
    least=st.integers(-9, 0).map(float),
    greatest=st.integers(1, 99).map(float),
)
tables = st.builds(
    EsgColumns, words, words, st.tuples(figures, scales), st.sampled_from(IdentifierScheme), known_on=st.dates()
)


@settings(max_examples=30)
@given(tables)
def test_named_columns_are_saved_and_written_as_python_and_cross_the_pipe(columns: EsgColumns) -> None:
    spec = RunSpec(FileSource(Path("l"), Path("p"), Path("i"), DAY, esg=Path("e"), esg_columns=columns), "mine")
    assert run_from_toml(run_toml(SavedRun(spec))).spec == spec
    assert restored(plain(spec)) == spec
    names: dict[str, Any] = {}
    exec(python_of(spec).partition("\nresult =")[0], names)  # noqa: S102 what the footer shows
    assert names["spec"] == spec


def test_the_form_gives_back_the_columns_that_it_was_shown() -> None:
    form = EsgColumnsForm()
    assert form.columns() is None
    form.show(COLUMNS)
    assert form.columns() == COLUMNS


def test_a_column_counts_once_its_measure_is_said_and_can_be_left_out_again() -> None:
    form = EsgColumnsForm()
    form.offer((HeadColumn("Symbol", ("T0", "<b>"), 3), HeadColumn("ESG total", ("40",), 2)))
    assert "3 cells filled: T0, &lt;b&gt;" in form._cells.value
    form._column.value, form._measure.value = "ESG total", "score"
    form._add.click()
    assert "not said which way ESG total is good" in form._wrong.value
    form._better.value = "higher_is_better"
    form._add.click()
    assert "has no scale" in form._wrong.value
    form._least.value, form._greatest.value = "0", "1e"
    form._add.click()
    assert "is no figure" in form._wrong.value
    form._greatest.value = "100"
    form._add.click()
    assert form._wrong.value == ""
    assert form._counting.options[0][0] == "ESG total: score, 0 to 100, higher is better"
    form._provider.value, form._day.value = "House", DAY
    found = form.columns()
    assert found is not None
    assert found.columns == (EsgColumn("ESG total", "score", least=0, greatest=100),)
    form._counting.value = "ESG total"
    form._drop.click()
    with pytest.raises(InputError, match="No column of the ESG file counts"):
        form.columns()


def page(source: FileSource, **answers: Any) -> tuple[AccountPage, FakeHost]:
    host = FakeHost(RunSpec(source, "mine"), answers)
    made = AccountPage(host)
    host.page = made
    host.refresh()
    return made, host


def test_the_page_shows_a_sources_columns_and_opens_with_those_that_are_named(source: FileSource) -> None:
    made, host = page(source)
    assert made._source() == source
    made._esg._form._provider.value = "Other house"
    made._open.click()
    asked = host.asked[-1][1]["source"]
    assert asked.esg_columns.provider == "Other house"
    assert host.state.spec.source == source  # it could not be read: what is open stays


def test_columns_are_read_and_tried_before_anything_is_opened(source: FileSource) -> None:
    head = {"columns": (HeadColumn("Symbol", ("T0",), 3),)}
    tried = {"sentence": "3 of <4> are recognised.", "measures": 1, "bundle": {"text/html": "x"}}
    made, host = page(source, esg_head=head, try_esg=tried)
    made._esg._read.click()
    assert host.asked[-1] == ("esg_head", {"path": source.esg})
    made._esg._try.click()
    assert [verb for verb, _ in host.asked] == ["esg_head", "try_esg"]
    assert "&lt;4&gt;" in made._esg._told.value
    assert host.shown == [{"text/html": "x"}]
    assert host.state.spec.source == source


def test_without_a_file_nothing_is_asked(source: FileSource) -> None:
    made, host = page(source)
    made._form._paths["esg"].value = ""
    made._esg._read.click()
    assert host.asked == []
    assert "No ESG measures file is named" in made._esg._told.value
    assert isinstance(made._source(), FileSource)
    assert made._source().esg_columns is None  # type: ignore[union-attr]


def test_a_trial_says_coverage_strangers_and_what_is_not_used_and_escapes_them(source: FileSource) -> None:
    late = changed(source, SCORES.replace("ELSE", "<i>x</i>"))
    found = esg_files.try_esg(Desk(), {"source": late}, Said())
    assert found["sentence"] == "scores.csv names 4 securities; 3 are recognised by ticker."
    assert "score, House" in found["bundle"]["text/plain"]
    assert "without value: not_disclosed" in found["bundle"]["text/plain"]
    assert "<i>" not in found["bundle"]["text/html"]
    assert restored(plain(found)) == found
    head = esg_files.esg_head(Desk(), {"path": source.esg}, Said())["columns"]
    assert [c.name for c in head][:2] == ["Symbol", "Company"]
    assert head[2].filled == 3


def test_panel_and_code_give_the_same_proposal_under_a_wish_on_the_file(source: FileSource) -> None:
    wish = EsgWish("carbon_intensity, House", cut_min=0.02)
    spec = RunSpec(source, "mine", Mandate(risk_aversion=20.0, esg=(wish,)))
    panel = Desk().propose(spec, Said())
    names: dict[str, Any] = {}
    exec(python_of(spec), names)  # noqa: S102 what the footer shows
    assert names["result"].proposal.after.objective_usd == panel.after.objective_usd
    assert run(spec).fingerprint == names["result"].fingerprint
    assert [t.shares for t in panel.trade_list] == [t.shares for t in names["result"].proposal.trade_list]


def test_other_sources_have_no_columns_to_name() -> None:
    host = FakeHost(RunSpec(SampleSource(), "young"))
    made = AccountPage(host)
    made.show(host.state)
    assert made._esg_fold.layout.display == "none"
    assert made._source() == SampleSource()
