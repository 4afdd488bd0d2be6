"""What a newcomer mistypes is answered with what was meant."""

from collections.abc import Callable
from typing import Any

import pytest

from di_advisor import Advisor, EsgTable, EsgWish, Mandate, Workspace
from di_advisor.errors import InputError
from di_advisor.sample import load


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    world = load()
    return Advisor().workspace(
        world.portfolios["concentrated"],
        market=world.market(),
        target=world.target,
        mandate=Mandate(tracking_error_max=0.04),
        tax=world.tax,
        returns=world.returns,
        exposures=world.exposures,
        esg=EsgTable.from_frame(world.esg, ["score"]),
    )


@pytest.mark.parametrize(
    ("ask", "hint"),
    [
        (lambda w: w.what_if(tracking_error=0.01), "Did you mean tracking_error_max?"),
        (lambda w: w.what_if(turnover=0.01), "Did you mean turnover_max?"),
        (lambda w: w.frontier(tracking_error_max=0.01), "tracking_error_max=[0.01, ...]"),
        (lambda w: w.frontier(mode="buy_only"), "mode=['buy_only', ...]"),
        (lambda w: w.what_if(esg=(EsgWish("score", floor=5.0),)), "'score, Lumenor Ratings (simulated)'"),
    ],
)
def test_a_wrong_wish_or_dial_is_told_with_the_right_one(
    workspace: Workspace, ask: Callable[[Workspace], Any], hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        ask(workspace)
    assert hint in str(caught.value)


@pytest.mark.parametrize(("field", "hint"), [("tax", "ReturnInputs"), ("esg", "EsgTable.from_frame")])
def test_a_fact_of_another_type_is_told_with_the_one_that_fits(workspace: Workspace, field: str, hint: str) -> None:
    world = load()
    facts: dict[str, Any] = {"tax": world.tax, "esg": None} | {field: 0.2 if field == "tax" else world.esg}
    with pytest.raises(InputError) as caught:
        Advisor().workspace(
            workspace.portfolio,
            market=world.market(),
            target=world.target,
            mandate=Mandate(),
            risk=workspace.signals.market.risk,
            **facts,
        )
    assert hint in str(caught.value)


def test_why_not_takes_a_ticker_as_well_as_an_id(workspace: Workspace) -> None:
    security = workspace.signals.market.universe.securities[0]
    assert workspace.why_not(security.ticker) == workspace.why_not(security.security_id)


def test_a_list_with_names_that_the_market_does_not_hold_is_said(workspace: Workspace) -> None:
    listed = [*(f"X{i}" for i in range(7)), workspace.signals.market.universe.security_ids[0]]
    told = [note for note in workspace.what_if(do_not_buy=listed).notes if "do_not_buy" in note]
    assert told == ["The market does not hold these security ids of do_not_buy: X0, X1, X2, X3, X4 and 2 more."]


def test_a_wish_that_is_not_set_costs_nothing_and_says_so(workspace: Workspace) -> None:
    assert str(workspace.price_of("max_names")) == "The wish 'max_names' is not set, and so costs nothing."


def test_a_frontier_of_a_budget_in_text_has_its_dial_once_and_draws_dollars(workspace: Workspace) -> None:
    from di_advisor.report.frontier_view import frontier_sentence, frontier_table

    frame = workspace.frontier(gain_budget_usd=["250000", "300000"])
    assert list(frame.columns).count("gain_budget_usd") == 1
    assert "gain budget $250,000" in frontier_sentence(frame)
    assert frontier_table(frame).columns[0].heading == "gain budget, $"
