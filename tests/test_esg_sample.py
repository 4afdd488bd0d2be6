"""From a table of simulated providers to a proposal, by the advisor and its workspace; wishes travel to a child."""

import numpy as np
import pytest

from di_advisor import (
    Advisor,
    Band,
    Condition,
    Direction,
    EsgMeasure,
    EsgTable,
    EsgWish,
    Exclusion,
    GroupBand,
    Mandate,
    Proposal,
    Workspace,
)
from di_advisor.domain.esg_wishes import Pathway
from di_advisor.domain.exclusions import GlidePath
from di_advisor.sample import load
from di_advisor.ui.plain import plain, restored

SCORE = "score, Lumenor Ratings (simulated)"
CARBON = "carbon_intensity, Ardwell Risk (simulated)"
TOBACCO = Exclusion("tobacco", conditions=(Condition("tobacco, Ardwell Risk (simulated)", 0.05),), source="Ardwell")
MANDATE = Mandate(
    tracking_error_max=0.02,
    sector_band=Band.within(0.03),
    esg=(EsgWish(SCORE, uplift_min=0.05), EsgWish(CARBON, cut_min=0.4)),
    exclusions=(TOBACCO,),
)


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    world = load()
    return Advisor().workspace(
        world.portfolios["young"],
        market=world.market(),
        target=world.target,
        mandate=MANDATE,
        tax=world.tax,
        returns=world.returns,
        exposures=world.exposures,
        esg=EsgTable.from_frame(world.esg, ["score", "carbon_intensity", "tobacco"]),
    )


@pytest.fixture(scope="module")
def proposal(workspace: Workspace) -> Proposal:
    return workspace.propose()


def test_the_wishes_are_kept_and_told_by_provider(proposal: Proposal) -> None:
    facts = {f.measure: f for f in proposal.esg}
    assert facts[SCORE].after >= 1.05 * facts[SCORE].index * (1 - 1e-6)
    assert facts[CARBON].after <= 0.6 * facts[CARBON].index * (1 + 1e-6)
    assert facts[CARBON].unit == "t/$M"
    assert all(c.slack >= 0 for c in proposal.checks)
    assert "known on 2026-05-15; covers" in proposal.provenance[f"esg: {SCORE}"]


def test_excluded_names_are_gone_locked_and_answer_why_not(workspace: Workspace, proposal: Proposal) -> None:
    [screen] = proposal.screens
    assert screen.before > 0
    assert screen.after == 0
    out = next(lock.security_id for lock in proposal.locks if lock.reason.startswith("EXCLUDED"))
    assert "rule tobacco, Ardwell Risk (simulated) >= 0.05" in str(workspace.why_not(out)[0])


def test_a_dial_without_the_screen_lets_the_names_back_in(workspace: Workspace, proposal: Proposal) -> None:
    free = workspace.what_if(exclusions=())
    assert free.screens == ()
    assert not any(lock.reason.startswith("EXCLUDED") for lock in free.locks)
    tobacco = {f.measure: f.after for f in free.esg}["tobacco, Ardwell Risk (simulated)"]
    assert tobacco > {f.measure: f.after for f in proposal.esg}["tobacco, Ardwell Risk (simulated)"]


def test_an_uplift_that_needs_more_room_climbs_the_ladder(workspace: Workspace) -> None:
    ladder = workspace.relaxed_uplift(SCORE, 0.10, tracking_error_max=0.004, esg=(), exclusions=())
    assert ladder.proposal is not None
    assert ladder.tried[0].tracking_error_max == 0.004
    assert ladder.proposal.mandate.esg == (EsgWish(SCORE, uplift_min=0.10),)


def test_a_table_of_ones_own_needs_no_provider(workspace: Workspace) -> None:
    world = load()
    ids = world.universe.security_ids
    own = EsgMeasure(
        "own", dict(zip(ids, np.linspace(0, 1, len(ids)).tolist(), strict=True)), Direction.LOWER_IS_BETTER
    )
    found = Advisor().propose(
        workspace.portfolio,
        market=world.market(),
        target=world.target,
        mandate=Mandate(esg=(EsgWish("own", uplift_min=0.05),)),
        tax=world.tax,
        risk=workspace.signals.market.risk,
        esg=EsgTable((own,)),
    )
    fact = found.esg[0]
    assert fact.after <= 0.95 * fact.index * (1 + 1e-6)


def test_wishes_travel_to_a_child_process_and_back() -> None:
    day = load().as_of
    glide = GlidePath(((day, 0.5),), start_weight={"A": 0.1})
    mandate = MANDATE.with_changes(
        esg=(*MANDATE.esg, EsgWish("carbon", pathway=Pathway(100.0, day))),
        exclusions=(TOBACCO, Exclusion("list", frozenset({"A"}), glide=glide)),
        group_bands=(GroupBand("sector", "Energy", 0.0, 0.1),),  # type: ignore[arg-type]
        factor_tilts={"value": 10.0},
    )
    assert restored(plain(mandate)) == mandate
