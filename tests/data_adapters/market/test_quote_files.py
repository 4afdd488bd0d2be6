"""Quotes from files that another process rewrites: what is read, what is half written, what is set aside."""

import json
import math
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from di_advisor import registry
from di_advisor.domain.quotes import Quote
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError, SourceContentError, SourceUnavailableError
from di_advisor.ports import QuoteSource
from di_data.market.quote_files import QuoteFiles

NAMES = Universe((Security("A", "T-A"), Security("B", "T-B")))
AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def written(path: Path, text: str) -> QuoteFiles:
    path.write_text(text, encoding="utf-8")
    return QuoteFiles(path)


def test_the_source_of_files_is_installed_and_keeps_its_port(tmp_path: Path) -> None:
    assert isinstance(registry.quote_source(path=tmp_path), QuoteSource)
    with pytest.raises(InputError, match="There is no file of quotes"):
        registry.quote_source()


def test_a_csv_file_gives_prices_sides_and_times_of_any_zone(tmp_path: Path) -> None:
    text = "Symbol,Price,Bid,Ask,Time\nT-A,101.5,101.4,101.6,2026-11-20T10:30:00-05:00\nB,20,,,2026-11-20T15:30:00Z\n"
    first, second = written(tmp_path / "q.csv", text).poll(NAMES)
    assert first == Quote("T-A", 101.5, 101.4, 101.6, AT)
    assert (second.symbol, second.price_usd, second.two_sided, second.at) == ("B", 20.0, False, AT)


def test_a_json_file_is_a_list_or_an_object_with_one(tmp_path: Path) -> None:
    rows = [{"security_id": "A", "last": 5, "time": AT.isoformat()}]
    one = written(tmp_path / "one.json", json.dumps(rows)).poll(NAMES)
    other = written(tmp_path / "other.json", json.dumps({"quotes": rows})).poll(NAMES)
    assert (
        [(q.symbol, q.price_usd, q.at) for q in one]
        == [("A", 5.0, AT)]
        == [(q.symbol, q.price_usd, q.at) for q in other]
    )


def test_without_times_when_the_file_was_written_counts(tmp_path: Path) -> None:
    source = written(tmp_path / "q.csv", "symbol,price\nA,5\n")
    os.utime(tmp_path / "q.csv", (AT.timestamp(), AT.timestamp()))
    assert [q.at for q in source.poll(NAMES)] == [AT]


def test_all_files_of_a_folder_are_read_and_hidden_ones_are_not(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "symbol,price\nA,5\n")
    written(tmp_path / "b.json", '[{"symbol": "B", "price": 6}]')
    written(tmp_path / ".c.csv", "symbol,price\nA,")
    assert [q.symbol for q in QuoteFiles(tmp_path).poll(NAMES)] == ["A", "B"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("q.csv", "symbol,price\nA,10"), ("q.json", '[{"symbol": "A", "pri'), ("q.json", "[" * 100_000)],
)
def test_a_half_written_file_is_refused_and_read_at_the_next_poll(tmp_path: Path, name: str, text: str) -> None:
    source = written(tmp_path / name, text)
    with pytest.raises(SourceUnavailableError, match="half written"):
        source.poll(NAMES)
    whole = "symbol,price\nA,101.5\n" if name == "q.csv" else '[{"symbol": "A", "price": 101.5}]'
    written(tmp_path / name, whole)
    assert [q.price_usd for q in source.poll(NAMES)] == [101.5]


@pytest.mark.parametrize("cell", ["n/a", "1,5", "--", "inf"])
def test_a_figure_that_cannot_be_read_spoils_its_own_quote_only(tmp_path: Path, cell: str) -> None:
    first, second = written(tmp_path / "q.csv", f'symbol,price\nA,"{cell}"\nB,7\n').poll(NAMES)
    assert math.isinf(first.last_usd)
    assert second.price_usd == 7.0


def test_a_whole_number_beyond_every_price_spoils_its_own_quote_only(tmp_path: Path) -> None:
    text = '[{"symbol": "A", "price": 1%s}, {"symbol": "B", "price": 7}]' % ("0" * 400)
    first, second = written(tmp_path / "q.json", text).poll(NAMES)
    assert math.isinf(first.last_usd)
    assert second.price_usd == 7.0


def test_a_time_that_cannot_be_read_is_not_taken_for_a_missing_one(tmp_path: Path) -> None:
    (quote,) = written(tmp_path / "q.csv", "symbol,price,time\nA,7,soon\n").poll(NAMES)
    assert quote.at is not None
    assert quote.at.tzinfo is None


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("q.csv", "symbol,size\nA,5\n", "has the columns symbol, size"),
        ("q.json", '{"A": 5}', "holds no list of quotes"),
        ("q.csv", "symbol,price\nA,5,6\n", "3 cells"),
    ],
)
def test_files_of_another_shape_are_refused_by_name(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(SourceContentError, match=words):
        written(tmp_path / name, text).poll(NAMES)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match="There are no quotes at"):
        QuoteFiles(tmp_path / "none.csv").poll(NAMES)
