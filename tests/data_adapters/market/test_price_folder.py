"""Prices from files: mapped columns, CSV or Parquet, one file or one a name; nothing is guessed."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.market.file_mapping import PriceMapping, mapping_from_toml
from di_data.market.price_folder import PriceFolder
from tests.data_adapters.market.market_bodies import received

DESK = """
provider = "the desk"
licence = "internal"
closes = "as traded"
delimiter = ";"
decimal_mark = ","
date_format = "%d.%m.%Y"
no_split = "0"

[columns]
symbol = "Kürzel"
day = "Tag"
close = "Schluss"
adjusted_close = "Ber."
dividend = "Div"
split = "Split"
currency = "Whg"
"""
DESK_FILE = """Kürzel;Tag;Schluss;Ber.;Div;Split;Whg
ACME;02.01.2024;1.250,50;625,25;0;0;USD
ACME;03.01.2024;625,10;625,10;0,5;2;USD
"""


def desk(tmp_path: Path, text: str = DESK) -> PriceFolder:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return PriceFolder(mapping_from_toml(path, PriceMapping))


def refusal(adapter: PriceFolder, text: str, **context: str) -> str:
    with pytest.raises(SourceContentError) as caught:
        adapter.parse(text.encode(), received(adapter, **context))
    return str(caught.value)


def test_a_mapped_file_is_read_in_its_own_notation(tmp_path):
    folder = tmp_path / "prices"
    folder.mkdir()
    (folder / "all.csv").write_text(DESK_FILE, encoding="utf-8")
    first, second = desk(tmp_path).read(folder)
    assert (first.close_usd, first.adjusted_close_usd, first.dividend_usd, first.split_ratio) == (1250.5, 625.25, 0, 1)
    assert (second.day, second.dividend_usd, second.split_ratio) == (date(2024, 1, 3), 0.5, 2)
    told = first.provenance
    assert (told.provider, told.licence, told.source) == ("the desk", "internal", "all.csv")


def test_a_mapping_may_come_with_the_file_as_text():
    adapter = PriceFolder()
    first, _ = adapter.parse(DESK_FILE.encode(), received(adapter, mapping=DESK))
    assert (first.provenance.provider, first.provenance.licence) == ("the desk", "internal")
    with pytest.raises(SourceContentError, match="closes"):
        adapter.parse(DESK_FILE.encode(), received(adapter, mapping="delimiter = ';'"))


def test_one_file_a_name_takes_the_symbol_from_its_name(tmp_path):
    for symbol in ("ACME", "BRK-B"):
        (tmp_path / f"{symbol}.csv").write_text("date,close\n2024-01-02,50\n", encoding="utf-8")
    assert [b.subject.value for b in PriceFolder().read(tmp_path)] == ["ACME", "BRK-B"]


def test_parquet_and_csv_of_the_same_table_are_the_same_bars(tmp_path):
    mapping = PriceMapping.model_validate({"closes": "as traded", "columns": {"symbol": "ticker", "volume": "volume"}})
    frame = pd.DataFrame(
        {"ticker": ["A", "A", "B"], "date": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-02"]),
         "close": [1.5, 1.25, 7.0], "volume": [100.0, None, 5.0]}
    )  # fmt: skip
    frame.to_parquet(tmp_path / "p.parquet")
    frame.to_csv(tmp_path / "p.csv", index=False)
    one, other = (PriceFolder(mapping).read(tmp_path / f"p.{kind}") for kind in ("parquet", "csv"))
    assert [(b.subject, b.day, b.close_usd, b.volume_shares) for b in one] == [
        (b.subject, b.day, b.close_usd, b.volume_shares) for b in other
    ]
    assert [b.volume_shares for b in one] == [100.0, None, 5.0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.dates(date(1970, 1, 1)), st.floats(1e-4, 1e7), min_size=1, max_size=10))
def test_what_is_written_is_what_is_read(rows):
    text = "date,close\n" + "".join(f"{d},{c!r}\n" for d, c in rows.items())
    adapter = PriceFolder()
    bars = adapter.parse(text.encode(), received(adapter, symbol="A"))
    assert {b.day: b.close_usd for b in bars} == rows


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_mark_at_the_beginning_changes_nothing(mark):
    adapter = PriceFolder()
    assert len(adapter.parse(mark + b"date,close\n2024-01-02,50\n", received(adapter, symbol="A"))) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,close\n", "no prices"),
        ("", "is empty"),
        ("day,close\n2024-01-02,50\n", "column date is missing"),
        ("date,close\n2024-01-02,0\n", "not more than zero"),
        ("date,close\n2024-01-02,-3\n", "not below zero"),
        ("date,close\n2024-01-02,\n", "not more than zero"),
        ("date,close\n2024-01-02,NaN\n", "not an amount"),
        ("date,close\n02/01/2024,50\n", "02/01/2024"),
        ("date,close\n2024-01-02,50\n2024-01-02,51\n", "twice: A on 2024-01-02"),
        ("date,close\n2024-01-02,50\n2024-01", "fewer than the 2"),
        ("<html><body>Sign in</body></html>", "column date, close is missing"),
    ],
    ids=["none", "empty", "renamed", "zero", "negative", "blank", "nan", "date", "twice", "cut", "page"],
)
def test_files_of_another_shape_are_refused(text, words):
    assert words in refusal(PriceFolder(), text, symbol="A")


def test_all_wrong_rows_are_named_together():
    words = refusal(PriceFolder(), "date,close\n2024-01-02,0\n2024-01-03,50\nx,50\n", symbol="A")
    assert "2 errors" in words
    assert "line 2" in words
    assert "line 4" in words


def test_pence_are_named_and_not_converted(tmp_path):
    words = refusal(desk(tmp_path), DESK_FILE.replace("2;USD", "2;GBp"))
    assert "GBp" in words
    assert "hundredth" in words


def test_closes_adjusted_for_splits_are_refused_as_closes():
    adapter = PriceFolder(PriceMapping.model_validate({"closes": "split adjusted"}))
    assert "adjusted for splits" in refusal(adapter, "date,close\n2024-01-02,12.5\n", symbol="A")


def test_what_stands_on_days_without_a_split_must_be_said(tmp_path):
    words = refusal(desk(tmp_path, DESK.replace('no_split = "0"', "")), DESK_FILE)
    assert "no_split" in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "closes"),
        ('closes = "adjusted"', "closes"),
        ('closes = "as traded"\n[columns]\nclos = "x"', "columns.clos"),
        ("closes = as traded", "not TOML"),
    ],
)
def test_a_mapping_that_leaves_open_what_closes_are_or_names_what_is_not_there_is_refused(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        desk(tmp_path, text)


def test_files_are_not_asked_for():
    with pytest.raises(InputError, match="asks no service"):
        PriceFolder().plan(SourceQuery())
    with pytest.raises(InputError, match="holds no prices"):
        PriceFolder().read(Path("nowhere"))


def test_real_raw_prices_of_a_summer_are_read_by_a_mapping(shared):
    columns = {"symbol": "ticker", "close": "price_unadj", "dividend": "dividend_unadj", "volume": "volume"}
    mapping = PriceMapping.model_validate({"closes": "as traded", "columns": columns})
    bars = PriceFolder(mapping).read(shared / "data/prices/strand_tiingo_raw_2020-06_08.parquet")
    assert len(bars) == 31_980
    assert len({b.subject for b in bars}) == 492
    apple = {b.day: b.close_usd for b in bars if b.subject.value == "AAPL"}
    assert apple[date(2020, 8, 28)] / apple[date(2020, 8, 31)] == pytest.approx(4, rel=0.05)
