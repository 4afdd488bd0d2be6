"""Account signals: one account's lots, target, cash and locks as arrays.

Problem: the optimizer sees floats and masks; the law and the client speak in lots, dates and
sentences. Decision: every mask has its locks with reasons; lots without a price are listed as
unpriced, lots without a basis or date are kept and never sold, cash that is not there yet is not
spent. Where the mandate prices wash sales, locks become quantities (`wash_quantities`) as far as they
can be counted. Limits: `AccountSignals.continuation_usd` is zero here; `waiting` fills it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.deferred import Deferred
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import Account, Portfolio
from di_advisor.domain.signals import AccountSignals, Lock, LockKind, MarketSignals, UnpricedPosition
from di_advisor.domain.target import Target
from di_advisor.errors import UnknownSecurityError
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.ledger.wash_windows import wash_windows
from di_advisor.signals.locks import further_locks, mandate_locks, min_holding_lock, unknown_lot_lock
from di_advisor.signals.lot_arrays import arrays_of_columns, lot_arrays
from di_advisor.signals.screens import exclusion_locks
from di_advisor.signals.wash_locks import WashLocks, banned, priced

__all__ = ["estimate_account"]


def estimate_account(
    portfolio: Portfolio,
    account_id: str,
    market_signals: MarketSignals,
    target: Target,
    mandate: Mandate,
    *,
    locks: Sequence[Lock] = (),
) -> AccountSignals:
    """Turn one account into arrays aligned to the market signals.

    Parameters
    ----------
    portfolio : Portfolio
        All accounts of the taxpayer; the others count for wash sales only.
    account_id : str
        The account to advise.
    market_signals : MarketSignals
        Prices of n names, and which known names have none.
    target : Target
        What to track; its weights on the market's date are used.
    mandate : Mandate
        The client's wishes for this account.
    locks : sequence of Lock
        Further locks on whole names, NO_BUY or NO_SELL; those on names without a price change nothing.

    Returns
    -------
    AccountSignals
        Over the account's priced lots, in the account's order. In an IRA or Roth account nothing is
        taxed: gains are 0, a missing basis or date keeps nothing from being sold, and no loss is locked.

    Raises
    ------
    UnknownSecurityError
        If the account holds, or the target names, a security that is not known or (target) not priced.
    InputError
        If there is no such account, a lot is dated after the market, or the mandate names a ticker
        instead of a security id.
    """
    account = portfolio.account(account_id)
    universe = market_signals.universe
    as_of = market_signals.as_of
    groups, tickers = _known(market_signals)
    windows = wash_windows(portfolio, as_of, groups, tickers=tickers)
    position = universe.positions
    lots, lot_name, unpriced = _priced_lots(account, market_signals)
    arrays = arrays_of_columns(lots, market_signals.price_units, lot_name, as_of)
    if arrays is None:
        prices = market_signals.price_usd
        arrays = lot_arrays(lots, [prices[i] for i in lot_name.tolist()], as_of)
    cash_usd = account.cash_usd(as_of)
    untaxed = account.kind in RETIREMENT_KINDS
    gain_usd = np.zeros(len(lots)) if untaxed else arrays.gain_usd
    known = np.ones(len(lots), dtype=np.bool_) if untaxed else arrays.known
    wished = [*mandate_locks(mandate, universe), *exclusion_locks(mandate.exclusions, market_signals)]
    further = [*further_locks(locks, universe)]
    on_lots = _lot_locks(lots, known, mandate, as_of)
    stuck = _rows_of({k.lot_id for k in on_lots}, lots)
    unbought = [position[k.security_id] for k in (*wished, *further) if k.kind is LockKind.NO_BUY]
    unsold = [position[k.security_id] for k in (*wished, *further) if k.kind is LockKind.NO_SELL]
    can_sell, free = _allowed(len(universe), unsold), _allowed(len(lots), stuck)
    free &= can_sell[lot_name]
    wash = WashLocks()
    # A plan that does not look at tax would not look at its prices either: there, locks ban.
    if mandate.wash_policy is WashPolicy.PRICE and mandate.mode is not TradingMode.TAX_UNAWARE:
        wash = priced(account, market_signals, windows, lots, lot_name, free & (gain_usd < 0))
    elif mandate.wash_policy is not WashPolicy.IGNORE:
        wash = banned(windows, lots, gain_usd < 0, lot_name, universe.security_ids)
    return AccountSignals(
        account_id=account_id,
        value_usd=float(arrays.total_value_usd + as_fraction(cash_usd)),
        cash_usd=cash_usd,
        target_weight=_target_weight(target, market_signals),
        lots=lots,
        lot_name=lot_name,
        lot_value_usd=arrays.value_usd,
        lot_gain_usd=gain_usd,
        lot_long_term=arrays.long_term,
        lot_known=known,
        lot_sellable=free & _allowed(len(lots), wash.unsold),
        continuation_usd=np.zeros(len(lots)),
        can_buy=_allowed(len(universe), [*unbought, *wash.unbought]),
        can_sell=can_sell,
        locks=Deferred(lambda: (*wished, *wash.of_names, *further, *on_lots, *wash.of_lots)),
        unpriced=unpriced,
        accounts_seen=windows.accounts_seen,
        kind=account.kind,
        washes=wash.washes,
    )


def _rows_of(lot_ids: set[str], lots: Sequence[TaxLot]) -> list[int]:
    """Positions of the lots that are named."""
    if not lot_ids:
        return []
    if isinstance(lots, LotColumns):
        return lots.at_ids(lot_ids)
    return [i for i, lot in enumerate(lots) if lot.lot_id in lot_ids]


def _allowed(size: int, locked: Sequence[int]) -> NDArray[np.bool_]:
    mask = np.ones(size, dtype=np.bool_)
    if locked:
        mask[np.asarray(locked, dtype=np.int64)] = False
    return mask


def _priced_lots(
    account: Account, market_signals: MarketSignals
) -> tuple[Sequence[TaxLot], NDArray[np.int64], tuple[UnpricedPosition, ...]]:
    """The lots with a price, the position of each one's name, and the positions without a price."""
    position, lots = market_signals.universe.positions, account.lots
    known = lots.names_in(position) if isinstance(lots, LotColumns) else None
    if known is not None:
        return lots, known, ()
    names = [position.get(lot.security_id) for lot in lots]
    if None not in names:
        return lots, np.array(names, dtype=np.int64), ()
    at = [i for i, name in enumerate(names) if name is not None]
    priced = lots.take(at) if isinstance(lots, LotColumns) else tuple(lots[i] for i in at)
    lot_name = np.array([names[i] for i in at], dtype=np.int64)
    without_price = {s.security_id for s in market_signals.unpriced}
    shares: dict[str, Fraction] = {}
    unknown: set[str] = set()
    for lot in account.lots:
        if lot.security_id in without_price:
            shares[lot.security_id] = shares.get(lot.security_id, Fraction(0)) + as_fraction(lot.shares)
        elif lot.security_id not in position:
            unknown.add(lot.security_id)
    if unknown:
        raise UnknownSecurityError.from_missing(sorted(unknown), f"Account {account.account_id}")
    return priced, lot_name, tuple(UnpricedPosition(s, n) for s, n in sorted(shares.items()))


