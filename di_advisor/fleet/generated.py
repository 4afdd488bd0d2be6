"""Generated accounts over the sample: any number, each from its own seed, none of them kept.

Problem: a fleet must be tried at ten accounts and at ten thousand, and the same account must come out whatever the
number and order. Decision: account i of a seed follows from both alone: its size, its names, lots bought on days of
the sample's own history (so that gains follow its prices), fills of the last month, cash, and wishes drawn from a few
models. Limits: simulated like everything in the sample; bases leave out dividends that were paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

import numpy as np

from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Band, Mandate, Rounding
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import Account, CashItem, Fill, Portfolio, Side
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.execution.jobs import one_thread
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.facts import FleetFacts
from di_advisor.sample.world import SampleWorld

__all__ = ["CONVEX", "DESK", "SampleFleet", "sample_facts_of"]

DESK: Final = (
    Mandate(tracking_error_max=0.01, sector_band=Band.within(0.02), min_trade_usd=Decimal(500)),
    Mandate(tracking_error_max=0.02, sector_band=Band.within(0.03), min_trade_usd=Decimal(250)),
    Mandate(risk_aversion=60.0, sector_band=Band.within(0.03), min_trade_usd=Decimal(250)),
)
"""Wishes of a desk: whole shares, minimum trades, caps."""

CONVEX: Final = (Mandate(sector_band=Band.within(0.03), rounding=Rounding.FRACTIONAL),)
"""Wishes without discrete rules: fractions of shares, no minimum."""

_RATES: Final = ((0.408, 0.238), (0.37, 0.188), (0.24, 0.15))
_STREAM: Final = 20_260
_NEWEST_DAYS: Final = 30
_CENT: Final = Decimal("0.01")


def sample_facts_of(world: SampleWorld) -> FleetFacts:
    """Facts of the sample's last day, by the registered models, to the same bits on any number of threads."""
    from di_advisor.registry import cost_model, risk_model

    market = world.market()
    with one_thread():
        risk = risk_model("factor").estimate(market, world.returns, world.exposures)
        return FleetFacts.of(market, world.target, risk, cost_model("prior").curves(market))


@dataclass(frozen=True)
class SampleFleet:
    """So many accounts over the sample; iterate over it as often as you like.

    Attributes
    ----------
    world : SampleWorld
        Where prices come from.
    count : int
        Accounts.
    seed : int
        Everything follows from it.
    wishes : tuple of Mandate
        Each account draws one of them.
    lots_a_name, names : int
        Most lots of one name, and most names.
    """

    world: SampleWorld = field(repr=False)
    count: int
    seed: int = 1
    wishes: tuple[Mandate, ...] = DESK
    lots_a_name: int = 5
    names: int = 500

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[FleetAccount]:
        return (self.account(i) for i in range(self.count))

    def find(self, label: str) -> FleetAccount:
        """The account of a label.

        Raises
        ------
        InputError
            If there is none.
        """
        number = int(label[1:]) if label[:1] == "A" and label[1:].isdecimal() else self.count
        if number >= self.count or _label(number) != label:
            raise InputError(
                f"The generated fleet has no account {label!r}.", hint=f"There are {self.count}, from {_label(0)} on."
            )
        return self.account(number)

    @cached_property
    def _stage(self) -> _Stage:
        return _Stage.of(self.world)

    @cached_property
    def _taxes(self) -> tuple[TaxProfile, ...]:
        year = self.world.as_of.year
        return tuple(TaxProfile(ConstantRates(short, long), tax_year=year) for short, long in _RATES)

    def account(self, number: int) -> FleetAccount:
        """The account of a number."""
        g = np.random.default_rng([_STREAM, self.seed, number])
        stage, label = self._stage, _label(number)
        value_usd = float(np.exp(g.normal(np.log(8e5), 0.9)))
        lots, fills = _holdings(g, stage, label, value_usd, self)
        cash = Decimal(repr(round(value_usd * float(g.choice([0.002, 0.01, 0.04])), 2)))
        account = Account(label, lots, (CashItem(cash, self.world.as_of),), fills)
        return FleetAccount(
            label,
            Portfolio(f"simulated taxpayer {number}", (account,)),
            label,
            self.wishes[int(g.integers(len(self.wishes)))],
            self._taxes[int(g.integers(len(self._taxes)))],
        )


