"""A run's spec: decisions as wishes, and the Python that builds it anew."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.group_bands import GroupBand, GroupKind
from di_advisor.domain.mandate import Band, Mandate, NameBand, TradingMode
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.runs import Decisions, FileSource, KernelSource, RunSpec, SampleSource, run
from di_advisor.runs.code import python_of, python_value

names = st.text(min_size=1, max_size=12)
weights = st.floats(0, 1)
decisions = st.builds(
    Decisions,
    rejected=st.dictionaries(names, st.sampled_from(Side), max_size=3),
    locked=st.dictionaries(names, weights, max_size=3),
    accepted=st.frozensets(names, max_size=3),
)
mandates = st.builds(
    Mandate,
    tracking_error_max=st.none() | st.floats(0.0001, 0.5),
    min_trade_usd=st.decimals(0, 10_000, places=2),
    sector_band=st.none() | st.builds(Band.within, st.floats(0, 0.2)),
    name_band=st.builds(NameBand, upper_multiple=st.floats(1, 9) | st.just(float("inf"))),
    factor_bands=st.dictionaries(names, st.builds(Band.within, st.floats(0, 1)), max_size=2),
    do_not_buy=st.frozensets(names, max_size=3),
    mode=st.sampled_from([TradingMode.REBALANCE, TradingMode.BUY_ONLY]),
    esg=st.lists(st.builds(EsgWish, names, uplift_min=st.floats(0.01, 0.5)), max_size=1).map(tuple),
)
sources = st.builds(SampleSource, st.integers(0, 99)) | st.builds(
    FileSource,
    lots=names.map(lambda n: Path("lots") / n.replace("\0", "0")),
    prices=st.just(Path("prices.csv")),
    index=st.just(Path("index.csv")),
    as_of=st.dates(date(2000, 1, 1)),
    cash_usd=st.decimals(0, 10_000, places=2),
    notation=st.dictionaries(names, names, max_size=2),
)


@given(st.builds(RunSpec, sources, names, mandates, decisions=decisions))
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


def test_a_rejected_trade_becomes_a_lock_on_its_side_and_a_locked_one_a_band_around_its_weight() -> None:
    decided = Decisions(rejected={"A": Side.BUY, "B": Side.SELL}, locked={"C": 0.02})
    wishes = decided.applied(Mandate(do_not_buy=frozenset({"Z"})))
    assert wishes.do_not_buy == {"A", "Z"}
    assert wishes.do_not_sell == {"B"}
    (band,) = wishes.group_bands
    assert band == GroupBand(GroupKind.NAME, "C", 0.02 - 1e-6, 0.02 + 1e-6)


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
