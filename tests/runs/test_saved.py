"""A saved run: what was written comes back equal, and what is wrong is named."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from di_advisor.domain.kept_trades import KeptTrade
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError, NewerSchemaError
from di_advisor.runs import Decisions, FileSource, RunSpec, SampleSource
from di_advisor.runs.saved import SCHEMA_VERSION, SavedRun, changed_inputs, run_from_toml, run_toml
from tests.runs.specs import specs

FILES = FileSource(
    Path("/clients/anna/lots.csv"),
    Path("/prices/today.csv"),
    Path("/clients/anna/index.csv"),
    date(2026, 3, 31),
    Decimal("12.50"),
    notation={"delimiter": ";", "prices.decimal_mark": ","},
)


@given(specs)
def test_what_was_saved_comes_back_equal(spec: RunSpec) -> None:
    saved = SavedRun(spec, {"lots": "ab" * 32}, {"python": "3.11.7"})
    assert run_from_toml(run_toml(saved)) == saved


def test_paths_below_the_file_are_relative_to_it_and_come_back_where_it_lies() -> None:
    folder = Path("/clients/anna")
    text = run_toml(SavedRun(RunSpec(FILES, "anna")), folder)
    assert 'lots = "lots.csv"' in text
    assert 'prices = "/prices/today.csv"' in text
    assert run_from_toml(text, folder=folder).spec.source == FILES
    moved = run_from_toml(text, folder=Path("/elsewhere")).spec.source
    assert isinstance(moved, FileSource)
    assert moved.lots == Path("/elsewhere/lots.csv")


def test_decisions_are_readable_in_the_text() -> None:
    decided = Decisions(
        {"AAA": Side.SELL},
        {"BBB": KeptTrade(Side.SELL, Decimal(5), {"L1": Decimal(2), "L2": Decimal(3)})},
        frozenset({"CCC"}),
    )
    text = run_toml(SavedRun(RunSpec(SampleSource(), "young", decisions=decided)))
    assert 'rejected = {AAA = "sell"}' in text
    assert 'locked = {BBB = {side = "sell", shares = 5, lots = {L1 = 2, L2 = 3}}}' in text
    assert run_from_toml(text).spec.decisions == decided


def test_a_file_of_a_newer_version_is_refused_with_both_versions() -> None:
    text = run_toml(SavedRun(RunSpec(SampleSource(), "young")))
    newer = text.replace(f"schema_version = {SCHEMA_VERSION}", "schema_version = 99")
    with pytest.raises(NewerSchemaError, match="schema version 99; this di_advisor reads up to 1"):
        run_from_toml(newer, "anna.di.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "sample"', 'kind = "yaml"', r"source.kind is 'yaml'. Hint: Give one of: sample, files, kernel"),
        ("seed = 7", 'seed = "x"', r"anna.di.toml: source.seed is 'x'"),
        ("[models]", "[model]", r"anna.di.toml: there is no \[model\]"),
        ('account = "young"', "", r"anna.di.toml: run.account is missing"),
        ("[run]", "[run", r"anna.di.toml is no TOML"),
        ('risk = "factor"', 'risks = "factor"', r"there is no models.risks. Hint: Did you mean risk\?"),
    ],
    ids=["kind", "seed", "table", "missing", "cut", "typo"],
)
def test_what_is_wrong_in_a_file_is_named_with_what_is_allowed(old: str, new: str, said: str) -> None:
    text = run_toml(SavedRun(RunSpec(SampleSource(), "young")))
    assert old in text
    with pytest.raises(InputError, match=said):
        run_from_toml(text.replace(old, new, 1), "anna.di.toml")


def test_inputs_that_changed_since_are_named() -> None:
    assert changed_inputs({"lots": "a", "prices": "b"}, {"lots": "a", "prices": "c", "returns": "d"}) == ("prices",)
