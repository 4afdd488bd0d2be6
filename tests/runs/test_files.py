"""A user's files as facts: measures and orders where given, cash of one of several accounts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from di_advisor.domain.esg_table import EsgTable
from di_advisor.errors import InputError, RowsError
from di_advisor.runs import FileSource, RunSpec
from di_advisor.runs.files import file_facts
from di_advisor.runs.saved import SavedRun, run_from_toml, run_toml

LOTS = """\
account_id,security_id,shares,basis_total_usd,acquired
A,S1,10,900,2025-01-02
B,S2,5,600,2025-03-03
"""
PRICES = """\
security_id,ticker,price_usd,sector,half_spread_bps,adv_usd,volatility_per_year
S1,ONE,100,Energy,2,1e7,0.3
S2,TWO,110,Utilities,2,1e7,0.2
"""
FILES = {
    "lots.csv": LOTS,
    "prices.csv": PRICES,
    "index.csv": "security_id,weight\nS1,0.5\nS2,0.5\n",
    "esg.csv": "security_id,score,carbon\nS1,61.5,\nS2,40,12\n",
}


@pytest.fixture
def source(tmp_path: Path) -> FileSource:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    named: dict[str, Any] = {n: tmp_path / f"{n}.csv" for n in ("lots", "prices", "index")}
    return FileSource(**named, as_of=date(2026, 6, 30))


def test_several_accounts_open_each_under_its_label(source: FileSource) -> None:
    assert list(file_facts(source).accounts) == ["lots / A", "lots / B"]


def test_cash_needs_its_account_where_there_are_several(source: FileSource) -> None:
    with pytest.raises(InputError, match="hold 2 accounts"):
        file_facts(replace(source, cash_usd=Decimal(50)))
    facts = file_facts(replace(source, cash_usd=Decimal(50), cash_account="B"))
    portfolio, account_id = facts.account("lots / B")
    assert portfolio.account(account_id).cash_usd(source.as_of) == 50
    assert portfolio.account("A").cash_usd(source.as_of) == 0


def test_measures_of_a_file_are_there_and_what_is_blank_is_not_known(source: FileSource, tmp_path: Path) -> None:
    facts = file_facts(replace(source, esg=tmp_path / "esg.csv"))
    assert facts.measures == ("score", "carbon")
    assert "esg" in facts.fingerprint
    assert isinstance(facts.esg, dict)
    assert list(facts.esg["carbon"]) == [pytest.approx(float("nan"), nan_ok=True), 12.0]


def test_a_wrong_file_names_its_row_and_field(source: FileSource, tmp_path: Path) -> None:
    (tmp_path / "lots.csv").write_text(LOTS.replace(",10,", ",ten,"), encoding="utf-8")
    with pytest.raises(RowsError, match="shares"):
        file_facts(source)


def test_the_account_of_the_cash_is_saved_with_the_run(source: FileSource) -> None:
    spec = RunSpec(replace(source, cash_account="B"), "lots / B")
    assert run_from_toml(run_toml(SavedRun(spec))).spec == spec


def test_measures_of_providers_carry_their_day_and_a_wrong_day_is_named(source: FileSource, tmp_path: Path) -> None:
    text = "provider,security_id,known_at,direction,score\nX,S1,2026-01-05,higher_is_better,61.5\n"
    (tmp_path / "esg.csv").write_text(text, encoding="utf-8")
    found = file_facts(replace(source, esg=tmp_path / "esg.csv")).esg
    assert isinstance(found, EsgTable)
    assert [(m.name, m.known_at) for m in found.measures] == [("score, X", date(2026, 1, 5))]
    (tmp_path / "esg.csv").write_text(text.replace("2026-01-05", "soon"), encoding="utf-8")
    with pytest.raises(InputError, match=r"esg.csv: known_at in line 2 is 'soon'"):
        file_facts(replace(source, esg=tmp_path / "esg.csv"))


ORDERS = """\
order_id,symbol,side,arrival_time,end_time,order_shares,filled_shares,avg_fill_price_usd,arrival_price_usd,\
arrival_price_source,half_spread_bps,volatility_daily_bps,adv_usd,volume_span
O1,S1,buy,2026-01-05T15:00:00Z,2026-01-05T15:20:00Z,100,100,100.05,100,mid at arrival,2,150,1e7,0.05
"""


def test_past_orders_of_a_file_are_rows_for_cost_models(source: FileSource, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    facts = file_facts(replace(source, orders=tmp_path / "orders.csv"))
    assert facts.orders is not None
    assert list(facts.orders["order_id"]) == ["O1"]
    assert "orders" in facts.fingerprint
