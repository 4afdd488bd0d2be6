"""What a wish costs: the difference of two searches, never less than what their gaps allow, in one table."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.mandate import Band, Mandate, Rounding
from di_advisor.domain.portfolio import Account, Portfolio
from di_advisor.domain.target import Target
from di_advisor.errors import InputError, UnfinishedError
from di_advisor.testing.random_cases import random_case
from di_advisor.units import bps_from_fraction
from di_advisor.workspace import Workspace


def opened(seed: int, **changes: Any) -> Workspace:
    case = random_case(seed, names=24, lots_a_name=2)
    account, market = case.signals.account, case.signals.market
    weights = dict(zip(market.universe.security_ids, account.target_weight.tolist(), strict=True))
    wishes = Mandate(risk_aversion=6.0, rounding=Rounding.FRACTIONAL, sector_band=Band.within(0.01)).with_changes(
        **changes
    )
    portfolio = Portfolio("random", (Account("random", account.lots),))
    return Workspace(portfolio, Target.single("index", weights, market.as_of), wishes, case.tax, case.signals)


@pytest.mark.parametrize("seed", range(4))
def test_every_wish_that_binds_has_a_cost_that_adds_up(seed: int) -> None:
    workspace = opened(seed, turnover_max=0.12, factor_bands={"style0": Band.within(0.02)})
    done: list[tuple[int, int]] = []
    frame = workspace.prices_of_wishes(progress=lambda i, n: done.append((i, n)))
    binding = [c.rule for c in workspace.propose().checks if c.binding]
    assert sorted(frame["wish"]) == sorted(binding)
    assert done[-1] == (len(binding), len(binding))
    assert (frame["refused"] == "").all()
    assert (frame["cost_usd"] >= -frame["gap_usd"] - 0.02).all()
    assert frame["cost_usd"].is_monotonic_decreasing
    terms = [c for c in frame.columns if c.endswith("_usd") and c not in ("cost_usd", "gap_usd")]
    assert np.allclose(frame[terms].sum(axis=1), frame["cost_usd"], atol=1e-6)
    assert frame["cost_usd"].max() > 1


def test_a_cap_costs_dollars_and_takes_tracking_error_off() -> None:
    free = opened(1, sector_band=None)
    reached = free.propose().after.tracking_error
    workspace = opened(1, sector_band=None, tracking_error_max=0.8 * reached)
    found = workspace.price_of("tracking error cap")
    assert found.cost_usd == workspace.price_of("tracking_error_max").cost_usd, "the rule and its field are one wish"
    assert found.cost_usd > 0
    assert sum(found.dollars.values(), Decimal(0)) == found.cost_usd
    assert found.tracking_error == pytest.approx(-0.2 * reached, rel=0.05)
    assert f"${found.cost_usd:,}" in found.sentence
    assert f"takes {bps_from_fraction(-found.tracking_error):,.1f} bps off the tracking error" in found.sentence


def test_the_cost_of_one_band_is_less_than_that_of_the_whole_wish() -> None:
    workspace = opened(2)
    frame = workspace.prices_of_wishes()
    whole = workspace.price_of("sector_band")
    bands = frame[frame["wish"].str.startswith("sector band")]
    assert len(bands)
    assert bands["cost_usd"].max() <= float(whole.cost_usd) + float(whole.gap_usd) + bands["gap_usd"].max() + 0.02


def test_a_lock_that_no_rule_shows_has_a_cost_too() -> None:
    workspace = opened(3, sector_band=None, max_trade_usd=Decimal(3000))
    frame = workspace.prices_of_wishes()
    assert "max_trade_usd" in set(frame["wish"])
    assert float(frame.loc[frame["wish"] == "max_trade_usd", "cost_usd"].iloc[0]) > 0


def test_what_is_no_wish_is_refused_and_cancelling_stops() -> None:
    workspace = opened(1)
    with pytest.raises(InputError, match="no wish 'sector band: Moon'"):
        workspace.price_of("sector band: Moon")
    with pytest.raises(InputError, match="no wish 'locks'"):
        workspace.price_of("locks")
    workspace.propose()
    with pytest.raises(UnfinishedError):
        workspace.prices_of_wishes(cancel=lambda: True)
