"""Accounts that are begun together write the record that each writes alone, however they are dealt out."""

from dataclasses import replace

import pytest

from di_advisor.execution.jobs import Job, Outcome, attempted_together
from di_advisor.fleet.account import account_to_bytes
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import CONVEX, DESK, SampleFleet
from di_advisor.fleet.solving import BegunAccount, FleetWork, solved
from di_advisor.sample.world import SampleWorld


@pytest.fixture(scope="module")
def jobs(world: SampleWorld) -> list[Job]:
    """Six accounts that fit together, one with discrete wishes and one whose bytes are cut off."""
    fleet = SampleFleet(world, 7, seed=5, wishes=CONVEX, names=40, lots_a_name=3)
    accounts = [replace(a, mandate=DESK[0]) if i == 3 else a for i, a in enumerate(fleet)]
    bodies = [account_to_bytes(a) for a in accounts]
    return [Job(a.label, b) for a, b in zip(accounts, bodies, strict=True)] + [Job("cut", bodies[0][:500])]


def dealt(jobs: list[Job], work: FleetWork, size: int) -> list[Outcome]:
    return [o for i in range(0, len(jobs), size) for o in attempted_together(solved, work, jobs[i : i + size])]


def test_records_do_not_depend_on_how_accounts_are_dealt_out(jobs: list[Job], facts: FleetFacts) -> None:
    work = FleetWork(facts)
    begun = work.begun([job.body for job in jobs])
    together = [isinstance(b, BegunAccount) and b.solution is not None for b in begun]
    assert together == [True, True, True, False, True, True, True, False]
    alone = dealt(jobs, work, 1)
    assert dealt(jobs, work, 3) == alone
    assert dealt(jobs, work, len(jobs)) == alone
    assert dealt(jobs[::-1], work, 5)[::-1] == alone
    assert [o.key for o in alone if o.failure is not None] == ["cut"]
