"""Random accounts and mandates, for tests and benchmarks that hold two solvers against each other.

Invented figures of plausible size; the same seed gives the same case on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import AccountSignals, MarketSignals, Signals
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.universe import Security, Universe

__all__ = ["RandomCase", "random_case"]

_AS_OF = date(2026, 6, 30)
_SECTORS = 6
_YEAR = 365


@dataclass(frozen=True)
class RandomCase:
    """Everything `formulate` needs."""

    signals: Signals
    mandate: Mandate
    tax: TaxProfile


def _risk(g: np.random.Generator, universe: Universe, styles: int) -> FactorRisk:
    n = len(universe)
    sector = np.zeros((n, _SECTORS))
    sector[np.arange(n), universe.sector_of] = 1.0
    exposures = np.c_[np.ones(n), sector, np.clip(g.standard_normal((n, styles)), -3, 3)]
    k = exposures.shape[1]
    volatility = np.r_[0.16, g.uniform(0.05, 0.12, _SECTORS), g.uniform(0.01, 0.06, styles)]
    root = g.standard_normal((k, k)) * 0.15 + np.eye(k)
    raw = root @ root.T
    scale = volatility / np.sqrt(np.diag(raw))
    names = ("market", *(f"S{j}" for j in range(_SECTORS)), *(f"style{j}" for j in range(styles)))
    return FactorRisk(universe, names, exposures, raw * scale[:, None] * scale, g.uniform(0.15, 0.45, n) ** 2, "random")


def _universe(g: np.random.Generator, n: int, shared_groups: int) -> Universe:
    groups = {2 * j + m: f"G{j}" for j in range(shared_groups) for m in (0, 1)}
    return Universe(
        tuple(
            Security(
                f"R{i:05d}",
                sector=f"S{int(g.integers(_SECTORS)) if i >= _SECTORS else i}",
                identical_group=groups.get(i, ""),
            )
            for i in range(n)
        )
    )


def _account(g: np.random.Generator, market: MarketSignals, lots_a_name: int, value_usd: float) -> AccountSignals:
    n = len(market.universe)
    cap = np.sort(g.pareto(1.1, n) + 0.05)[::-1]
    target = np.minimum(cap, cap.sum() * 0.05)
    target = target / target.sum()
    held = target * np.exp(g.normal(0, 0.35, n)) * (g.random(n) > 0.05)
    held = held / held.sum() * 0.99
    lots, name, gain, long_term = [], [], [], []
    for i in np.flatnonzero(held > 0).tolist():
        for j, part in enumerate(g.dirichlet(np.full(lots_a_name, 2.0)).tolist()):
            shares = Decimal(repr(round(part * float(held[i]) * value_usd / float(market.price_usd[i]), 4)))
            if shares <= 0:
                continue
            days = int(g.integers(40, 5 * _YEAR))
            growth = float(np.exp(0.07 * days / _YEAR + 0.3 * np.sqrt(days / _YEAR) * g.standard_normal()))
            worth = shares * market.price_usd[i]
            basis = (worth / Decimal(repr(growth))).quantize(Decimal("0.01"))
            lots.append(TaxLot(f"L{i}.{j}", "random", f"R{i:05d}", shares, basis, _AS_OF - timedelta(days=days)))
            name.append(i)
            gain.append(float(worth - basis))
            long_term.append(days > _YEAR)
    values = np.array([float(x.shares) * float(market.price_usd[i]) for x, i in zip(lots, name, strict=True)])
    cash = Decimal(repr(round(value_usd * 0.01, 2)))
    flags = np.ones(len(lots), dtype=np.bool_)
    return AccountSignals(
        account_id="random",
        value_usd=float(values.sum()) + float(cash),
        cash_usd=cash,
        target_weight=target,
        lots=tuple(lots),
        lot_name=np.array(name, dtype=np.int64),
        lot_value_usd=values,
        lot_gain_usd=np.array(gain),
        lot_long_term=np.array(long_term, dtype=np.bool_),
        lot_known=flags,
        lot_sellable=flags & (g.random(len(lots)) > 0.02),
        continuation_usd=np.where(g.random(len(lots)) < 0.2, 0.002 * values, 0.0),
        can_buy=g.random(n) > 0.03,
        can_sell=g.random(n) > 0.01,
        accounts_seen=("random",),
    )


def _mandate(g: np.random.Generator) -> Mandate:
    """Wishes drawn so that over many seeds every rule is used."""

    def maybe(share: float) -> bool:
        return bool(g.random() < share)

    return Mandate(
        risk_aversion=float(np.exp(g.uniform(np.log(5), np.log(100)))),
        tracking_error_max=float(g.uniform(0.008, 0.02)) if maybe(0.5) else None,
        name_band=NameBand(0.3, 2.5, floor=0.004) if maybe(0.5) else NameBand(active_max=float(g.uniform(0.01, 0.05))),
        sector_band=Band.within(float(g.uniform(0.04, 0.10))) if maybe(0.5) else None,
        factor_bands={"style0": Band.within(0.4)} if maybe(0.4) else {},
        cash_min=0.001,
        cash_max=0.02,
        turnover_max=float(g.uniform(0.1, 0.4)) if maybe(0.4) else None,
        participation_max=0.05 if maybe(0.3) else None,
        rounding=Rounding.WHOLE_SHARES if maybe(0.5) else Rounding.FRACTIONAL,
    )


def random_case(
    seed: int, *, names: int = 60, lots_a_name: int = 4, styles: int = 4, shared_groups: int = 0, value_usd: float = 1e6
) -> RandomCase:
    """A random account with a random mandate.

    Parameters
    ----------
    seed : int
        Everything follows from it.
    names, lots_a_name, styles : int
        Size.
    shared_groups : int
        Pairs of substantially identical names.
    value_usd : float
        Account value.
    """
    g = np.random.default_rng(seed)
    universe = _universe(g, names, shared_groups)
    spread = np.clip(np.exp(g.normal(np.log(4e-4), 0.6, names)), 5e-5, 5e-3)
    adv = np.exp(g.normal(np.log(1.5e8), 1.0, names))
    costs = CostCurves(
        universe,
        spread,
        g.uniform(0.004, 0.02, names) / np.sqrt(adv) * float(np.exp(g.normal(0, 1.5))),
        np.where(g.random() < 0.3, 1.0, 0.0) * g.uniform(0, 2e-9, names),
        "random",
    )
    market = MarketSignals(
        as_of=_AS_OF,
        universe=universe,
        price_usd=tuple(Decimal(repr(round(float(p), 2))) for p in np.exp(g.normal(4.5, 0.8, names))),
        risk=_risk(g, universe, styles),
        costs=costs,
        adv_usd=adv,
    )
    account = _account(g, market, lots_a_name, value_usd)
    tax = TaxProfile(ConstantRates(float(g.uniform(0.25, 0.45)), float(g.uniform(0.1, 0.25))))
    return RandomCase(Signals(market, account), _mandate(g), tax)
