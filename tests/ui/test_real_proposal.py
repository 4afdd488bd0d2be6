"""The panel on the sample, with the real advisor: in a child process, and by the Python it prints."""

import asyncio

import pytest

from di_advisor import sample
from di_advisor.advisor import Advisor
from di_advisor.propose.proposal import Proposal
from di_advisor.sample import SampleWorld
from di_advisor.ui import child
from di_advisor.ui.case import STARTING_MANDATE, STARTING_TAX
from di_advisor.ui.choices import Choices
from di_advisor.ui.formatters import proposal_bundle
from di_advisor.ui.panel import Panel, app
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.recipe import python_of

CHOICES = Choices.starting_from("concentrated", STARTING_MANDATE, STARTING_TAX)


@pytest.fixture(scope="module")
def world() -> SampleWorld:
    return sample.load()


@pytest.fixture(scope="module")
def answered(world: SampleWorld) -> Proposal:
    phases: list[str] = []
    request = {"choices": plain(CHOICES), "case": None, "risk": None, "costs": None}
    answer = child.propose_plainly(request, phases.append)
    assert phases[:2] == ["Loading", "Estimating risk"]
    assert {"Solving", "Rounding to shares", "Explaining"} <= set(phases)
    made = restored(answer["proposal"])
    assert isinstance(made, Proposal)
    return made


def test_the_printed_python_makes_the_trades_that_the_controls_made(answered: Proposal) -> None:
    names: dict[str, object] = {}
    exec(python_of(CHOICES).removesuffix("\nproposal"), names)  # noqa: S102 our own lines
    again = names["proposal"]
    assert isinstance(again, Proposal)
    assert answered.trade_list
    assert again.trade_list == answered.trade_list
    assert again.mandate == answered.mandate
    assert again.terms_usd == answered.terms_usd


def test_a_real_proposal_shows_in_every_form_within_its_size(answered: Proposal) -> None:
    bundle = proposal_bundle(answered)
    trades = len(answered.trade_list)
    assert trades > 20
    assert len(bundle["text/html"].encode()) < 2_000 * max(trades, 200)
    assert all(f"{abs(answered.benefit_usd):,.2f}" in text for text in bundle.values())


def test_own_portfolios_are_proposed_for_in_a_child_process(
    world: SampleWorld, answered: Proposal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from di_advisor.ui import panel as panel_module

    monkeypatch.setattr(panel_module, "_PANELS", [])
    monkeypatch.setattr(panel_module, "READ_AFTER_SECONDS", 0.0)
    market, advisor = world.market(), Advisor()
    own: Panel = app(
        {"mine": world.portfolios["concentrated"]},
        market=market,
        target=world.target,
        tax=world.tax,
        risk=advisor.estimate_risk(market, world.returns, world.exposures),
        costs=advisor.estimate_costs(market),
    )
    asyncio.run(own.propose())
    assert own.state.error == ""
    assert own.proposal is not None
    assert own.proposal.trade_list == answered.trade_list
    assert "portfolios['mine']" in own._answer.bundle["text/html"].replace("&#39;", "'")
