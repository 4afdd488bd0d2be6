"""Triggers of distance: each both ways, with figures worked by hand."""

import pytest

from di_advisor.policy.triggers import FactorDrift, NameDrift, SectorDrift, TrackingErrorAbove, TriggerState, judge
from di_advisor.policy.triggers.trigger import Trigger
from tests.policy.world import Day

# Against the target: A +0.10, B 0, C -0.12; Tech +0.10, Energy -0.12.
SIZE = 0.10 * 1 + 0.12 * 1
ERROR = (0.01 * SIZE**2 + 0.04 * (0.10**2 + 0.12**2)) ** 0.5


@pytest.mark.parametrize(
    ("below", "above", "figure", "names", "words"),
    [
        (NameDrift(0.11), NameDrift(0.13), 0.12, ("T-C",), "T-C stands 1,200.0 bps below its target"),
        (NameDrift(0.09), NameDrift(0.13), 0.12, ("T-C", "T-A"), "2 names at or beyond 900.0 bps"),
        (SectorDrift(0.11), SectorDrift(0.13), 0.12, ("Energy",), "Energy is 1,200.0 bps under its weight"),
        (FactorDrift(0.20), FactorDrift(0.23), SIZE, ("size",), "Exposure to size is +0.220 against the target"),
        (
            TrackingErrorAbove(0.03),
            TrackingErrorAbove(0.04),
            ERROR,
            ("T-C", "T-A"),
            "Tracking error is 382.1 bps a year",
        ),
    ],
)
def test_distance_fires_at_its_threshold_and_not_below_it(
    below: Trigger, above: Trigger, figure: float, names: tuple[str, ...], words: str
) -> None:
    facts = Day().facts()
    fires, _ = judge(below, facts, TriggerState())
    rests, _ = judge(above, facts, TriggerState())
    assert fires.fired
    assert not rests.fired
    assert fires.reading.figure == pytest.approx(figure)
    assert fires.reading.names == names
    assert words in fires.reading.sentence


def test_factors_that_are_not_in_the_model_are_not_known_rather_than_zero() -> None:
    firing, _ = judge(FactorDrift(0.0, factors=("value",)), Day().facts(), TriggerState())
    assert firing.reading.figure is None
    assert not firing.fired


def test_weights_refer_to_what_is_left_after_a_withdrawal() -> None:
    day = Day()
    facts = Day(mandate=day.mandate.with_changes(withdrawal_usd=20000)).facts()
    # 50,000 of 80,000 is 0.625, and 0.225 above 0.4.
    firing, _ = judge(NameDrift(0.2), facts, TriggerState())
    assert firing.reading.figure == pytest.approx(0.225)
