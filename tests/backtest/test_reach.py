"""What is tried where the cap cannot be kept: room for rounding, washes that cost all they can, then the nearest."""

from __future__ import annotations

from typing import Any, cast

import pytest

from di_advisor.backtest.reach import concerns_cap, within_reach
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.errors import DiAdvisorError, InfeasibleError, SettlementError, SolveError
from di_advisor.workspace import Workspace

CAPPED = Mandate(tracking_error_max=0.02)
LOCKED = InfeasibleError("The cap cannot be reached.", hint="Wait.", smallest=0.025)


ROUNDED = SettlementError("Rounding passes the cap.", hint="", rule="tracking error cap", excess=1e-7)
PRICED = {"wash_policy": WashPolicy.PRICE, "wash_deferral_years": 60.0}
ROOM = [{"tracking_error_max": pytest.approx(cap)} for cap in (0.0198, 0.0195, 0.019, 0.018)]


class Desk:
    """A workspace that refuses the first changes with these errors, and remembers all."""

    def __init__(self, mandate: Mandate, *refusals: DiAdvisorError) -> None:
        self.mandate, self.refusals = mandate, list(refusals)
        self.asked: list[dict[str, Any]] = []

    def what_if(self, **changes: Any) -> str:
        self.asked.append({k: v for k, v in changes.items() if k != "cancel"})
        if self.refusals:
            raise self.refusals.pop(0)
        return "a proposal"


def found(desk: Desk, error: SolveError | SettlementError = LOCKED, now: float = 0.03) -> tuple[object, str]:
    return within_reach(cast("Workspace", desk), error, now, lambda: False)


def test_washes_are_allowed_at_the_price_of_a_loss_that_never_comes_back() -> None:
    desk = Desk(CAPPED)
    assert found(desk) == ("a proposal", "")
    assert desk.asked == [PRICED]
    assert CAPPED.with_changes(wash_deferral_years=60.0).wash_deferral_years == 60.0


def test_where_rounding_passes_the_cap_it_is_left_more_room() -> None:
    desk = Desk(CAPPED, ROUNDED, ROUNDED)
    assert found(desk) == ("a proposal", "")
    assert desk.asked == [PRICED, PRICED | ROOM[0], PRICED | ROOM[1]]


def test_a_plan_that_only_rounding_spoils_is_made_with_room_before_any_wash_is_allowed() -> None:
    desk = Desk(CAPPED, ROUNDED)
    assert found(desk, ROUNDED) == ("a proposal", "")
    assert desk.asked == ROOM[:2]
    desk = Desk(CAPPED, LOCKED)  # a lower cap is out of reach
    assert found(desk, ROUNDED) == ("a proposal", "")
    assert desk.asked == [ROOM[0], PRICED]


def test_an_account_inside_its_cap_is_refused_rather_than_washed() -> None:
    desk = Desk(CAPPED, *[ROUNDED] * 4)
    with pytest.raises(SettlementError, match="Rounding passes"):
        found(desk, ROUNDED, now=0.019)
    assert desk.asked == ROOM


def test_where_that_is_not_enough_the_account_goes_as_near_as_it_can_and_says_so() -> None:
    desk = Desk(CAPPED, LOCKED)
    assert found(desk) == ("a proposal", "Traded to 250.0 bps and 1.0 more: The cap cannot be reached.")
    assert desk.asked[1] == {"tracking_error_max": pytest.approx(0.0251)}
    priced = Desk(CAPPED.with_changes(wash_policy=WashPolicy.PRICE))
    assert found(priced)[1].startswith("Traded to 250.0 bps")
    assert len(priced.asked) == 1


def test_nothing_takes_an_account_further_from_its_cap_than_it_stands() -> None:
    desk = Desk(CAPPED, LOCKED)
    assert found(desk, now=0.02503)[1].startswith("Traded to 250.0 bps and 0.3 more")
    assert desk.asked[1] == {"tracking_error_max": pytest.approx(0.02503)}


def test_without_a_nearest_figure_it_stays_refused() -> None:
    with pytest.raises(InfeasibleError, match="nothing"):
        found(Desk(CAPPED, LOCKED), InfeasibleError("nothing", hint=""))


def test_other_rules_are_none_of_its_business() -> None:
    assert concerns_cap(LOCKED)
    assert concerns_cap(ROUNDED)
    assert not concerns_cap(SettlementError("cash", hint="", rule="cash"))
    assert not concerns_cap(InfeasibleError("cash", hint=""))
