"""Replays as files, and vintages that are run once: equal in one process and in two, refused where damaged."""

from __future__ import annotations

import functools
import gzip
from datetime import date
from pathlib import Path

import pytest

from di_advisor.backtest.sample_past import sample_past
from di_advisor.backtest.stored import from_bytes, to_bytes
from di_advisor.backtest.vintages import Vintage, Vintages, replay_vintages, vintage_grid
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import DamagedStoreError, InputError, NewerSchemaError
from di_advisor.policy.policies import periodic, threshold
from di_advisor.policy.sessions import Cadence

NAMES = 20
MAKE = functools.partial(sample_past, 7, NAMES)
MANDATE = Mandate(tracking_error_max=0.03, min_trade_usd="200")


def _grid(mandate: Mandate = MANDATE) -> tuple[Vintage, ...]:
    tax = MAKE().world.tax
    starts = (date(2023, 11, 1), date(2024, 2, 1))
    policies = (periodic(Cadence.MONTHLY),)
    return vintage_grid(starts, lambda start: start.replace(day=28), policies, mandate, tax, wash_sales=(True, False))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vintages")


@pytest.fixture(scope="module")
def done(folder: Path) -> Vintages:
    return replay_vintages(MAKE, _grid(), folder)


def test_the_grid_is_every_start_with_and_without_the_law() -> None:
    assert [run.name for run in _grid()] == [
        "monthly-2023-11-01-wash",
        "monthly-2023-11-01-lawless",
        "monthly-2024-02-01-wash",
        "monthly-2024-02-01-lawless",
    ]


def test_every_run_has_a_result(done: Vintages) -> None:
    assert len(done) == 4
    assert not done.failures
    assert not done.cancelled
    assert done["monthly-2024-02-01-wash"].days[0].day == date(2024, 2, 1)


def test_a_replay_comes_back_from_its_file_as_it_was(done: Vintages) -> None:
    replayed = done["monthly-2023-11-01-wash"]
    content = to_bytes(replayed)
    assert from_bytes(content) == replayed
    assert to_bytes(from_bytes(content)) == content


def test_a_file_that_was_changed_is_refused(done: Vintages) -> None:
    content = to_bytes(done["monthly-2023-11-01-wash"])
    with pytest.raises(DamagedStoreError):
        from_bytes(content[:-20])
    text = gzip.decompress(content).replace(b'"policy":"monthly"', b'"policy":"yearly_"')
    with pytest.raises(DamagedStoreError, match="checksum"):
        from_bytes(gzip.compress(text))


def test_a_file_of_a_newer_program_is_refused(done: Vintages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("di_advisor.backtest.stored._SCHEMA", 9)
    content = to_bytes(done["monthly-2023-11-01-wash"])
    monkeypatch.undo()
    with pytest.raises(NewerSchemaError, match="version 9"):
        from_bytes(content)


def test_a_finished_run_is_not_run_again(folder: Path, done: Vintages, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("run again")

    before = {name: done[name] for name in done}
    monkeypatch.setattr("di_advisor.backtest.vintages.replay", forbidden)
    again = replay_vintages(MAKE, _grid(), folder)
    assert {name: again[name] for name in again} == before


def test_a_damaged_result_is_run_again_and_other_wishes_are_another_run(folder: Path, done: Vintages) -> None:
    name = "monthly-2023-11-01-wash"
    before = done[name]
    path = next(folder.glob(f"{name}-*.result"))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DamagedStoreError):
        done[name]
    told: list[tuple[int, int]] = []
    again = replay_vintages(MAKE, _grid(), folder, progress=lambda *now: told.append(now))
    assert told == [(3, 4), (4, 4)]
    assert again[name] == before
    other = _grid(MANDATE.with_changes(tracking_error_max=0.04))[:1]
    replay_vintages(MAKE, other, folder)
    assert len(list(folder.glob(f"{name}-*.result"))) == 2


def test_two_processes_give_the_same_results(done: Vintages, tmp_path: Path) -> None:
    two = replay_vintages(MAKE, _grid()[:2], tmp_path, workers=2)
    assert {name: two[name] for name in two} == {name: done[name] for name in two}


def test_a_run_that_fails_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    good, bad = _grid()[0], Vintage(
        "too-early", date(1999, 1, 4), date(1999, 2, 1), threshold(), MANDATE, MAKE().world.tax
    )  # fmt: skip
    found = replay_vintages(MAKE, (bad, good), tmp_path)
    assert list(found) == [good.name]
    assert found.failures["too-early"].kind == "InputError"


def test_two_runs_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="share a name"):
        replay_vintages(MAKE, (_grid()[0], _grid()[0]), tmp_path)
