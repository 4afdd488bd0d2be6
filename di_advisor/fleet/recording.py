"""From orders to a record: what is kept of one account, as a value and as the bytes of its row.

Problem: at thousands of accounts the words of an explanation cost as much as the trades, and few of them are read.
Decision: of the explanation only what is summed over accounts: the change of each term, tracking errors, gains, the
certificate. A worker writes the row's bytes, orders as columns where they are settled so (`order_texts`), else from
the value. Limits: no words but warnings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import starmap
from operator import mul, sub
from typing import Final

from di_advisor.domain.amounts import Exact, all_at_places, as_fraction, at_places, to_decimal
from di_advisor.domain.lot_columns import basis_at, lot_ids_at, shares_at
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Side
from di_advisor.domain.wording import counted
from di_advisor.fleet.order_texts import cents_of_part, texts_of
from di_advisor.fleet.record import FleetRecord, RecordedOrder
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.propose.explain import certificate_of
from di_advisor.propose.planned import Settled
from di_advisor.propose.settle import values_usd
from di_advisor.solve.batch import fits
from di_advisor.units import bps_from_fraction

__all__ = ["recorded", "written"]

_WIDE_GAP_BPS: Final = 5.0
_NOTHING: Final = Decimal(0)
_CENT_PLACES: Final = 2
_NO_ORDERS: Final = '"orders":[]'


def written(label: str, settled: Settled, account_digest: str) -> bytes:
    """The row of `recorded`, and the digest of the account's bytes beside it, as JSON."""
    texts = texts_of(settled)
    record = recorded(label, settled) if texts is None else _record(label, settled, ())
    row = record.to_row() | {"account_digest": account_digest}
    if texts is not None:
        row["sums_usd"] = [str(record.benefit_usd), *texts.sums_usd]
    found = json.dumps(row, sort_keys=True, separators=(",", ":"))
    if texts is not None:
        found = found.replace(_NO_ORDERS, f'"orders":[{texts.orders}]', 1)  # no text within JSON has bare quotes
    return found.encode()


def recorded(label: str, settled: Settled) -> FleetRecord:
    """What a fleet keeps of some orders: the figures of `Proposal`, without its words."""
    return _record(label, settled, _orders(settled))


def _record(label: str, settled: Settled, told: tuple[RecordedOrder, ...]) -> FleetRecord:
    problem, orders, signals = settled.asked, settled.orders, settled.signals
    holdings = problem.block.holdings
    before, after = orders.values_usd or values_usd(problem, orders.plan)
    terms = {}
    for term, start, usd in zip(problem.terms, before, after, strict=True):
        terms[term.name] = at_places(Decimal(repr(float(usd - start))), _CENT_PLACES)
    active = holdings.active
    certificate = certificate_of(problem, settled.solution, orders, after_usd=sum(after))
    return FleetRecord(
        label=label,
        as_of=signals.market.as_of,
        orders=told,
        value_usd=to_decimal(signals.account.value_usd, 2),
        cash_usd=orders.cash_usd,
        terms_usd=terms,
        certificate=certificate,
        tracking_error_before=signals.market.risk.tracking_error(active),
        tracking_error_after=signals.market.risk.tracking_error(active + orders.plan.net(holdings.lot_name)),
        warnings=_warnings(settled, certificate.rounded_gap_bps),
        prices=_prices(settled) if fits(problem) else {},
    )


def _prices(settled: Settled) -> dict[str, float]:
    """Prices of exposures at the plan, by factor, to so many digits as a start needs."""
    factors = settled.signals.market.risk.factors
    found = settled.solution.prices.exposures.tolist()
    return {name: float(f"{price:.6g}") for name, price in zip(factors, found, strict=True)}


def _orders(settled: Settled) -> tuple[RecordedOrder, ...]:
    market, account, orders = settled.signals.market, settled.signals.account, settled.orders
    taxed = account.kind not in RETIREMENT_KINDS
    ids, prices = market.universe.security_ids, market.price_usd
    at = list(orders.sells)
    names = account.lot_name[at].tolist() if at else []
    long_term = account.lot_long_term[at].tolist() if at and taxed else [None] * len(at)
    price = [prices[name] for name in names]
    gains: list[Decimal | None] = [None] * len(at)
    if taxed:
        gains = [*_gains_usd(account.lots, orders.sells, price)]
    sales = zip(
        [ids[name] for name in names],
        [Side.SELL] * len(at),
        orders.sells.values(),
        price,
        lot_ids_at(account.lots, at),
        gains,
        long_term,
        strict=True,
    )
    bought = [(ids[name], Side.BUY, shares, prices[name]) for name, shares in orders.buys.items()]
    return (*starmap(RecordedOrder, sales), *starmap(RecordedOrder, bought))


def _gains_usd(lots: Sequence[TaxLot], sells: Mapping[int, Decimal], price_usd: Sequence[Decimal]) -> list[Decimal]:
    """Gains of sales, exact until their cents; ``price_usd`` is that of each sale."""
    at, shares = list(sells), list(sells.values())
    held, bases = shares_at(lots, at), basis_at(lots, at)
    whole = [basis if isinstance(basis, Decimal) else _NOTHING for basis in bases]
    gains = all_at_places(list(map(sub, map(mul, shares, price_usd), whole)), 2)
    for k, (some, all_held, basis) in enumerate(zip(shares, held, bases, strict=True)):
        if some != all_held or not isinstance(basis, Decimal):
            known = lots[at[k]].basis_of(all_held) if basis is None else basis
            gains[k] = _gain_of_part(known, all_held, some, price_usd[k])
    return gains


def _gain_of_part(basis_usd: Exact, held: Exact, sold: Decimal, price_usd: Decimal) -> Decimal:
    """Gain of a part of a lot, which takes its share of the basis, to the cent, halves to even."""
    ratios = (basis_usd, held, sold, price_usd)
    return Decimal(cents_of_part(*(x.as_integer_ratio() for x in ratios))).scaleb(-2)


def _warnings(settled: Settled, gap_bps: float) -> tuple[str, ...]:
    account, orders = settled.signals.account, settled.orders
    found = list(settled.notes)
    if account.unpriced:
        one, several = "position has no price: it is", "positions have no price: they are"
        found.append(f"{counted(len(account.unpriced), one, several)} left alone.")
    pending = int((~account.lot_known).sum())
    if pending:
        one, several = "lot has no known basis or date: it is", "lots have no known basis or date: they are"
        found.append(f"{counted(pending, one, several)} not sold.")
    if orders.washed:
        loss = at_places(sum((as_fraction(w.loss_usd) for w in orders.washed), Fraction(0)), 2)
        found.append(f"Losses of {loss} USD are washed, at their price.")
    if gap_bps > _WIDE_GAP_BPS:
        found.append(f"The orders may be {gap_bps:.1f} bps of the account from the best ones.")
    cap = settled.mandate.tracking_error_max
    if cap is not None and orders.shares.is_empty:
        now = settled.signals.market.risk.tracking_error(settled.asked.block.holdings.active)
        if now > cap:
            found.append(f"Tracking error stays at {bps_from_fraction(now):.0f} bps, above its cap.")
    return tuple(found)
