"""ESG wishes, screens, bands of single groups and stand-ins checked on final orders, from the wish's own words.

Averages, policies for names without a figure, glide paths and sets of stand-ins are reckoned anew here,
so that a mistake in the formulation is no mistake of its check. Limits: a limit on an average is allowed
`TOLERANCE` in weights times the size of the measure, as weights are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Uncovered
from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
from di_advisor.domain.mandate import TradingMode
from di_advisor.domain.market import FloatArray
from di_advisor.testing.final_account import TOLERANCE, Broken, FinalAccount

__all__ = ["broken_further_wishes"]


def broken_further_wishes(a: FinalAccount) -> Iterator[Broken]:
    """The wishes on measures, exclusions, groups and stand-ins that final orders do not keep."""
    yield from _stand_ins(a)
    if a.mandate.mode is TradingMode.LIQUIDATE:  # what refers to a portfolio is lifted
        return
    for wish in a.mandate.esg:
        yield from _esg(a, wish)
    for band in a.mandate.group_bands:
        yield from _group(a, band)
    yield from _exclusions(a)


def _filled(a: FinalAccount, wish: EsgWish, direction: Direction) -> tuple[FloatArray, FloatArray]:
    """Figures as the wish reads them, and 1 for the names that count."""
    raw = a.signals.market.esg[wish.measure]
    known = np.isfinite(raw)
    if wish.uncovered is Uncovered.LEAVE_OUT:
        return np.where(known, raw, 0.0), known.astype(np.float64)
    sector = np.array([s.sector for s in a.signals.market.universe.securities])
    values = raw.copy()
    for i in np.flatnonzero(~known).tolist():
        mates = known & (sector == sector[i])
        values[i] = {
            Uncovered.ZERO: 0.0,
            Uncovered.UNIVERSE_MEAN: float(np.mean(raw[known])),
            Uncovered.WORST_DECILE: _worst(raw[known], 0.10, direction),
            Uncovered.WORST_QUARTILE: _worst(raw[known], 0.25, direction),
            Uncovered.SECTOR_MEDIAN: float(np.median(raw[mates] if mates.any() else raw[known])),
        }[wish.uncovered]
    return values, np.ones(len(raw))


def _worst(known: FloatArray, share: float, direction: Direction) -> float:
    """The figure that so large a share of the names is not better than."""
    return float(np.quantile(known, share if direction is Direction.HIGHER_IS_BETTER else 1.0 - share))


def _esg(a: FinalAccount, wish: EsgWish) -> Iterator[Broken]:
    scale = a.signals.market.esg_scale.get(wish.measure)
    direction = wish.direction or (scale.direction if scale is not None else Direction.HIGHER_IS_BETTER)
    values, counted = _filled(a, wish, direction)
    better = 1.0 if direction is Direction.HIGHER_IS_BETTER else -1.0
    weight = counted * a.target
    index = float(weight @ values / weight.sum())
    spread = math.sqrt(float(weight @ (values - index) ** 2 / weight.sum()))
    limits: list[tuple[str, float, float]] = []  # which, the limit, and +1 where it is a floor
    if wish.uplift_min is not None:
        limits.append(("uplift_min", index * (1.0 + better * wish.uplift_min), better))
    if wish.delta_min is not None:
        limits.append(("delta_min", index + better * wish.delta_min, better))
    if wish.cut_min is not None:
        limits.append(("cut_min", index * (1.0 - wish.cut_min), -1.0))
    if wish.floor is not None:
        limits.append(("floor", wish.floor, 1.0))
    if wish.ceiling is not None:
        limits.append(("ceiling", wish.ceiling, -1.0))
    if wish.pathway is not None:
        limits.append(("pathway", wish.pathway.ceiling(a.signals.market.as_of), -1.0))
    for which, limit, side in limits:
        short = -side * float(counted * (values - limit) @ a.after)
        if short > TOLERANCE * max(abs(index), spread, abs(limit)):
            yield Broken("esg", f"{which} of {wish.measure} is {limit:g}, and the holdings miss it", short)
    if wish.coverage_min is not None:
        covered = np.isfinite(a.signals.market.esg[wish.measure])
        short = float((wish.coverage_min - covered) @ a.after)
        if short > TOLERANCE:
            yield Broken("esg", f"{wish.measure} covers less than {wish.coverage_min:g} of the holdings", short)


def _group(a: FinalAccount, band: GroupBand) -> Iterator[Broken]:
    securities = a.signals.market.universe.securities
    by = "security_id" if band.kind is GroupKind.NAME else band.kind.value
    labels = np.array([getattr(s, by) for s in securities])
    for group in [band.group] if band.group else sorted({*labels.tolist()} - {""}):
        weight, target = float(a.after[labels == group].sum()), float(a.target[labels == group].sum())
        of = {MeasuredAs.WEIGHT: (1.0, 0.0), MeasuredAs.ACTIVE: (1.0, target), MeasuredAs.MULTIPLE: (target, 0.0)}
        size, from_ = of[band.measured]
        excess = max(band.lower * size + from_ - weight, weight - from_ - band.upper * size)
        if excess > TOLERANCE:
            yield Broken("group_bands", f"{group} stands at {weight:.6f}", excess)


def _exclusions(a: FinalAccount) -> Iterator[Broken]:
    """Names that are screened out are not bought, and sold down to their glide path as far as locks and sizes allow."""
    mandate, account, market = a.mandate, a.signals.account, a.signals.market
    gain = np.bincount(account.lot_name, weights=account.lot_gain_usd, minlength=len(a.held))
    for exclusion, out in zip(mandate.exclusions, a.screened, strict=True):
        for name in np.flatnonzero(out).tolist():
            if a.bought_usd[name] > 0:
                yield Broken("exclusions", f"{a.ticker(name)} is bought, and out by {exclusion.screen}")
            if mandate.mode is TradingMode.BUY_ONLY or a.held[name] <= 0:
                continue
            held, free, most = float(a.held_usd[name]), a.free_usd(name), a.most_usd(name)
            glide, left = exclusion.glide, 0.0
            if glide is not None and gain[name] >= glide.gain_min * held:
                start = glide.start_weight.get(market.universe.security_ids[name], float(a.held[name]))
                left = glide.fraction(market.as_of) * start * float(a.value)
            due = min(held - left, free)
            step = float(a.step * market.price_usd[name])
            if due > most:
                due = most - 2.0 * step
            still = due - float(a.sold_usd[name])
            if still > TOLERANCE * float(a.value) and due >= a.least_trade_usd:
                yield Broken("exclusions", f"${still:,.2f} of {a.ticker(name)} should have left", still)


def _stand_ins(a: FinalAccount) -> Iterator[Broken]:
    """Of stand-ins that share names, no more is bought than a multiple of what is sold, but for rounding to shares."""
    positions, price = a.signals.market.universe.positions, a.signals.market.price_usd
    sets: list[tuple[set[int], set[int]]] = []
    for security_id, given in a.mandate.replacements.items():
        names, instead = {positions[security_id]}, {positions[s] for s in given if a.stand_ins[positions[s]]}
        if not instead:
            continue
        for other in [s for s in sets if s[1] & instead]:
            sets.remove(other)
            names, instead = names | other[0], instead | other[1]
        sets.append((names, instead))
    for names, instead in sets:
        bought = float(sum(a.bought_usd[i] for i in instead))
        sold = float(sum(a.sold_usd[i] for i in names))
        rounding = float(a.step) * float(sum(price[i] for i in names | instead))
        excess = bought - a.mandate.replacement_width * sold - rounding
        if excess > TOLERANCE * float(a.value):
            yield Broken("replacements", f"${bought:,.2f} of stand-ins are bought for ${sold:,.2f} sold", excess)
