"""The cache: the same world again, checked, repaired when damaged, and never a pickle."""

import hashlib
import json

import numpy as np
import pytest

from di_advisor import sample
from di_advisor.sample import build, store
from di_advisor.sample.parts import Parts
from di_advisor.sample.store import DamagedCacheError, StoredParts, cache_folder, encode_parts, write_parts
from di_advisor.sample.world import SampleWorld


def small_parts() -> Parts:
    return Parts(
        arrays={"days": {"days": np.array(["2026-06-30"], dtype="datetime64[D]"), "covered_from": np.array([0])}},
        tables={"events": {"kind": np.array(["split"]), "ratio": np.array([2.0])}},
        records={"securities": {"simulated": True, "ticker_changes": []}},
    )


@pytest.fixture
def no_building(monkeypatch):
    """Whoever builds the world now is wrong."""

    def refuse(_seed: int) -> Parts:
        raise AssertionError("the world was built again")

    monkeypatch.setattr(build, "build_parts", refuse)


@pytest.fixture
def instant_building(monkeypatch):
    """A tiny world in place of the slow one; says how often it was built."""
    built = []

    def quick(seed: int) -> Parts:
        built.append(seed)
        return small_parts()

    monkeypatch.setattr(build, "build_parts", quick)
    return built


@pytest.fixture
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("DI_ADVISOR_CACHE", str(tmp_path))
    return tmp_path


def test_the_same_seed_gives_the_same_bytes(world: SampleWorld):
    folder = cache_folder(world.seed)
    again = {name: hashlib.sha256(content).hexdigest() for name, content in encode_parts(build.build_parts(7)).items()}
    assert again == json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["sha256"]


def test_a_second_load_reads_the_cache_and_equals_the_first(world: SampleWorld, no_building):
    first, second = world, sample.load(world.seed)
    assert second.source is not first.source
    assert second.universe == first.universe
    assert second.target == first.target
    assert second.tax == first.tax
    assert dict(second.portfolios) == dict(first.portfolios)
    for part in ("bars", "returns", "conditions", "exposures", "index", "days"):
        ours, theirs = second.source.arrays(part), first.source.arrays(part)
        assert ours.keys() == theirs.keys()
        for key, values in ours.items():
            np.testing.assert_array_equal(values, theirs[key])
    for frame in ("events", "esg", "orders"):
        import pandas as pd

        pd.testing.assert_frame_equal(getattr(second, frame), getattr(first, frame), check_dtype=False)


def test_another_seed_is_another_world(world):
    from di_advisor.sample.companies import draw_companies

    assert draw_companies(8).names != draw_companies(7).names


def test_everything_stored_says_that_it_is_simulated(world):
    folder = cache_folder(world.seed)
    for file in ("manifest.json", "securities.json", "accounts.json"):
        assert "simulated" in (folder / file).read_text(encoding="utf-8")
    assert "simulated" in world.label
    assert all("simulated" in frame.attrs["label"] for frame in (world.events, world.esg, world.orders))


def test_no_stored_array_needs_a_pickle(world):
    for file in cache_folder(world.seed).glob("*.npz"):
        with np.load(file, allow_pickle=False) as stored:
            for key in stored.files:
                assert stored[key].dtype.kind in "fiubM"


def test_a_part_that_was_damaged_is_noticed_when_it_is_read_and_made_again(empty_home, instant_building):
    sample.load(3)
    file = cache_folder(3) / "events.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    world = sample.load(3)
    assert instant_building == [3]
    assert world.events["ratio"].tolist() == [2.0]
    assert instant_building == [3, 3]
    assert StoredParts(cache_folder(3)).part("events.parquet")["ratio"].tolist() == [2.0]


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"sha256": 3}', '{"sha256": {}}'])
def test_a_missing_or_broken_manifest_means_building_again(empty_home, instant_building, content):
    sample.load(3)
    manifest = cache_folder(3) / "manifest.json"
    manifest.unlink()
    if content is not None:
        manifest.write_text(content, encoding="utf-8")
    assert sample.load(3).days.tolist() == small_parts().arrays["days"]["days"].tolist()
    assert instant_building == [3, 3]


def test_a_missing_file_is_made_again(empty_home, instant_building):
    sample.load(3)
    (cache_folder(3) / "days.npz").unlink()
    assert len(sample.load(3).days) == 1
    assert instant_building == [3, 3]


def test_without_cache_nothing_is_written(empty_home, instant_building):
    world = sample.load(3, cache=False)
    assert len(world.days) == 1
    assert list(empty_home.iterdir()) == []


def test_the_folder_of_another_generator_is_not_read_and_is_removed(empty_home, instant_building, monkeypatch):
    sample.load(3)
    old = cache_folder(3)
    monkeypatch.setattr(store, "generator_digest", lambda: "another")
    assert cache_folder(3) != old
    sample.load(3)
    assert instant_building == [3, 3]
    assert not old.exists()


def test_writing_over_a_folder_replaces_it_and_leaves_nothing_else_behind(tmp_path):
    folder = tmp_path / "seed3-v1-x"
    for _ in range(2):
        write_parts(small_parts(), folder)
    assert [p.name for p in tmp_path.iterdir()] == [folder.name]
    assert StoredParts(folder).part("securities.json")["simulated"] is True


def test_a_checksum_that_differs_names_the_file(tmp_path):
    folder = tmp_path / "seed3-v1-x"
    write_parts(small_parts(), folder)
    (folder / "days.npz").write_bytes(b"something else")
    with pytest.raises(DamagedCacheError, match=r"days\.npz differs from its checksum"):
        StoredParts(folder).part("days.npz")


def test_the_cache_s_key_covers_every_module_of_the_generator():
    from pathlib import Path

    readers = {
        "__init__",
        "calibration",
        "filers",
        "household",
        "parts",
        "source",
        "store",
        "world",
    }
    modules = {p.stem for p in Path(store.__file__).parent.glob("*.py")}
    assert set(store._GENERATOR) == modules - readers


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(empty_home, instant_building):
    (empty_home / "sample").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.warns(RuntimeWarning, match="could not be cached"):
        world = sample.load(3)
    assert len(world.days) == 1


def test_a_write_that_fails_halfway_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_fill", full)
    with pytest.raises(OSError, match="No space left"):
        write_parts(small_parts(), tmp_path / "seed3-v1-x")
    assert list(tmp_path.iterdir()) == []
