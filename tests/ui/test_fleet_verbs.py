"""Verbs of the fleet page on a small fleet: run, listed, opened; the app's answer is the list's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from di_advisor.errors import InputError
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.record import FleetRecord
from di_advisor.fleet.running import FleetProgress, FleetRun, records_of
from di_advisor.fleet.sources import write_accounts
from di_advisor.runs import FleetSource, RunSpec
from di_advisor.runs.code import python_of
from di_advisor.runs.of_fleet import FleetRequest, run_of_source
from di_advisor.runs.saved import SavedRun, run_from_toml, run_toml
from di_advisor.sample import load
from di_advisor.ui.desk import Desk
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.verbs import fleets, opening
from tests.ui.test_account_verbs import Said

COUNT, SEED, LABEL = 4, 3, "A000002"


@pytest.fixture(scope="module")
def request_of(tmp_path_factory: pytest.TempPathFactory) -> FleetRequest:
    """Return a fleet of a few small accounts in a file, as it was asked for, and run it."""
    folder = tmp_path_factory.mktemp("fleet")
    file = folder / "accounts.parquet"
    write_accounts(file, SampleFleet(load(), COUNT, SEED, names=40, lots_a_name=3))
    return FleetRequest(folder / "tonight", file, seed=SEED)


@pytest.fixture(scope="module")
def desk(request_of: FleetRequest) -> Desk:
    made, say = Desk(), Said()
    found = fleets.start_fleet(made, {"request": request_of}, say)
    assert (found["done"], found["set_aside"]) == (COUNT, 0)
    assert say.phases[-1] == "4 accounts done, 0 set aside, joint round 1"
    assert "ParquetAccounts" in found["code"]
    return made


def test_a_page_of_the_list_crosses_the_pipe_with_an_order_for_each_column(
    desk: Desk, request_of: FleetRequest
) -> None:
    found = fleets.fleet_page(desk, {"folder": request_of.folder, "by": "value_usd"}, Said())
    back = restored(plain(found))
    assert back["table"] == found["table"]
    assert len(back["table"].columns) == len(fleets.ORDERED_BY)
    at = fleets.ORDERED_BY.index("value_usd")
    values = [float(row[at].replace(",", "")) for row in back["table"].rows]
    assert values == sorted(values)
    assert (back["accounts"], back["finished"], back["passes"]) == (COUNT, True, 2)
    assert back["sentence"].startswith("4 of 4 accounts with a proposal")
    assert "Worklist" in back["bundle"]["text/plain"]


def test_a_folder_that_is_not_there_is_named_as_it_was_typed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere holds no run: there is no such folder"):
        fleets.fleet_page(Desk(), {"folder": tmp_path / "nowhere"}, Said())


def test_the_list_is_read_once_and_then_only_what_is_new(desk: Desk, request_of: FleetRequest) -> None:
    first = desk.worklist(request_of.folder)
    assert desk.worklist(request_of.folder).by_label == first.by_label


def test_an_opened_account_gets_the_answer_of_the_list_from_app_and_from_code(
    desk: Desk, request_of: FleetRequest
) -> None:
    source = request_of.account(LABEL)
    spec: RunSpec = fleets.account_of_fleet(desk, {"source": source}, Said())["spec"]
    assert spec.source == source
    opened = opening.open_source(desk, {"source": source}, Said())
    assert opened["accounts"] == [LABEL]
    assert "Simulated" in opened["label"].capitalize()
    told = {r.label: r for r in records_of(desk.worklist(request_of.folder).records_folder)}[LABEL]
    assert isinstance(told, FleetRecord)
    assert desk.propose(spec, Said()).benefit_usd == told.benefit_usd
    names: dict[str, Any] = {}
    exec(python_of(spec), names)  # noqa: S102 what the footer shows
    assert names["result"].proposal.benefit_usd == told.benefit_usd
    assert run_from_toml(run_toml(SavedRun(spec))).spec == spec


def test_an_account_that_is_not_the_one_that_was_solved_is_refused(
    desk: Desk, request_of: FleetRequest, tmp_path: Path
) -> None:
    assert desk.worklist(request_of.folder).finished
    other = tmp_path / "others.parquet"
    write_accounts(other, SampleFleet(load(), COUNT, SEED + 1, names=40, lots_a_name=3))
    with pytest.raises(InputError, match="is not the one that the run in"):
        run_of_source(FleetSource(request_of.folder, LABEL, other))
    with pytest.raises(InputError, match="no account 'B'"):
        run_of_source(request_of.account("B"))


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run"):
        fleets.fleet_page(Desk(), {"folder": tmp_path / "none"}, Said())


def test_generated_accounts_are_counted_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(request: FleetRequest, *, scheduler: str, progress: Callable[[FleetProgress], None]) -> FleetRun:
        assert scheduler == "in-process"
        for at in (FleetProgress(0, 2, 0), FleetProgress(1, 4, 1)):
            progress(at)
        return FleetRun(request.folder, request.folder, 4, 1, finished=True)

    monkeypatch.setattr(fleets, "run_fleet", told)
    say = Said()
    found = fleets.start_fleet(Desk(), {"request": FleetRequest(tmp_path, None, 4, 1, 1)}, say)
    assert say.fractions == [0.25, 1.0]
    assert "SampleFleet(world, 4, seed=1)" in found["code"]


def test_a_fleet_source_names_an_account_and_where_accounts_are() -> None:
    with pytest.raises(InputError, match="No account"):
        FleetSource(Path("x"), "", None, 4)
    with pytest.raises(InputError, match="no file of accounts"):
        FleetSource(Path("x"), "A1")
