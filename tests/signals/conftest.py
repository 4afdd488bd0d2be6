"""Fixtures of the small world."""

from datetime import date

import pytest

from di_advisor.domain.target import Target
from tests.signals.small_world import PRICES, SmallWorld, costs, market, risk


@pytest.fixture
def small_world() -> SmallWorld:
    """Five priced names, the target a fifth of each."""
    here = market(dict(PRICES))
    target = Target.single("five", dict.fromkeys(PRICES, 0.2), date(2020, 1, 1))
    return SmallWorld(here, risk(here.universe), costs(here.universe), target)


@pytest.fixture
def world_without_a_price_of_fox() -> SmallWorld:
    """The same, but FOX has no price and is not in the target."""
    here = market({**PRICES, "FOX": None})
    target = Target.single("four", dict.fromkeys([s for s in PRICES if s != "FOX"], 0.25), date(2020, 1, 1))
    return SmallWorld(here, risk(here.universe), costs(here.universe), target)
