"""Why this lot and not that one: the same shares from the next lot, in dollars by term.

Decision: the sale of the proposal is compared with the one that takes the same number of shares from
another lot of the name instead, term by term on the whole plan, so that whatever a term knows (netting
over the year, washed parts, the value of waiting) is in it and the terms add up to the cent. The next
lot is the cheapest one that could have been sold. Limits: other trades are kept as they are; what
another lot would change through them is the business of the counterfactual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

import numpy as np

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.signals import LockKind
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.rules import Locked
from di_advisor.propose.counterfactual import Place
from di_advisor.propose.neighbours import dollars_between
from di_advisor.propose.planned import Planned
from di_advisor.solve.choices import Choice

__all__ = ["LotChoice", "lot_choice"]

_FINEST = Decimal("1e-9")


@dataclass(frozen=True)
class LotChoice:
    """A sale beside the same sale from the next lot.

    Attributes
    ----------
    lot_id : str
        The lot sold.
    other_lot_id : str
        The next lot that could have been sold instead; empty where there is none.
    shares : Decimal
        Shares compared: those sold, or as many as the other lot has left.
    worse_usd : Decimal or None
        What the plan would be worth less with these shares from the other lot.
    dollars : Mapping of str to Decimal
        The same by term; positive: the term would be that much worse.
    locked : Mapping of str to str
        Lots of the name that may not be sold, with the reason.
    sentence : str
        In plain words; not escaped.
    """

    lot_id: str
    other_lot_id: str
    shares: Decimal
    worse_usd: Decimal | None
    dollars: Mapping[str, Decimal] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    sentence: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dollars", FrozenMap(self.dollars))
        object.__setattr__(self, "locked", FrozenMap(self.locked))


def lot_choice(planned: Planned, place: Place) -> LotChoice | None:
    """Why the lot of a sale and not the next one; None for a buy, and where the name has a single lot."""
    account = planned.signals.account
    of_name = [i for i in np.flatnonzero(account.lot_name == place.name).tolist() if i != place.lot]
    if place.lot < 0 or not of_name:
        return None
    locked = _locked(planned, of_name)
    compared = [
        _swapped(planned, place, i, rest) for i in of_name if i not in locked and (rest := _left(planned, i)) > 0
    ]
    mine = account.lots[place.lot]
    why = {account.lots[i].lot_id: reason for i, reason in locked.items()}
    out = "".join(f" Lot {lot_id} is out: {reason}" for lot_id, reason in why.items())
    if not compared:
        says = f"Every other lot of {_ticker(planned, place)} that may be sold is sold too.{out}"
        return LotChoice(mine.lot_id, "", planned.orders.sells[place.lot], None, {}, why, says)
    at, shares, dollars = min(compared, key=lambda c: (sum(c[2].values(), Decimal(0)) / c[1], c[0]))
    worse = sum(dollars.values(), Decimal(0))
    other = account.lots[at]
    says = _said(mine, other, shares, worse, dollars)
    return LotChoice(mine.lot_id, other.lot_id, shares, worse, dollars, why, says + out)


def _left(planned: Planned, lot: int) -> Decimal:
    """Shares of a lot that are not sold; a fraction that does not terminate is rounded down."""
    shares = as_fraction(planned.signals.account.lots[lot].shares)
    rest = shares - as_fraction(planned.orders.sells.get(lot, Decimal(0)))
    return (Decimal(rest.numerator) / Decimal(rest.denominator)).quantize(_FINEST, rounding=ROUND_DOWN)


def _swapped(planned: Planned, place: Place, other: int, rest: Decimal) -> tuple[int, Decimal, dict[str, Decimal]]:
    """Dollars by term if as many shares as fit came from another lot."""
    account, price = planned.signals.account, planned.signals.market.price_usd[place.name]
    shares = min(planned.orders.sells[place.lot], rest)
    sells = planned.orders.plan.sells.copy()
    moved = min(float(shares * price) / account.value_usd, float(sells[place.lot]))
    sells[place.lot] -= moved
    sells[other] += moved
    swapped = Plan(sells, planned.orders.plan.buys)
    return other, shares, dollars_between(planned.problem, planned.orders.plan, swapped)


def _locked(planned: Planned, lots: list[int]) -> dict[int, str]:
    """Lots that may not be sold at all, and why."""
    account = planned.signals.account
    sellable = next(r for r in planned.problem.rules if isinstance(r, Locked)).sell_max > 0
    found = {}
    beside = planned.solution.choices[int(account.lot_name[lots[0]])] in (Choice.SELL_GAINS, Choice.BUY)
    for at in (i for i in lots if beside and sellable[i] and account.lot_gain_usd[i] < 0):
        found[at] = "its loss would be washed by the purchase of the name or an identical one."
    for at in (i for i in lots if not sellable[i]):
        lot = account.lots[at]
        reasons = [
            k.reason
            for k in account.locks
            if k.security_id == lot.security_id and k.kind is not LockKind.NO_BUY and k.lot_id in ("", lot.lot_id)
        ]
        unknown = "" if account.lot_known[at] else "its basis is not known."
        found[at] = " ".join(reasons) or unknown or "it may not be sold."
    return found


def _ticker(planned: Planned, place: Place) -> str:
    return planned.signals.market.universe.securities[place.name].ticker


def _said(mine: TaxLot, other: TaxLot, shares: Decimal, worse: Decimal, dollars: Mapping[str, Decimal]) -> str:
    def named(lot: TaxLot) -> str:
        return f"{lot.lot_id} of {lot.acquired.isoformat()}" if lot.acquired else lot.lot_id

    parts = [f"${abs(v):,} {'more' if v > 0 else 'less'} {k}" for k, v in dollars.items() if v]
    detail = f" ({', '.join(parts)})" if parts else ""
    what = f"{shares.normalize():f} {'share' if shares == 1 else 'shares'}"
    same = f"The same {what} from lot {named(other)} instead of {named(mine)}"
    if worse > 0:
        return f"{same} would make the plan ${worse:,} worse{detail}."
    if worse < 0:
        return f"{same} would make the plan ${-worse:,} better{detail}: rounding and the certified gap allow for it."
    return f"{same} would be worth as much, to the cent."