@dataclass(frozen=True)
class _Stage:
    """Prices of members of the index on every day, back from today's by total returns."""

    ids: tuple[str, ...]
    weight: FloatArray
    price_usd: tuple[Decimal, ...]
    growth: FloatArray
    days: tuple[date, ...]
    first: tuple[int, ...]

    @classmethod
    def of(cls, world: SampleWorld) -> _Stage:
        market = world.market()
        weights = {k: w for k, w in world.target.weights_on(world.as_of).items() if w > 0}
        price = {s.security_id: p for s, p in zip(market.universe.securities, market.price_usd, strict=True)}
        ids = tuple(k for k in weights if k in price)
        at = {k: i for i, k in enumerate(world.returns.security_ids)}
        rows = np.array([at[k] for k in ids])
        returns = np.where(world.returns.observed[:, rows], world.returns.total_return[:, rows], 0.0)
        growth = np.asarray(
            np.cumprod(1.0 + returns[::-1], axis=0)[::-1], dtype=np.float64
        )  # from the close before each day until today
        first = tuple(int(np.argmax(world.returns.observed[:, r])) for r in rows)
        days = tuple(d.astype(object) for d in world.returns.dates.astype("datetime64[D]"))
        known = [price[k] for k in ids]
        return cls(
            ids, np.array([weights[k] for k in ids]), tuple(p for p in known if p is not None), growth, days, first
        )


def _label(number: int) -> str:
    return f"A{number:06}"


def _holdings(
    g: np.random.Generator, stage: _Stage, label: str, value_usd: float, fleet: SampleFleet
) -> tuple[tuple[TaxLot, ...], tuple[Fill, ...]]:
    n = len(stage.ids)
    held = min(n, max(20, int(fleet.names * g.uniform(0.5, 1.0))))
    chosen = np.sort(g.choice(n, size=held, replace=False, p=stage.weight / stage.weight.sum()))
    wanted = stage.weight[chosen] * np.exp(g.normal(0, 0.35, held))
    wanted *= value_usd / wanted.sum()
    last = len(stage.days) - 1
    youngest = int(g.integers(300, last))
    lots, fills = [], []
    for name, dollars in zip(chosen.tolist(), wanted.tolist(), strict=True):
        price = stage.price_usd[name]
        for j, part in enumerate(g.dirichlet(np.ones(int(g.integers(1, fleet.lots_a_name + 1)))).tolist()):
            shares = Decimal(round(dollars * part / float(price)))
            if shares <= 0:
                continue
            newest = g.random() < 0.02
            since = max(last - youngest, stage.first[name] + 1)
            day = int(g.integers(last - 15, last)) if newest else int(g.integers(since, last - 30))
            paid = (shares * price / Decimal(repr(round(float(stage.growth[day + 1, name]), 8)))).quantize(_CENT)
            lot_id, on = f"{stage.ids[name]}.{j}", stage.days[day]
            lots.append(TaxLot(lot_id, label, stage.ids[name], shares, paid, on))
            if (stage.days[last] - on).days <= _NEWEST_DAYS:
                fills.append(Fill(stage.ids[name], Side.BUY, shares, on, lot_id=lot_id))
    for name in g.choice(n, size=3, replace=False).tolist():  # harvested already: not to be bought back
        sold = stage.days[last - int(g.integers(1, 15))]
        fills.append(Fill(stage.ids[name], Side.SELL, Decimal(10), sold, Decimal(-120)))
    return tuple(lots), tuple(fills)
