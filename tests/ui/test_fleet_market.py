"""A fleet over the market of one's own files: run, saved, opened; the app's answer is the list's."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.record import FleetRecord
from di_advisor.fleet.running import records_of
from di_advisor.fleet.sources import write_accounts
from di_advisor.runs import FileSource, facts_of, run
from di_advisor.runs.code import python_of
from di_advisor.runs.of_fleet import FleetRequest
from di_advisor.runs.saved import SavedRun, run_from_toml, run_toml
from di_advisor.runs.spec import STARTING_TAX
from di_advisor.ui.desk import Desk
from di_advisor.ui.verbs import fleets
from tests.ui.test_account_verbs import Said

SECTORS = ("Energy", "Utilities", "Technology", "Health care")
NAMES = 24


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> FleetRequest:
    """Return a run of two accounts over made-up files; both hold the lots of one file under different wishes."""
    folder = tmp_path_factory.mktemp("market")
    prices = ["security_id,ticker,price_usd,sector,half_spread_bps,adv_usd,volatility_per_year"]
    prices += [
        f"S{i:02},T{i:02},{40 + 7 * (i % 9)},{SECTORS[i % 4]},2,5e7,{0.2 + 0.01 * (i % 7):.2f}" for i in range(NAMES)
    ]
    lots = ["account_id,lot_id,security_id,shares,basis_total_usd,acquired"]
    lots += [
        f"mine,L{i:02},S{i:02},60,{60 * (40 + 7 * (i % 9)) / (0.7 + 0.045 * (i % 13)):.2f},2024-01-16"
        for i in range(NAMES)
    ]
    index = ["security_id,weight", *(f"S{i:02},{1 / NAMES:.12f}" for i in range(NAMES))]
    for name, rows in (("prices", prices), ("lots", lots), ("index", index)):
        (folder / f"{name}.csv").write_text("\n".join(rows), encoding="utf-8")
    lots_file, prices_file, index_file = (folder / f"{name}.csv" for name in ("lots", "prices", "index"))
    market = FileSource(lots_file, prices_file, index_file, date(2026, 6, 30), Decimal(2_500))
    portfolio, account_id = facts_of(market).account("mine")
    wishes = {"calm": 0.006, "loose": 0.03}
    accounts = [
        FleetAccount(label, portfolio, account_id, Mandate(tracking_error_max=cap), STARTING_TAX)
        for label, cap in wishes.items()
    ]
    write_accounts(folder / "clients.parquet", accounts)
    return FleetRequest(folder / "tonight", folder / "clients.parquet", joint_rounds=0, market=market)


def test_an_account_over_ones_own_market_gets_the_answer_of_the_list(asked: FleetRequest, tmp_path: Path) -> None:
    desk = Desk()
    found = fleets.start_fleet(desk, {"request": asked}, Said())
    assert (found["done"], found["set_aside"]) == (2, 0)
    for line in ("market = FileSource(", "fleet_facts_of(facts_of(market))", "ParquetAccounts"):
        assert line in found["code"]
    compile(found["code"], "code", "exec")
    told = {r.label: r for r in records_of(desk.worklist(asked.folder).records_folder)}
    for label in ("calm", "loose"):
        spec = fleets.account_of_fleet(desk, {"source": asked.account(label)}, Said())["spec"]
        record = told[label]
        assert isinstance(record, FleetRecord)
        assert desk.propose(spec, Said()).benefit_usd == record.benefit_usd
        folder = asked.folder.parent
        again = run_from_toml(run_toml(SavedRun(spec), folder), "the file", folder).spec
        assert again == spec
        assert str(folder) not in run_toml(SavedRun(spec), folder)
        assert run(again).proposal.benefit_usd == record.benefit_usd
        names: dict[str, Any] = {}
        exec(python_of(spec), names)  # noqa: S102 what the footer shows
        assert names["result"].proposal.benefit_usd == record.benefit_usd


def test_generated_accounts_are_of_the_built_in_market_alone(asked: FleetRequest) -> None:
    with pytest.raises(InputError, match="built-in market"):
        FleetRequest(asked.folder, None, 4, market=asked.market)
