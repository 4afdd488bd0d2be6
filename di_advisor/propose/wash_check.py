"""The independent check of washed losses: a plan's trades booked by the ledger's own rules.

Problem: what an explanation says of washed shares comes from a short reckoning of its own
(`washed_by`), and a wrong figure on a return costs more than a refused proposal. Decision: the trades
are booked after the lots and purchases that are known, as the ledger answers any question about
tomorrow, and both must name the same shares, losses and purchases, exactly; else nothing is proposed.

Limits: the ledger is told what the portfolio tells: purchases of other accounts without their basis,
earlier losses without the lots they came from. Only groups that trade and could wash are booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import Buy, LotChoice, LotMethod, LotShares, Sell
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.signals import Signals
from di_advisor.domain.washes import FreePurchase, WaitingLoss, Washed, WashQuantities
from di_advisor.errors import SettlementError
from di_advisor.ledger.books import Books
from di_advisor.ledger.forward import PlannedPurchase
from di_advisor.ledger.forward.scenario import Scenario
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import RealizedKind, WashMatch
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.realized import BookedLot, Realized
from di_advisor.propose.washed import first_places, lots_of_purchases, washed_by

__all__ = ["check_washes"]

_Key = tuple[str, date, str, str, date, bool]
_Facts = dict[_Key, tuple[Fraction, Fraction]]


def check_washes(signals: Signals, sells: Mapping[int, Decimal], buys: Mapping[int, Decimal]) -> tuple[Washed, ...]:
    """What a plan washes, confirmed by the ledger.

    Parameters
    ----------
    signals : Signals
        Lots, prices and what may wash.
    sells, buys : Mapping of int to Decimal
        Shares by position of the lot, and of the name.

    Raises
    ------
    SettlementError
        If the ledger books other washes than are stated.
    """
    stated = washed_by(signals, sells, buys)
    washes = signals.account.washes
    if washes is None:
        return stated
    booked = _facts_of_matches(_booked_sales(signals, washes, sells))
    booked |= _facts_of_matches(_booked_purchases(signals, washes, buys))
    said = _facts_of_statement(signals, stated)
    if said != booked:
        wrong = sorted(
            {k[0] or f"a loss of {k[1]}" for k in said.keys() | booked.keys() if said.get(k) != booked.get(k)}
        )
        raise SettlementError(
            f"The ledger books other wash sales than the plan states, for {', '.join(wrong[:5])}: "
            f"{_shown(booked)} against {_shown(said)}.",
            hint="This is a fault of the program; nothing is proposed. Ban wash sales, or report the case.",
            lots=wrong,
        )
    return stated


def _shown(facts: _Facts) -> str:
    shares, usd = sum((n for n, _ in facts.values()), Fraction(0)), sum((x for _, x in facts.values()), Fraction(0))
    return f"{float(shares):g} shares with losses of ${float(usd):,.2f}"


def _added(pairs: Iterable[tuple[_Key, Fraction, Fraction]]) -> _Facts:
    total: _Facts = {}
    for key, shares, usd in pairs:
        before = total.get(key, (Fraction(0), Fraction(0)))
        total[key] = (before[0] + shares, before[1] + usd)
    return total


def _facts_of_statement(signals: Signals, stated: Iterable[Washed]) -> _Facts:
    lots = signals.account.lots
    return _added(
        (
            (lots[w.lot_at].lot_id if w.lot_at >= 0 else "", w.sold, w.account_id, w.security_id, w.bought, w.lost),
            as_fraction(w.shares),
            as_fraction(w.loss_usd),
        )
        for w in stated
    )


def _facts_of_matches(matches: Iterable[WashMatch]) -> _Facts:
    return _added(
        (
            (
                m.loss_lot_id if m.loss_event_id.startswith("sale") else "",
                m.sold,
                m.replacement_account_id,
                m.replacement_security_id,
                m.bought,
                m.lost_for_good,
            ),
            m.loss_shares,
            m.disallowed_usd,
        )
        for m in matches
    )


def _booked_sales(signals: Signals, washes: WashQuantities, sells: Mapping[int, Decimal]) -> list[WashMatch]:
    """Matches of today's sales with what was bought before or is planned."""
    account, market = signals.account, signals.market
    offered = {p.group for p in washes.purchases}
    group = {i: washes.group[int(account.lot_name[i])] for i in sells}
    concerned = {i: n for i, n in sells.items() if group[i] in offered}
    if not concerned:
        return []
    held_as = lots_of_purchases(signals, washes)
    own = sorted({*held_as.values(), *concerned})
    offered_lots, places = set(held_as.values()), first_places(washes)
    lots = [_own_lot(signals, washes, places, lot_at, replaces=lot_at in offered_lots) for lot_at in own]
    before = [(place, p) for place, p in enumerate(washes.purchases) if place not in held_as]
    lots += [_other_lot(place, places[p.purchase_id], p) for place, p in before if p.on <= market.as_of]
    planned = [PlannedPurchase(p.account_id, p.security_id, p.on, p.shares) for _, p in before if p.on > market.as_of]
    scenario = Scenario(_books(signals, washes, lots, ()), planned, ())
    sales: dict[str, list[Sell]] = {}
    for number, (lot_at, shares) in enumerate(concerned.items()):
        lot, price = account.lots[lot_at], market.price_usd[int(account.lot_name[lot_at])]
        sale = Sell(
            event_id=f"sale {number}",
            sequence=number,
            on=market.as_of,
            account_id=account.account_id,
            security_id=lot.security_id,
            shares=shares,
            amount_usd=as_fraction(shares) * as_fraction(price),
            choice=LotChoice(LotMethod.SPECIFIC, (LotShares(lot.lot_id, shares),)),
        )
        sales.setdefault(group[lot_at], []).append(sale)
    return [m for of in sales.values() for m in scenario.booked(of[0].security_id, *of).wash.matches]


