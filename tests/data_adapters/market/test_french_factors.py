"""Kenneth French's tables: any preamble, percent to fractions, codes for nothing, and no years among the months."""

import csv
import io
import zipfile
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.factor_returns import FactorReturnTable, Frequency
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.market.french_factors import FIVE_FACTORS, FrenchFactors
from tests.data_adapters.market.market_bodies import FIVE_ROWS, PROVENANCE, french_text, received, ticker, zipped

FRENCH = FrenchFactors()
MONTHS = (("202311", (8.84,)), ("202312", (-999,)), ("202401", (0.7,)), ("202402", (-99.99,)))


def table(body: bytes, **context: str) -> FactorReturnTable:
    (only,) = FRENCH.parse(body, received(FRENCH, **context))
    return only


def refusal(body: bytes, **context: str) -> str:
    with pytest.raises(SourceContentError) as caught:
        table(body, **context)
    return str(caught.value)


@pytest.mark.parametrize("preamble", [1, 4, 6, 12])
@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_daily_percent_become_fractions_whatever_stands_before(preamble, mark):
    text = french_text(FIVE_ROWS, preamble=preamble)
    for body in (zipped(text), mark + text.encode()):
        made = table(body, table="five_factors", frequency="daily")
        assert (made.factors, made.frequency) == (FIVE_FACTORS, Frequency.DAILY)
        assert made.dates.tolist() == [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)]
        assert made.column("Mkt-RF") == pytest.approx([-0.0071, -0.0102, -0.0038])
        assert np.isnan(made.values).nonzero() == ([2], [2])
        assert made.column("RF")[0] == pytest.approx(0.00022)


def test_months_end_before_the_years_and_carry_their_last_day():
    made = table(zipped(french_text(MONTHS, ("Mom",), annual=True)), table="momentum", frequency="monthly")
    assert made.dates.tolist() == [date(2023, 11, 30), date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29)]
    assert made.column("Mom") == pytest.approx([0.0884, np.nan, 0.007, np.nan], nan_ok=True)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.dates(date(1926, 1, 1), date(2026, 1, 1)),
        st.tuples(*[st.integers(-2500, 2500) | st.none()] * 6).filter(lambda v: v[0] is not None),
        min_size=1,
        max_size=20,
    ),
    st.integers(1, 12),
)
def test_what_is_rendered_is_what_is_read(rows, preamble):
    written = [(f"{d:%Y%m%d}", [-99.99 if v is None else v / 100 for v in vs]) for d, vs in sorted(rows.items())]
    made = table(zipped(french_text(written, preamble=preamble)))
    assert made.dates.tolist() == sorted(rows)
    for row, d in zip(made.values, sorted(rows), strict=True):
        assert row == pytest.approx([np.nan if v is None else v / 10_000 for v in rows[d]], nan_ok=True)


def lines(text: str, **changed: str) -> bytes:
    for old, new in changed.items():
        text = text.replace(old.replace("__", "\n"), new)
    return zipped(text)


GOOD = french_text(FIVE_ROWS)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"PK\x03\x04 half", "damaged or cut off"),
        (zipped(GOOD)[:-30], "damaged or cut off"),
        (zipped(GOOD, name="read.me"), "0 CSV files"),
        (b"<html><body>Not here</body></html>", "no line begins with a date"),
        (lines(GOOD, SMB="SML"), "none of a documented table"),
        (lines(GOOD, **{"20240103": "20240101"}), "do not ascend"),
        (lines(GOOD, **{"20240103": "20240102"}), "do not ascend"),
        (lines(GOOD, **{"20240103": "20241303"}), "no date"),
        (zipped(GOOD[: GOOD.index("-1.56")]), "cut off"),
        (lines(GOOD, **{"-1.56": "x.xx"}), "not all numbers"),
        (lines(GOOD, **{"   -1.56": " -100.01"}), "loss of everything"),
        (zipped(french_text([("20240102", [-99.99] * 6)])), "all its returns are missing"),
    ],
    ids=["half", "cut", "member", "page", "renamed", "order", "twice", "date", "row", "text", "lost", "nothing"],
)
def test_archives_of_another_shape_are_refused(body, words):
    assert words in refusal(body)


def test_two_files_in_one_archive_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", GOOD)
        archive.writestr("b.CSV", GOOD)
    assert "2 CSV files" in refusal(out.getvalue())


def test_another_table_or_frequency_than_asked_for_is_refused():
    assert "Mom was asked for" in refusal(zipped(GOOD), table="momentum")
    assert "monthly returns were asked for" in refusal(zipped(GOOD), table="five_factors", frequency="monthly")


def test_tables_come_whole_and_only_those_that_are_known():
    planned = FRENCH.plan(SourceQuery())
    assert [r.url.rpartition("/")[2] for r in planned] == [
        "F-F_Research_Data_5_Factors_2x3_daily_CSV.zip",
        "F-F_Momentum_Factor_daily_CSV.zip",
    ]
    for query in (SourceQuery((ticker("ACME"),)), SourceQuery(options={"tables": "49_industries"})):
        with pytest.raises(InputError, match="french_factors"):
            FRENCH.plan(query)


def test_tables_join_on_days_that_both_have_and_refuse_what_does_not_fit():
    five = table(zipped(GOOD))
    momentum = table(zipped(french_text([("20240103", (0.4,)), ("20240105", (0.1,))], ("Mom",))))
    joined = five.joined(momentum)
    assert joined.dates.tolist() == [date(2024, 1, 3)]
    assert joined.factors == (*FIVE_FACTORS, "Mom")
    assert (joined.provenance, joined.also_from) == (five.provenance, (momentum.provenance,))
    assert (joined.values[0, 0], joined.values[0, 6]) == (pytest.approx(-0.0102), pytest.approx(0.004))
    assert joined.until(date(2024, 1, 2)).values.shape == (0, 7)
    with pytest.raises(InputError, match="twice"):
        five.joined(five)
    with pytest.raises(InputError, match="monthly"):
        five.joined(table(zipped(french_text(MONTHS, ("Mom",)))))
    with pytest.raises(InputError, match="no factor Mom"):
        five.column("Mom")
    with pytest.raises(InputError, match="do not ascend"):
        FactorReturnTable("x", Frequency.DAILY, five.dates[::-1], five.factors, five.values, PROVENANCE)
    assert five == table(zipped(GOOD))
    assert five != joined


def test_the_real_factors_rendered_as_the_library_does_are_read_back(shared):
    for name, factors in (("ff5_daily_1963_2025-10", FIVE_FACTORS), ("ff_momentum_daily_1926_2026-01", ("Mom",))):
        with (shared / f"data/factors/{name}.csv").open(encoding="utf-8") as file:
            _, *rows = list(csv.reader(file))
        made = table(zipped(french_text([(r[0].replace("-", ""), r[1:]) for r in rows], factors)))
        assert made.values.shape == (len(rows), len(factors))
        assert made.values * 100 == pytest.approx(np.array([r[1:] for r in rows], dtype=float))
    assert len(rows) > 25_000
