"""A run's spec: decisions as wishes, and the Python that builds it anew."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from di_advisor.domain.kept_trades import KeptTrade
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.runs import Decisions, FileSource, KernelSource, RunSpec, SampleSource, run
from di_advisor.runs.code import python_of, python_value
from tests.runs.specs import specs


@given(specs)
def test_the_python_of_a_spec_builds_an_equal_spec(spec: RunSpec) -> None:
    built: dict[str, object] = {}
    lines = python_of(spec).rpartition("\nresult = ")[0]
    exec(lines, built)  # noqa: S102 our own lines
    assert built["spec"] == spec


def test_values_at_their_defaults_are_left_out_of_the_python() -> None:
    assert 'spec = RunSpec(source=SampleSource(), account="young")' in python_of(RunSpec(SampleSource(), "young"))


def test_a_text_cannot_end_the_literal_it_stands_in() -> None:
    account = '"); raise SystemExit("'
    built: dict[str, object] = {}
    imports, expression = python_value(RunSpec(SampleSource(), account))
    exec("\n".join([*imports, f"spec = {expression}"]), built)  # noqa: S102 our own lines
    assert built["spec"] == RunSpec(SampleSource(), account)


def test_what_is_no_value_is_refused_instead_of_written() -> None:
    with pytest.raises(InputError, match="cannot be written as Python"):
        python_value(object())


def test_a_rejected_trade_becomes_a_lock_on_its_side_and_a_locked_one_stays_a_decision() -> None:
    decided = Decisions(rejected={"A": Side.BUY, "B": Side.SELL}, locked={"C": KeptTrade(Side.BUY, Decimal(3))})
    wishes = decided.applied(Mandate(do_not_buy=frozenset({"Z"})))
    assert wishes.do_not_buy == {"A", "Z"}
    assert wishes.do_not_sell == {"B"}
    assert wishes.group_bands == ()
    assert decided.binding


def test_decisions_that_do_not_bind_leave_the_mandate_itself() -> None:
    mandate = Mandate()
    assert Decisions(accepted=frozenset({"A"})).applied(mandate) is mandate


def test_a_run_without_an_account_is_refused() -> None:
    with pytest.raises(InputError, match="names no account"):
        RunSpec(SampleSource(), "")


def test_values_of_a_kernel_that_are_not_given_are_asked_for() -> None:
    with pytest.raises(InputError, match=r"they are not given. Hint: Pass them again"):
        run(RunSpec(KernelSource(), "mine"))


def test_a_file_source_takes_texts_for_paths_and_lists_what_is_given() -> None:
    source = FileSource("a.csv", "b.csv", "c.csv", date(2026, 1, 2), Decimal(5), returns="r.parquet")  # type: ignore[arg-type]
    assert source.files == {
        "lots": Path("a.csv"),
        "prices": Path("b.csv"),
        "index": Path("c.csv"),
        "returns": Path("r.parquet"),
    }