def _booked_purchases(signals: Signals, washes: WashQuantities, buys: Mapping[int, Decimal]) -> list[WashMatch]:
    """Matches of today's purchases with losses that were sold before."""
    account, market = signals.account, signals.market
    waiting = {x.group for x in washes.losses}
    concerned = {i: n for i, n in buys.items() if washes.group[i] in waiting}
    if not concerned:
        return []
    realized = tuple(_loss(number, loss) for number, loss in enumerate(washes.losses))
    scenario = Scenario(_books(signals, washes, (), realized), (), ())
    bought: dict[str, list[Buy]] = {}
    for name in sorted(concerned):
        purchase = Buy(
            event_id=f"buy {name}",
            sequence=name,
            on=market.as_of,
            account_id=account.account_id,
            security_id=market.universe.security_ids[name],
            shares=concerned[name],
            amount_usd=concerned[name] * market.price_usd[name],
        )
        bought.setdefault(washes.group[name], []).append(purchase)
    return [m for of in bought.values() for m in scenario.booked(of[0].security_id, *of).wash.matches]


def _own_lot(
    signals: Signals, washes: WashQuantities, places: Mapping[str, int], lot_at: int, *, replaces: bool
) -> BookedLot:
    """A lot of the account; one that came by no purchase that counts replaces nothing."""
    lot = signals.account.lots[lot_at]
    purchase_id = washes.purchase_of.get(lot.lot_id, f"own {lot.lot_id}")
    basis = None if lot.basis_total_usd is None else as_fraction(lot.basis_total_usd)
    return BookedLot(
        lot=lot,
        root_id=lot.lot_id,
        purchase_id=purchase_id,
        bought_on=lot.acquired if replaces else None,
        is_replacement=False,
        deemed_long=False,
        gain_basis_usd=basis,
        pending="",
        purchase_order=(places.get(purchase_id, -1), ""),
    )


def _other_lot(number: int, place: int, purchase: FreePurchase) -> BookedLot:
    """Shares bought elsewhere, or sold again since: what they cost does not matter here."""
    lot_id = f"purchase {number}"
    lot = TaxLot(
        lot_id,
        purchase.account_id,
        purchase.security_id,
        purchase.shares,
        None,
        purchase.on,
        state=LotState.BASIS_PENDING,
    )
    return BookedLot(lot, lot_id, purchase.purchase_id, purchase.on, False, False, None, "", (place, ""))  # noqa: FBT003


def _loss(number: int, loss: WaitingLoss) -> Realized:
    """An earlier sale at a loss that still counts."""
    return Realized(
        event_id=f"before {number}",
        kind=RealizedKind.SALE,
        account_id=loss.account_id,
        security_id=loss.security_id,
        lot_id=f"before {number}",
        root_id=f"before {number}",
        purchase_id=f"before {number}",
        shares=as_fraction(loss.shares),
        proceeds_usd=Fraction(0),
        basis_usd=as_fraction(loss.loss_usd),
        acquired=None,
        held_since=None,
        sold=loss.on,
        deemed_long=False,
        disallowed_usd=Fraction(0),
        lost_for_good_usd=Fraction(0),
        is_replacement=False,
        taxed=True,
        matches=(),
        purchase_order=(number, ""),
    )


def _books(
    signals: Signals, washes: WashQuantities, lots: Iterable[BookedLot], realized: tuple[Realized, ...]
) -> Books:
    """Books of the evening before, with nothing in them but what can wash."""
    account = signals.account
    kinds = {x.account_id: AccountKind.TAXABLE for x in washes.losses}
    kinds |= {p.account_id: AccountKind.IRA if p.lost else AccountKind.TAXABLE for p in washes.purchases}
    kinds[account.account_id] = account.kind
    universe = signals.market.universe
    key_of = dict(zip(universe.security_ids, washes.group, strict=True))
    key_of |= {p.security_id: p.group for p in washes.purchases} | {x.security_id: x.group for x in washes.losses}
    return Books(
        taxpayer="",
        as_of=signals.market.as_of - timedelta(days=1),
        accounts=FrozenMap(kinds),
        reinvesting=frozenset(),
        lots=tuple(lots),
        realized=realized,
        washes=(),
        income=(),
        departed=(),
        identifications=(),
        cash_usd=FrozenMap({}),
        pending_fractions=FrozenMap({}),
        delisted=frozenset(),
        tickers=FrozenMap({}),
        notices=(),
        policies=LedgerPolicies(),
        groups=IdenticalGroups({s: key for s, key in key_of.items() if s != key}),
    )
