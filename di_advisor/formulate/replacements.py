"""Stand-ins: names outside the target that may be bought when a name is sold, and no more than that.

Problem: who harvests a loss loses the name for 31 days, and the names of the index may not make up for
its factors. Decision: the mandate names stand-ins by harvested security; their upper limits open by what
could be sold, and one row a set keeps what is bought of them within what is sold of the names they stand
in for (times the mandate's width). Names that share a stand-in form one set. A stand-in that is
substantially identical is refused; one that tracks an overlapping index is noted.

Limits: within a set it is not told apart which stand-in is for which name. Any sale of the name counts,
of a gain as of a loss: a row may not tell lots apart whose order of filling depends on prices. A
stand-in that is in the target is bought as any other name, outside these rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.errors import InputError
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.rules import NO_ROOM
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row
from di_advisor.ledger.identical_defaults import groups_of_universe, near_twins

__all__ = ["StandInLimit", "StandInSet", "replacement_notes", "stand_in_limits", "stand_in_room", "stand_in_sets"]


@dataclass(frozen=True)
class StandInSet:
    """Names and their stand-ins, where these are shared; positions in the universe, ascending.

    Attributes
    ----------
    names : tuple of int
        Harvested names.
    stand_ins : tuple of int
        What may be bought in their place.
    """

    names: tuple[int, ...]
    stand_ins: tuple[int, ...]


@dataclass(frozen=True)
class StandInLimit:
    """What is bought of stand-ins is at most a multiple of what is sold of the names they stand in for."""

    holdings: Holdings
    names: NDArray[np.bool_]
    stand_ins: NDArray[np.bool_]
    width: float
    who: str
    step: float = 0.0
    """Weight that rounding to shares may pass the limit by."""

    @property
    def name(self) -> str:
        """Short name."""
        return f"stand-ins: {self.who}"

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        times = "" if self.width == 1 else f"{self.width:g} times "
        return (
            f"Of {self.who}, no more is bought than {times}what is sold of the names they stand in for, "
            "but for rounding to shares."
        )

    def measure(self, plan: Plan) -> float:
        """What is bought beyond what sales allow, as a weight; negative where there is room."""
        sold = float(plan.sold(self.holdings.lot_name)[self.names].sum())
        return float(plan.buys[self.stand_ins].sum()) - self.width * sold

    def slack(self, plan: Plan) -> float:
        """Room left."""
        return self.step - self.measure(plan)

    def binds(self, plan: Plan) -> bool:
        """Stand-ins are bought, and no room is left."""
        return bool(plan.buys[self.stand_ins].sum() > NO_ROOM) and -self.measure(plan) < NO_ROOM

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row on amounts: alike for all lots of a name, so that their order stays."""
        bought = ~segments.sell & self.stand_ins[segments.name]
        sold = segments.sell & self.names[segments.name]
        coefficients = np.where(bought, 1.0, 0.0) - np.where(sold, self.width, 0.0)
        return (Row(self.name, -np.inf, 0.0, on_segments=coefficients),)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """One linear inequality."""
        cp = cvxpy()
        bought = cp.sum(cp.multiply(self.stand_ins.astype(np.float64), symbols.buys))
        sold = cp.sum(cp.multiply(self.names.astype(np.float64), symbols.sold))
        return [bought <= self.width * sold]

    def on_net(self, direction: FloatArray) -> FloatArray:
        """Coefficients on net trades, shape (n,), once each name's direction is fixed."""
        bought = np.where(self.stand_ins & (direction > 0), 1.0, 0.0)
        return bought + np.where(self.names & (direction < 0), self.width, 0.0)


