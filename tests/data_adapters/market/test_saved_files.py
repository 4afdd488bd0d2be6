"""Market adapters by their entry points: what a person saved is read as an answer of the service would be."""

import csv
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from di_advisor.errors import SourceContentError
from di_data.frame.adapter import Adapter
from di_data.frame.desk import LocalDesk
from di_data.frame.discovery import SOURCE_ADAPTERS
from tests.data_adapters.market.market_bodies import body, fmp_split_row, french_text, tiingo_row

NAMES = (
    "fmp_prices",
    "french_factors",
    "index_file",
    "ishares_holdings",
    "price_folder",
    "ssga_holdings",
    "tiingo_prices",
)


@pytest.fixture
def desk(tmp_path: Path):
    with LocalDesk(tmp_path / "desk") as made:
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_each_is_found_by_its_name_and_says_that_nobody_saw_it_live(name):
    (point,) = entry_points(group=SOURCE_ADAPTERS, name=name)
    adapter = point.load()()
    assert isinstance(adapter, Adapter)
    assert adapter.facts.name == name
    assert adapter.facts.verified_live is None


def test_saved_prices_need_the_symbol_that_their_body_does_not_name(desk, tmp_path):
    saved = tmp_path / "answer.json"
    saved.write_bytes(body([tiingo_row("2024-01-02", 50.0)]))
    (bar,) = desk.parse_file("tiingo_prices", saved, {"symbol": "ACME"}).records
    assert (bar.subject.value, bar.provenance.source) == ("ACME", "answer.json")
    with pytest.raises(SourceContentError, match="symbol=AAPL"):
        desk.parse_file("tiingo_prices", saved)
    saved.write_bytes(body([fmp_split_row("2024-01-02", 3, 2)]))
    (action,) = desk.parse_file("fmp_prices", saved, {"symbol": "ACME"}).records
    assert action.new_per_old == 1.5


def test_tables_of_factors_are_read_unpacked_and_prices_from_parquet(desk, tmp_path, shared):
    with (shared / "data/factors/ff5_daily_1963_2025-10.csv").open(encoding="utf-8") as file:
        _, *rows = list(csv.reader(file))
    saved = tmp_path / "F-F_Research_Data_5_Factors_2x3_daily.csv"
    saved.write_text(french_text([(r[0].replace("-", ""), r[1:]) for r in rows[:300]]), encoding="utf-8")
    (table,) = desk.parse_file("french_factors", saved).records
    assert table.values.shape == (300, 6)
    mapping = 'closes = "as traded"\n[columns]\nsymbol = "ticker"\nclose = "price_unadj"\n'
    path = shared / "data/prices/strand_tiingo_raw_2020-06_08.parquet"
    assert len(desk.parse_file("price_folder", path, {"mapping": mapping}).records) == 31_980


@pytest.mark.parametrize(
    ("name", "file", "rows"),
    [
        ("ssga_holdings", "ssga_holdings-daily-us-en-spy_2024-05-10.xlsx", 504),
        ("ishares_holdings", "ishares_IVV_holdings_2024-12-06.csv", 508),
        ("ishares_holdings", "ishares_IVV_holdings_2023-04-06.csv", 507),
    ],
)
def test_real_sheets_pass_the_guards_and_are_read(desk, shared, name, file, rows):
    (sheet,) = desk.parse_file(name, shared / "data/esg" / file).records
    assert len(sheet.holdings) == rows
    assert sheet.provenance.source == file