def _lot_locks(lots: Sequence[TaxLot], known: NDArray[np.bool_], mandate: Mandate, as_of: date) -> list[Lock]:
    """Locks on single lots that bind today, wash sales aside."""
    locks: list[Lock] = []
    if known.all() and mandate.min_holding_days <= 0:
        return locks
    for lot, is_known in zip(lots, known.tolist(), strict=True):
        if not is_known:
            locks.append(unknown_lot_lock(lot))
        if mandate.min_holding_days > 0 and lot.acquired is not None:
            early = min_holding_lock(lot, lot.acquired, mandate, as_of)
            if early is not None:
                locks.append(early)
    return locks


_KNOWN: list[tuple[MarketSignals, IdenticalGroups, FrozenMap[str, str]]] = []


def _known(market_signals: MarketSignals) -> tuple[IdenticalGroups, FrozenMap[str, str]]:
    """Groups of identical names, and tickers; of the last few markets they are kept, as in `_target_weight`."""
    for market, groups, tickers in _KNOWN:
        if market is market_signals:
            return groups, tickers
    securities = (*market_signals.universe.securities, *market_signals.unpriced)
    groups = IdenticalGroups.from_securities(securities)
    tickers = FrozenMap({s.security_id: s.ticker for s in securities})
    _KNOWN.insert(0, (market_signals, groups, tickers))
    del _KNOWN[_ALIGNED_MAX:]
    return groups, tickers


_ALIGNED: list[tuple[Target, MarketSignals, FloatArray]] = []
_ALIGNED_MAX = 4


def _target_weight(target: Target, market_signals: MarketSignals) -> FloatArray:
    """Target weights in the universe's order, shape (n,); every name must have a price.

    Those of the last few are kept: the accounts of a fleet share them.
    """
    for one, other, known in _ALIGNED:
        if one is target and other is market_signals:
            return known.copy()
    found = _aligned(target, market_signals)
    _ALIGNED.insert(0, (target, market_signals, found))
    del _ALIGNED[_ALIGNED_MAX:]
    return found.copy()


def _aligned(target: Target, market_signals: MarketSignals) -> FloatArray:
    universe = market_signals.universe
    weights = {k: w for k, w in target.weights_on(market_signals.as_of).items() if w > 0}
    missing = sorted(k for k in weights if k not in universe.positions)
    if missing:
        known = {s.security_id for s in market_signals.unpriced}
        unknown = [k for k in missing if k not in known]
        without_price = [k for k in missing if k in known]
        parts = [f"unknown to the market: {', '.join(unknown[:5])}"] if unknown else []
        if without_price:
            parts.append(f"without a price on {market_signals.as_of}: {', '.join(without_price[:5])}")
        raise UnknownSecurityError(
            f"The target names {len(missing)} securities that cannot be bought "
            f"({len(unknown)} unknown, {len(without_price)} unpriced); {'; '.join(parts)}.",
            hint="Give it a price, or leave it out of the index and rescale (--rescale-index, IndexWeights.rescaled).",
            missing=missing,
            unknown=unknown,
            unpriced=without_price,
        )
    aligned = np.zeros(len(universe), dtype=np.float64)
    for security_id, weight in weights.items():
        aligned[universe.positions[security_id]] = weight
    return aligned
