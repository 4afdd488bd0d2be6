"""A run rests on the bits of its facts: they are the same on one thread and on several, whoever estimates them."""

import os
import subprocess
import sys

import pytest
from threadpoolctl import threadpool_limits

from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import sample_facts_of
from di_advisor.runs.facts import Facts
from di_advisor.runs.of_fleet import fleet_facts_of
from di_advisor.sample.world import SampleWorld
from tests.execution.linear_algebra import threads_of_linear_algebra

LOADED_LATER = """
from di_advisor.execution.jobs import one_thread
from threadpoolctl import threadpool_info
with one_thread():
    import scipy.linalg
    print([each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"])
"""


@pytest.mark.parametrize("threads", [2, 4])
def test_facts_are_the_same_bits_whatever_the_number_of_threads(
    threads: int, world: SampleWorld, facts: FleetFacts
) -> None:
    market = Facts(
        market=world.market(),
        target=world.target,
        returns=world.returns,
        exposures=world.exposures,
        portfolios=world.portfolios,
    )
    with threadpool_limits(limits=threads):
        assert set(threads_of_linear_algebra()) == {threads}
        assert sample_facts_of(world).digest() == facts.digest()
        several = fleet_facts_of(market).digest()
    with threadpool_limits(limits=1):
        assert fleet_facts_of(market).digest() == several


def test_a_library_that_is_loaded_later_runs_on_one_thread_too() -> None:
    several = {**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    said = subprocess.run([sys.executable, "-c", LOADED_LATER], env=several, capture_output=True, text=True, check=True)
    counts = said.stdout.strip()
    assert counts.startswith("[1")
    assert set(counts) <= set("[1, ]")
