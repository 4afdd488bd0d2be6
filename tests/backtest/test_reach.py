"""What is tried where locks keep the cap out of reach: washes that cost all they can, then the nearest."""

from __future__ import annotations

from typing import Any, cast

import pytest

from di_advisor.backtest.reach import within_reach
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.errors import InfeasibleError
from di_advisor.workspace import Workspace

CAPPED = Mandate(tracking_error_max=0.02)
LOCKED = InfeasibleError("The cap cannot be reached.", hint="Wait.", smallest=0.025)


class Desk:
    """A workspace that refuses the first so many changes, and remembers all."""

    def __init__(self, mandate: Mandate, refuses: int) -> None:
        self.mandate, self.refuses = mandate, refuses
        self.asked: list[dict[str, Any]] = []

    def what_if(self, **changes: Any) -> str:
        self.asked.append({k: v for k, v in changes.items() if k != "cancel"})
        if len(self.asked) <= self.refuses:
            raise LOCKED
        return "a proposal"


def found(desk: Desk) -> tuple[object, str]:
    return within_reach(cast("Workspace", desk), LOCKED, lambda: False)


def test_washes_are_allowed_at_the_price_of_a_loss_that_never_comes_back() -> None:
    desk = Desk(CAPPED, refuses=0)
    assert found(desk) == ("a proposal", "")
    assert desk.asked == [{"wash_policy": WashPolicy.PRICE, "wash_deferral_years": 60.0}]
    assert CAPPED.with_changes(wash_deferral_years=60.0).wash_deferral_years == 60.0


def test_where_that_is_not_enough_the_account_goes_as_near_as_it_can_and_says_so() -> None:
    desk = Desk(CAPPED, refuses=1)
    assert found(desk) == ("a proposal", "Traded to 250.0 bps and one more: The cap cannot be reached.")
    assert desk.asked[1] == {"tracking_error_max": pytest.approx(0.0251)}
    priced = Desk(CAPPED.with_changes(wash_policy=WashPolicy.PRICE), refuses=0)
    assert found(priced)[1].startswith("Traded to 250.0 bps")
    assert len(priced.asked) == 1


def test_without_a_nearest_figure_it_stays_refused() -> None:
    with pytest.raises(InfeasibleError, match="nothing"):
        within_reach(cast("Workspace", Desk(CAPPED, refuses=1)), InfeasibleError("nothing", hint=""), lambda: False)
