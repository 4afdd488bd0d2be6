"""A small fleet over the sample: one world, its facts, and accounts of a few dozen names."""

import pytest

from di_advisor import sample
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet, sample_facts_of
from di_advisor.sample.world import SampleWorld
from tests.ledger.store.conftest import address, postgres

__all__ = ["address", "facts", "postgres", "six", "world"]


@pytest.fixture(scope="session")
def world() -> SampleWorld:
    return sample.load()


@pytest.fixture(scope="session")
def facts(world: SampleWorld) -> FleetFacts:
    return sample_facts_of(world)


@pytest.fixture(scope="session")
def six(world: SampleWorld) -> SampleFleet:
    return SampleFleet(world, 6, seed=3, names=40, lots_a_name=3)
