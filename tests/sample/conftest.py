"""The sample world, simulated once for all tests of this folder, and its cache in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from di_advisor import sample
from di_advisor.sample.simulation import Simulation, simulate
from di_advisor.sample.world import SampleWorld

SEED = 7


@pytest.fixture(scope="session")
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("cache")
        patch.setenv("DI_ADVISOR_CACHE", str(home))
        yield home


@pytest.fixture(scope="session")
def world(cache_home: Path) -> SampleWorld:
    return sample.load(SEED)


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    return simulate(SEED)
