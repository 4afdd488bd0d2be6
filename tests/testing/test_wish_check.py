"""The independent check of ESG wishes, screens, bands of groups and stand-ins sees every one that orders break."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Pathway, Uncovered
from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath
from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
from di_advisor.domain.mandate import Mandate
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_wishes import random_esg_wishes
from di_advisor.testing.rule_check import FinalOrders, broken_wishes

_CASE = random_case(3, names=14, lots_a_name=2, value_usd=2e6)
SIGNALS = random_esg_wishes(np.random.default_rng(2), _CASE.signals).signals
ACCOUNT, MARKET = SIGNALS.account, SIGNALS.market
IDS = MARKET.universe.security_ids
OPEN = np.flatnonzero(ACCOUNT.lot_sellable & ACCOUNT.can_sell[ACCOUNT.lot_name])
LOT = int(OPEN[0])
SOLD = int(ACCOUNT.lot_name[LOT])
OUTSIDE = int(next(i for i in np.flatnonzero(ACCOUNT.can_buy).tolist() if i != SOLD))
NOTHING = FinalOrders({}, {})
WIDE = Mandate(cash_max=1.0, rounding="fractional")  # type: ignore[arg-type]
SECTOR = MARKET.universe.securities[0].sector


def wishes(orders: FinalOrders = NOTHING, signals: Any = SIGNALS, **changes: object) -> set[str]:
    return {b.wish for b in broken_wishes(signals, WIDE.with_changes(**changes), orders)}


@pytest.mark.parametrize(
    ("hard", "mild"),
    [
        (EsgWish("score", uplift_min=2.0), EsgWish("score", uplift_min=0.0, uncovered=Uncovered.LEAVE_OUT)),
        (EsgWish("z score", delta_min=4.0), EsgWish("z score", delta_min=-4.0, uncovered=Uncovered.WORST_DECILE)),
        (EsgWish("carbon", cut_min=0.999), EsgWish("carbon", ceiling=1e6, uncovered=Uncovered.UNIVERSE_MEAN)),
        (EsgWish("score", floor=10.0), EsgWish("score", floor=0.0, uncovered=Uncovered.SECTOR_MEDIAN)),
        (EsgWish("score", ceiling=0.1, direction=Direction.HIGHER_IS_BETTER), EsgWish("score", ceiling=10.0)),
        (EsgWish("carbon", coverage_min=1.0), EsgWish("carbon", coverage_min=0.1)),
        (
            EsgWish("carbon", pathway=Pathway(1.0, MARKET.as_of - timedelta(days=800))),
            EsgWish("carbon", pathway=Pathway(1e6, MARKET.as_of - timedelta(days=800))),
        ),
    ],
)
def test_an_average_beyond_its_limit_is_seen_and_one_within_is_not(hard: EsgWish, mild: EsgWish) -> None:
    assert not np.isfinite(MARKET.esg["carbon"][ACCOUNT.lot_name]).all()  # else nothing is short of full coverage
    assert wishes(esg=(hard,)) == {"esg"}
    assert not wishes(esg=(mild, EsgWish("risk score", usd_per_point=5.0)))
    assert not wishes(esg=(hard,), mode="liquidate") - {"mode"}


@pytest.mark.parametrize(
    "band",
    [
        GroupBand(GroupKind.SECTOR, SECTOR, 0.9, 1.0),
        GroupBand(GroupKind.SECTOR, SECTOR, 30.0, 40.0, MeasuredAs.MULTIPLE),
        GroupBand(GroupKind.SECTOR, "", 0.5, 1.0, MeasuredAs.ACTIVE),
        GroupBand(GroupKind.NAME, IDS[SOLD], 0.9, 1.0),
    ],
)
def test_a_group_outside_its_band_is_seen(band: GroupBand) -> None:
    assert wishes(group_bands=(band,)) == {"group_bands"}
    assert not wishes(group_bands=(replace(band, lower=-1.0, upper=1e3),))


def test_an_excluded_name_that_stays_or_is_bought_is_seen() -> None:
    out = Exclusion("a list", frozenset({IDS[SOLD]}))
    assert wishes(exclusions=(out,)) == {"exclusions"}
    mine = [i for i in OPEN.tolist() if ACCOUNT.lot_name[i] == SOLD]
    gone = FinalOrders({i: Decimal(str(ACCOUNT.lots[i].shares)) for i in mine}, {})
    assert not wishes(gone, exclusions=(out,))
    always = Exclusion("anything", conditions=(Condition("high impact", -1.0),))
    assert "exclusions" in wishes(FinalOrders({}, {OUTSIDE: Decimal(1)}), exclusions=(always,))
    slowly = GlidePath(((MARKET.as_of, 1.0),), gain_min=-1e9)
    assert not wishes(exclusions=(replace(out, glide=slowly),))
    assert wishes(exclusions=(replace(out, glide=GlidePath(((MARKET.as_of, 0.5),), -1e9)),)) == {"exclusions"}


def test_more_of_a_stand_in_than_was_sold_is_seen() -> None:
    target = ACCOUNT.target_weight.copy()
    target[OUTSIDE] = 0.0
    signals = replace(SIGNALS, account=replace(ACCOUNT, target_weight=target / target.sum()))
    given = {"replacements": {IDS[SOLD]: (IDS[OUTSIDE],)}}
    shares = Decimal(int(ACCOUNT.lots[LOT].shares) // 2)
    worth = shares * MARKET.price_usd[SOLD]
    bought = (worth / MARKET.price_usd[OUTSIDE]).quantize(Decimal("0.0001")) - Decimal("0.0001")
    fair = FinalOrders({LOT: shares}, {OUTSIDE: bought})
    assert not wishes(fair, signals, **given) - {"wash_policy"}
    assert "replacements" in wishes(replace(fair, buys={OUTSIDE: 2 * bought}), signals, **given)
    assert "replacements" in wishes(fair, signals, **given, replacement_width=0.5)
    assert "target" in wishes(fair, signals)


def test_a_tax_budget_is_reckoned_by_any_law() -> None:
    def law(short_usd: float, long_usd: float) -> float:
        return 1000.0 + short_usd + long_usd

    gain = int(next(i for i in OPEN.tolist() if ACCOUNT.lot_gain_usd[i] > 0))
    sale = FinalOrders({gain: Decimal(1)}, {})
    mandate = WIDE.with_changes(tax_budget_usd=Decimal(900))
    assert {b.wish for b in broken_wishes(SIGNALS, mandate, sale, law)} == {"tax_budget_usd"}
    assert not broken_wishes(SIGNALS, mandate.with_changes(tax_budget_usd=Decimal(5000)), sale, law)