def stand_in_sets(signals: Signals, mandate: Mandate) -> tuple[StandInSet, ...]:
    """The sets that a mandate's stand-ins form, without those that are in the target anyway.

    Raises
    ------
    UnknownSecurityError
        If the mandate names a security without a price here.
    InputError
        If a stand-in is substantially identical to its name, or is to be harvested itself.
    """
    if not mandate.replacements:
        return ()
    universe, target = signals.market.universe, signals.account.target_weight
    groups = groups_of_universe(universe.securities)
    tickers = {s.security_id: s.ticker for s in universe.securities}
    universe.index_of({i for k, v in mandate.replacements.items() for i in (k, *v)}, where="replacements")
    chained = sorted(set(mandate.replacements) & {s for of in mandate.replacements.values() for s in of})
    if chained:
        raise InputError(
            f"{', '.join(tickers[s] for s in chained)} would stand in and be stood in for.",
            hint="A stand-in is no harvested name: give the one it stands for another stand-in.",
        )
    sets: list[tuple[set[int], set[int]]] = []
    for security_id, given in mandate.replacements.items():
        for other in given:
            if groups.key(other) == groups.key(security_id):
                raise InputError(
                    f"{tickers[other]} cannot stand in for {tickers[security_id]}: they count as substantially "
                    f"identical, so the loss would be washed. {groups.why(security_id, other)}".rstrip(),
                    hint="Name a security of another issuer, or a fund on another index.",
                    security_id=other,
                )
        at = {universe.positions[s] for s in given if target[universe.positions[s]] <= 0}
        if at:
            joined = ({universe.positions[security_id]}, at)
            for known in [s for s in sets if s[1] & at]:
                sets.remove(known)
                joined = (joined[0] | known[0], joined[1] | known[1])
            sets.append(joined)
    return tuple(StandInSet(tuple(sorted(a)), tuple(sorted(b))) for a, b in sets)


def stand_in_room(signals: Signals, mandate: Mandate, holdings: Holdings) -> FloatArray:
    """Weight of each name that may be bought as a stand-in at most, shape (n,); 0 for all others."""
    room = np.zeros(len(holdings.target))
    for each in stand_in_sets(signals, mandate):
        sold = float(holdings.held[list(each.names)].sum())
        room[list(each.stand_ins)] = min(mandate.replacement_width * sold, 1.0)
    return room


def stand_in_limits(
    signals: Signals, mandate: Mandate, holdings: Holdings, *, step_shares: float
) -> tuple[StandInLimit, ...]:
    """One rule a set.

    Parameters
    ----------
    signals, mandate, holdings
        As for `formulate`.
    step_shares : float
        Smallest number of shares an order can differ by: rounding may pass the limit by so much of one
        stand-in, and by fractions of a share of every name.
    """
    universe, n = signals.market.universe, len(holdings.target)
    found = []
    for each in stand_in_sets(signals, mandate):
        names, stand_ins = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
        names[list(each.names)], stand_ins[list(each.stand_ins)] = True, True
        usd = signals.market.price_usd
        prices = float(max(usd[i] for i in each.stand_ins))
        if step_shares < 1:
            prices = float(sum(usd[i] for i in (*each.stand_ins, *each.names)))
        who = ", ".join(universe.securities[i].ticker for i in each.stand_ins)
        step = step_shares * prices / holdings.value_usd
        found.append(StandInLimit(holdings, names, stand_ins, mandate.replacement_width, who, step))
    return tuple(found)


def replacement_notes(signals: Signals, mandate: Mandate) -> tuple[str, ...]:
    """What is not clear of the stand-ins: funds on overlapping indices, and names that are in the target."""
    universe, target = signals.market.universe, signals.account.target_weight
    notes: list[str] = []
    for security_id, given in mandate.replacements.items():
        one = universe.securities[universe.positions[security_id]]
        for other in (universe.securities[universe.positions[s]] for s in given):
            notes.append(near_twins(one.ticker, other.ticker))
            if target[universe.positions[other.security_id]] > 0:
                notes.append(f"{other.ticker} is in the target: it is bought as any other name, not as a stand-in.")
    return tuple(dict.fromkeys(n for n in notes if n))
