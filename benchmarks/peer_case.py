"""One generated account on which a peer's results are known.

``python -m benchmarks.peer_case DIR --cap-bps 115`` runs any folder of that form (assets.csv,
exposures.csv, factor_cov.csv, lots.csv, closed_lots.csv, meta.json): it proposes at the tracking-error
cap given, checks every rule of the folder's README on the proposed trades by itself, and prints
tracking error before and after, net benefit (tax saved minus spread paid) and CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate, NameBand, Rounding
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, CashItem, Fill, Portfolio, Side
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import DiAdvisorError
from di_advisor.units import bps_from_fraction, fraction_from_bps

__all__ = ["PeerCase", "Score", "load", "run"]


@dataclass(frozen=True)
class PeerCase:
    """A folder, read."""

    portfolio: Portfolio
    market: Market
    target: Target
    risk: FactorRisk
    costs: CostCurves
    tax: TaxProfile
    locked: frozenset[str]
    spread: np.ndarray


@dataclass(frozen=True)
class Score:
    """What the folder's README scores.

    Attributes
    ----------
    te_before_bps, te_after_bps : float
        Tracking error from the folder's factor model.
    tax_saved_usd, spread_usd, net_usd : float
        Tax saved at the two rates, spread paid, and their difference.
    cpu_seconds : float
        Of the proposal, from signals to explanation.
    broken : tuple of str
        Rules of the README that the trades break.
    gap_usd : float
        Certified distance from the optimum.
    """

    te_before_bps: float
    te_after_bps: float
    tax_saved_usd: float
    spread_usd: float
    net_usd: float
    cpu_seconds: float
    broken: tuple[str, ...]
    gap_usd: float


def load(folder: Path) -> PeerCase:
    """Read a folder of the form of the peer case."""
    text = {"identifier": str, "tax_lot_id": str, "quantity": str, "cost_basis": str, "price": str}
    assets = pd.read_csv(folder / "assets.csv", dtype=text)
    exposures = pd.read_csv(folder / "exposures.csv", index_col=0)
    covariance = pd.read_csv(folder / "factor_cov.csv", index_col=0)
    lots = pd.read_csv(folder / "lots.csv", dtype=text)
    closed = pd.read_csv(folder / "closed_lots.csv", dtype=text)
    meta = json.loads((folder / "meta.json").read_text())
    as_of = date.fromisoformat(meta["current_date"])
    universe = Universe(
        tuple(
            Security(str(r["identifier"]), sector=f"S{r['sector']}", industry=f"I{r['industry']}")
            for r in assets.to_dict("records")
        )
    )
    volatility = assets["specific_vol"].to_numpy(float)
    market = Market(
        as_of=as_of,
        known_at=datetime(as_of.year, as_of.month, as_of.day, 21, tzinfo=UTC),
        universe=universe,
        price_usd=tuple(Decimal(p) for p in assets["price"]),
        half_spread_bps=bps_from_fraction(1.0) * assets["spread"].to_numpy(float),
        adv_usd=assets["adv_usd"].to_numpy(float),
        volatility_per_year=volatility,
    )
    spread = assets["spread"].to_numpy(float)
    zero = np.zeros(len(universe))
    weights = dict(zip(assets["identifier"], assets["target_weight"].astype(float), strict=True))
    target = Target((TargetComponent("target", 1.0, (IndexWeights.rescaled(as_of, weights),)),))
    fills = tuple(
        Fill(
            r["identifier"],
            Side.SELL,
            Decimal(r["quantity"]),
            date.fromisoformat(r["date_sold"]),
            Decimal(str(r["realized_gain"])),
        )
        for r in closed.to_dict("records")
    )
    held = tuple(
        TaxLot(
            r["tax_lot_id"],
            "peer",
            r["identifier"],
            Decimal(r["quantity"]),
            Decimal(r["cost_basis"]),
            date.fromisoformat(r["date"]),
        )
        for r in lots.to_dict("records")
    )
    account = Account("peer", held, (CashItem(Decimal(str(meta["cash"])), as_of),), fills)
    rates = {r["gain_type"]: r["total_rate"] for r in meta["tax_rates"]}
    return PeerCase(
        portfolio=Portfolio("peer", (account,)),
        market=market,
        target=target,
        risk=FactorRisk(
            universe,
            tuple(exposures.columns),
            exposures.loc[list(universe.security_ids)].to_numpy(float),
            covariance.loc[exposures.columns, exposures.columns].to_numpy(float),
            volatility**2,
            "the folder's factor model",
        ),
        costs=CostCurves(universe, spread, zero, zero, "the folder's half-spreads"),
        tax=TaxProfile(ConstantRates(rates["short_term"], rates["long_term"])),
        locked=frozenset(closed["identifier"]),
        spread=spread,
    )


def run(case: PeerCase, cap_bps: float) -> Score:
    """Propose under a cap and score the trades."""
    from di_advisor.advisor import Advisor

    mandate = Mandate(
        risk_aversion=0.0,
        tracking_error_max=fraction_from_bps(cap_bps),
        name_band=NameBand(lower_multiple=0.5, upper_multiple=2.0),
        cash_min=0.0,
        cash_max=0.02,
        rounding=Rounding.FRACTIONAL,
    )
    start = time.process_time()
    proposal = Advisor().propose(
        case.portfolio,
        market=case.market,
        target=case.target,
        mandate=mandate,
        tax=case.tax,
        risk=case.risk,
        costs=case.costs,
    )
    cpu = time.process_time() - start
    return score(case, proposal.trades, cpu, proposal.certificate.gap_usd)


def score(case: PeerCase, trades: pd.DataFrame, cpu_seconds: float, gap_usd: float) -> Score:
    """Reckon the README's figures and rules from the list of trades alone."""
    account = case.portfolio.accounts[0]
    universe, price = case.market.universe, case.market.price_array_usd
    at = universe.positions
    lots = {lot.lot_id: lot for lot in account.lots}
    held = np.zeros(len(universe))
    for lot in account.lots:
        held[at[lot.security_id]] += float(lot.shares) * price[at[lot.security_id]]
    cash = float(account.cash_usd(case.market.as_of))
    value = held.sum() + cash
    weights = case.target.weights_on(case.market.as_of)
    target = np.array([weights.get(s, 0.0) for s in universe.security_ids])
    after, tax, spread = held.copy(), 0.0, 0.0
    broken: list[str] = []
    sold_at_loss: set[str] = set()
    bought: set[str] = set()
    sold: dict[str, float] = {}
    for t in trades.to_dict("records"):
        i, shares = at[t["security_id"]], t["shares"]
        amount = float(shares) * price[i]
        spread += case.spread[i] * amount
        if t["side"] == "buy":
            after[i] += amount
            cash -= amount * (1 + case.spread[i])
            bought.add(t["security_id"])
            if t["security_id"] in case.locked:
                broken.append(f"{t['security_id']} was sold at a loss and is bought back")
            continue
        lot = lots[t["lot_id"]]
        sold[lot.lot_id] = sold.get(lot.lot_id, 0.0) + float(shares)
        gain = amount - float(lot.basis_of(shares))
        tax += gain * (case.tax.rates.long_term if _long(lot, case.market.as_of) else case.tax.rates.short_term)
        after[i] -= amount
        cash += amount * (1 - case.spread[i])
        if gain < 0:
            sold_at_loss.add(lot.security_id)
    broken += [f"{s} is both sold at a loss and bought" for s in sorted(sold_at_loss & bought)]
    broken += [f"lot {k} is oversold" for k, q in sold.items() if q > float(lots[k].shares) * (1 + 1e-12)]
    w0, w1 = held / value, after / value
    low, high = np.minimum(0.5 * target, w0), np.maximum(2.0 * target, w0)
    outside = np.flatnonzero((w1 < low - 1e-9) | (w1 > high + 1e-9) | (after < -1e-6))
    broken += [f"{universe.security_ids[i]} has weight {w1[i]:.6f} outside its band" for i in outside]
    if not -1e-9 <= cash / value <= 0.02 + 1e-9:
        broken.append(f"cash is {cash:.2f} USD")
    return Score(
        te_before_bps=bps_from_fraction(case.risk.tracking_error(w0 - target)),
        te_after_bps=bps_from_fraction(case.risk.tracking_error(w1 - target)),
        tax_saved_usd=-tax,
        spread_usd=spread,
        net_usd=-tax - spread,
        cpu_seconds=cpu_seconds,
        broken=tuple(broken),
        gap_usd=gap_usd,
    )


