"""The generator that draws every term and every rule: account, market, mandate, taxpayer and a user's own wishes.

A world is everything that `formulate` takes. `random_full_case` gives account, market and mandate; situations,
returns of the year and own wishes come from a generator of their own. What contradicts each other by its
meaning (priced wash sales where tax is left out) is not drawn together; what is only not honoured yet may
be, and counts for nothing while it is refused. Every 24th world is tiny: small enough for every discrete
choice and every cell of the tax to be tried. In every third one what is otherwise drawn too wide to decide is narrow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Pathway, Uncovered
from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath, Operator, Unknown
from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
from di_advisor.domain.mandate import Band, Mandate, NameBand, TradingMode
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer
from di_advisor.ledger.tax_return import AmtPolicy, ReturnPolicies
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_filers import random_carryover_value, random_return
from di_advisor.testing.random_full_cases import random_full_case
from di_advisor.testing.random_situations import in_retirement, with_costs_by_side, with_stand_ins, with_washes
from tests.own.wishes import Crowding, Disk, FewBuys, Kinked, Taste

__all__ = ["TINY_EVERY", "World", "whole_world"]

_STREAM = 301
_FILED = 0.16
_FEW_CELLS = range(2, 6)
"""Of the tax of a tiny world: each is tried under every choice."""

_NONE_OWN = OwnWishes()
TINY_EVERY = 24
"""One seed in so many, the second of each, draws a tiny world."""

NARROW_EVERY = 3
"""One seed in so many has the limits narrow that are drawn so wide that they seldom decide."""

_WIDTHS = {"country": 0.2, "industry": 0.25, "factor": 0.1, "participation": 0.02, "stand-ins": 0.02}

_TAXED = (TradingMode.REBALANCE, TradingMode.BUY_ONLY, TradingMode.SELL_ONLY, TradingMode.RAISE_CASH)


@dataclass(frozen=True)
class World:
    """What one seed draws.

    Attributes
    ----------
    signals, mandate, tax, own, exact_impact
        What `formulate` takes.
    tiny : bool
        Whether all discrete choices may be tried.
    """

    signals: Signals
    mandate: Mandate
    tax: Taxpayer
    own: OwnWishes = _NONE_OWN
    exact_impact: bool = False
    tiny: bool = False


def whole_world(seed: int) -> World:
    """The world of a seed."""
    g = np.random.default_rng([seed, _STREAM])
    if seed % TINY_EVERY == 1:
        return _tiny(g, seed)
    filed, retired, priced, own = g.random(), g.random(), g.random(), g.random()
    case = random_full_case(seed, names_max=14 if filed < _FILED else 38)  # each cell of a tax is a problem of its own
    world = World(case.signals, case.mandate, case.tax)
    free = world.mandate.gain_budget_usd is None and world.mandate.tax_budget_usd is None
    taxed = world.mandate.mode in _TAXED
    if filed < _FILED and taxed:
        world = replace(world, tax=_filer(g))
    elif retired < 0.07 and free and taxed:
        world = _retired(world)
    if priced < 0.17 and taxed:
        world = _in(world, with_washes(g, world.signals))
    if g.random() < 0.15 and world.mandate.mode is TradingMode.REBALANCE:
        world = _in(world, with_stand_ins(g, world.signals))
    if g.random() < 0.2:
        world = _in(world, with_costs_by_side(g, world.signals))
    elif g.random() < (0.15 if isinstance(world.tax, TaxProfile) else 0.02):
        world = replace(world, exact_impact=True)
    mandate = _finer(g, world)
    mandate = _narrowed(mandate) if seed % NARROW_EVERY == 0 else mandate
    world = replace(world, mandate=mandate)
    plain = isinstance(world.tax, TaxProfile) and free and world.signals.account.washes is None
    return replace(world, own=_own(own, plain=plain and not world.exact_impact, mode=mandate.mode))


def _in(world: World, situation: Any) -> World:
    return replace(world, signals=situation.signals, mandate=world.mandate.with_changes(**situation.changes))


def _filer(g: np.random.Generator) -> Taxpayer:
    """A return, as it is or with policies and a worth of what is carried over."""
    found = random_return(g)
    if g.random() < 0.4:
        return found
    return FilerTax(found, ReturnPolicies(amt=AmtPolicy.WARNED), random_carryover_value(g))


def _retired(world: World) -> World:
    """A retirement account: nothing is taxed here, and losses elsewhere have their worth."""
    assert isinstance(world.tax, TaxProfile)
    tax = TaxProfile(ConstantRates(0.0, 0.0), loss_rates=world.tax.rates)
    return replace(world, signals=in_retirement(world.signals), tax=tax)


def _own(draw: float, *, plain: bool, mode: TradingMode) -> OwnWishes:
    """A user's own terms and rules: affine ones in any world, cones where everything else is for them."""
    if mode in (TradingMode.LIQUIDATE, TradingMode.RAISE_CASH):
        return OwnWishes()
    affine = (OwnWishes((Taste(),)), OwnWishes((), (FewBuys(),)), OwnWishes((Taste(),), (FewBuys(),)))
    if draw < 0.12:
        return affine[int(draw / 0.04)]
    cones = (OwnWishes((Crowding(),)), OwnWishes((Kinked(),)), OwnWishes((Taste(), Crowding()), (Disk(1.2),)))
    return cones[int((draw - 0.12) / 0.02)] if plain and draw < 0.18 else OwnWishes()


