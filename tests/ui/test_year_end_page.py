"""The year-end page: what its controls say, when it asks anew, and the verb on the sample."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.policy.year_end import WAYS, Charity, LaterTax, YearEndWishes
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.spec import KernelSource
from di_advisor.sample.filers import FILERS
from di_advisor.ui.app_state import AppState
from di_advisor.ui.desk import Desk
from di_advisor.ui.pages.year_end import YearEndPage
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.repeat import answered_bundle
from di_advisor.ui.verbs import VERBS
from tests.ui.fake_host import FakeHost

SPEC = RunSpec(SampleSource(), "concentrated")
FILED = SPEC.with_changes(tax=FILERS["concentrated"])
BUNDLE = {"text/html": "<p>found</p>", "text/markdown": "found", "text/plain": "found"}
ANSWER = {"year_end": {"worth_usd": 932.5, "best": "harvest only", "bundle": BUNDLE}}


class Quiet:
    """Nobody listens."""

    def phase(self, text: str) -> None: ...

    def progress(self, fraction: float, text: str) -> None: ...

    def partial(self, content: Any) -> None: ...


def opened(spec: RunSpec, answers: dict[str, Any] | None = None) -> tuple[YearEndPage, FakeHost]:
    host = FakeHost(spec, answers)
    page = YearEndPage(host)
    host.page = page
    page.show(host.state)
    return page, host


def test_the_controls_become_wishes_that_travel_to_the_child() -> None:
    page, host = opened(FILED, ANSWER)
    page._rate.value, page._years.value, page._gift.value = 20.0, 3.0, 15_000.0
    page._charity.value = Charity.PRIVATE_FOUNDATION
    page._plan.click()
    ((verb, request),) = host.asked
    expected = YearEndWishes(
        LaterTax(Decimal("0.2"), 3.0, 0.05), Decimal(15_000), Charity.PRIVATE_FOUNDATION, ways=tuple(WAYS)
    )
    assert (verb, request["spec"], request["wishes"]) == ("year_end", FILED, expected)
    assert restored(plain(request["wishes"])) == expected
    assert host.shown == [BUNDLE]
    assert "worth $932.50" in page._says.value
    assert "Most is left by: harvest only." in page._says.value
    asked = page.asked(host.state)
    assert asked is not None
    assert (asked.did, asked.other, "plan_year_end(workspace, wishes)" in asked.code) == ("Planned", "", True)
    page._gift.value = 0.0
    assert host.shown == [BUNDLE, BUNDLE]  # shown anew, for what stands above it marks it
    marked = page.asked(host.state)
    assert marked is not None
    assert "other figures for later taxes or the gift" in answered_bundle(marked, FILED)["text/plain"]


def test_without_scenarios_nothing_is_to_be_solved() -> None:
    page, host = opened(FILED, ANSWER)
    page._quick.click()
    assert host.asked[0][1]["wishes"].ways == ()


def test_a_figure_out_of_range_is_refused_with_what_to_do() -> None:
    page, host = opened(FILED, ANSWER)
    page._rate.value = 150.0
    page._plan.click()
    assert not host.asked
    assert 'role="alert"' in page._says.value


def test_constant_rates_are_said_and_the_sample_offers_a_made_up_return() -> None:
    page, host = opened(SPEC)
    assert "constant rates" in page._says.value
    assert page._return.layout.display == ""
    page._return.click()
    assert host.state.spec.tax == FILERS["concentrated"]
    assert page._return.layout.display == "none"
    assert page._says.value == ""
    mine, _ = opened(RunSpec(KernelSource(), "mine"))
    assert mine._return.layout.display == "none"


def test_a_change_of_wishes_says_to_plan_again_and_another_account_drops_the_plan() -> None:
    page, host = opened(FILED, ANSWER)
    page._plan.click()
    assert page.result(host.state) == BUNDLE
    host.edit(FILED.with_wishes(tracking_error_max=0.02))
    assert "plan again" in page._says.value
    assert page.result(host.state) == BUNDLE
    assert page.result(AppState(RunSpec(SampleSource(), "young"))) is None


def test_buttons_rest_while_something_runs() -> None:
    page, host = opened(FILED)
    assert host.state.start("Planning the year end")
    page.show(host.state)
    assert page._plan.disabled
    assert page._quick.disabled


@pytest.mark.parametrize("spec", [FILED, SPEC])
def test_the_verb_plans_the_sample_account(spec: RunSpec) -> None:
    wishes = YearEndWishes(LaterTax(), Decimal(10_000), ways=("harvest only",))
    found = VERBS["year_end"](Desk(), {"spec": spec, "wishes": wishes}, Quiet())
    assert found["best"] in {"do nothing", "harvest only"}
    assert found["worth_usd"] > 0
    assert "Giving lots to charity" in found["bundle"]["text/plain"]
    assert isinstance(spec.tax, ReturnInputs) == ("federal tables of 2026" in found["bundle"]["text/plain"])


def test_a_plan_shows_itself_in_a_notebook_and_has_a_short_name() -> None:
    from di_advisor.policy.year_end import plan_year_end
    from di_advisor.ui.formatters import year_end_plan_bundle
    from tests.policy.year_end.year import workspace

    plan = plan_year_end(workspace(), YearEndWishes(LaterTax(), Decimal(5_000), ways=("gains at 0 %",)))
    assert set(year_end_plan_bundle(plan)) == {"text/html", "text/markdown", "text/plain"}
    assert len(repr(plan)) < 400
    assert "2026-12-10" in repr(plan)
    assert "best: do nothing" in repr(plan.scenarios)
    assert "5,000.00 USD" in repr(plan.gift)