def _long(lot: TaxLot, sold: date) -> bool:
    """More than a year by the calendar, the day after purchase counting first (26 USC 1222)."""
    assert lot.acquired is not None
    start = lot.acquired + timedelta(days=1)
    try:
        anniversary = start.replace(year=start.year + 1)
    except ValueError:
        anniversary = date(start.year + 1, 3, 1)
    return sold >= anniversary


def main(arguments: list[str] | None = None) -> int:
    """Command line; exit code 1 when a rule is broken, 2 when nothing could be proposed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peer_case", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cap-bps", type=float, action="append", help="tracking-error cap; may be repeated")
    options = parser.parse_args(arguments)
    try:
        return _print_scores(load(options.folder), options.cap_bps or [191.0, 115.0])
    except DiAdvisorError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _print_scores(case: PeerCase, caps: list[float]) -> int:
    run(case, caps[0])  # the first call pays the imports
    broken = False
    for cap in caps:
        s = run(case, cap)
        broken |= bool(s.broken)
        sys.stdout.write(
            f"cap {cap:.0f} bps: tracking error {s.te_before_bps:.1f} -> {s.te_after_bps:.1f} bps, "
            f"net benefit ${s.net_usd:,.0f} (tax saved ${s.tax_saved_usd:,.0f}, spread ${s.spread_usd:,.0f}), "
            f"certified within ${s.gap_usd:,.0f}, {s.cpu_seconds:.2f} CPU s, "
            f"rules {'broken: ' + '; '.join(s.broken[:3]) if s.broken else 'kept'}\n"
        )
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