def _finer(g: np.random.Generator, world: World) -> Mandate:
    """Fields that the other generators leave at their defaults, drawn so mild that they seldom decide alone."""
    mandate, changes = world.mandate, dict[str, Any]()
    if g.random() < 0.15:
        changes["share_decimals"] = int(g.integers(2, 7))
    if g.random() < 0.1 and mandate.mode is not TradingMode.LIQUIDATE:
        changes["min_trade_weight"] = float(g.uniform(2e-4, 2e-3))
    if g.random() < 0.15 and mandate.mode is TradingMode.REBALANCE:
        largest = float(world.signals.account.target_weight.max())
        changes["name_band"] = replace(mandate.name_band, weight_max=max(2.0 * largest, 0.15))
    if g.random() < 0.12 and mandate.mode is TradingMode.REBALANCE and world.signals.market.esg:
        changes |= _further_esg(g, world)
    return mandate.with_changes(**changes)


def _narrowed(mandate: Mandate) -> Mandate:
    """The mandate with what limits groups, exposures, volume and stand-ins brought to where it decides."""
    if mandate.mode is TradingMode.LIQUIDATE:
        return mandate

    def part(band: Band | None, kind: str) -> Band | None:
        return None if band is None else Band(_WIDTHS[kind] * band.lower, _WIDTHS[kind] * band.upper)

    volume = mandate.participation_max
    return mandate.with_changes(
        country_band=part(mandate.country_band, "country"),
        industry_band=part(mandate.industry_band, "industry"),
        factor_bands={name: part(band, "factor") for name, band in mandate.factor_bands.items()},
        participation_max=None if volume is None else _WIDTHS["participation"] * volume,
        replacement_width=mandate.replacement_width * (_WIDTHS["stand-ins"] if mandate.replacements else 1.0),
    )


def _further_esg(g: np.random.Generator, world: World) -> dict[str, Any]:
    """Kinds of ESG wishes, screens and bands that `random_esg_wishes` does not draw."""
    mandate, market, account = world.mandate, world.signals.market, world.signals.account
    ids, country = market.universe.security_ids, market.universe.securities[0].country
    base = market.as_of - timedelta(days=400)
    carbon, weight = market.esg["carbon"], account.target_weight
    known = np.isfinite(carbon)
    average = float(carbon[known] @ weight[known] / weight[known].sum())
    pathway = Pathway(1.4 * average, base, cut_per_year=0.05, evic_inflation=1.02)
    at = int(g.integers(len(ids)))
    worst = (Uncovered.WORST_DECILE, Uncovered.WORST_QUARTILE)[at % 2]
    wishes = (
        EsgWish("z score", delta_min=-0.1, uncovered=worst, direction=Direction.HIGHER_IS_BETTER, forced=bool(at % 2)),
        EsgWish("carbon", pathway=pathway, uncovered=Uncovered.UNIVERSE_MEAN, unit="t/$M"),
        EsgWish("score", floor=0.0, ceiling=20.0, uncovered=Uncovered.SECTOR_MEDIAN),
    )
    last, unknown = ids[at], (Unknown.LENIENT, Unknown.STRICT)[at % 2]
    glide = GlidePath(((market.as_of, 0.9),), gain_min=-1.0, start_weight={last: 0.02})
    evidence = {"rule": "any", "evidence": "a list", "source": "random", "second_source": "another", "as_of": base}
    screens = (
        Exclusion("an industry", labels=frozenset({"I8"}), proxy=True, glide=glide, **evidence),
        Exclusion(
            "low scores or an industry",
            labels=frozenset({"I7"}),
            conditions=(Condition("score", 0.5, Operator.AT_MOST),),
            proxy=True,
            unknown=unknown,
            glide=glide,
            **evidence,
        ),
        Exclusion("weak", conditions=(Condition("z score", -2.5, Operator.LESS_THAN),), glide=glide, **evidence),
    )
    bands = (
        GroupBand(GroupKind.INDUSTRY, "", -0.3, 0.3, MeasuredAs.ACTIVE),
        GroupBand(GroupKind.COUNTRY, country, 0.0, 1.0),
    )
    return {
        "esg": (*mandate.esg, wishes[int(g.integers(3))]),
        "exclusions": (*mandate.exclusions, screens[int(g.integers(3))]),
        "group_bands": (*mandate.group_bands, bands[int(g.integers(2))]),
    }


def _cells(world: World) -> int:
    tax = schedule_d_of(formulate(world.signals, world.mandate, world.tax))
    return 0 if tax is None else len(tax.cells)


def _tiny(g: np.random.Generator, seed: int) -> World:
    """Three names under wide rules: a return of the year, or wash sales priced, or both, or minimum trades."""
    which = seed // TINY_EVERY % 4
    value = float(np.exp(g.uniform(np.log(5e4), np.log(5e5))))
    case = random_case(seed, names=3, lots_a_name=2, styles=2, value_usd=value)
    band = NameBand(active_max=0.6)
    mandate = Mandate(risk_aversion=float(g.uniform(5, 40)), name_band=band, cash_min=0.001, cash_max=0.1)
    world = World(case.signals, mandate, case.tax, tiny=True)
    while which in (0, 2) and _cells(world) not in _FEW_CELLS:
        world = replace(world, tax=FilerTax(random_return(g), carryover_value=random_carryover_value(g)))
    if which in (1, 2):
        world = _in(world, with_washes(g, world.signals))
    if which == 3:
        minimum = Decimal(int(0.02 * value))
        world = replace(world, mandate=mandate.with_changes(min_trade_usd=minimum))
    return world
