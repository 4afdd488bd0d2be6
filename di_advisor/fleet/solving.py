"""One account of a fleet, solved: bytes in, a record as bytes out; the work of every worker.

Problem: at thousands of accounts the words of an explanation cost as much as the trades, and few of them are read.
Decision: the same signals, solve and settlement as `Advisor.propose` (`settled_for`), and of the explanation only what
is summed over accounts: the change of each term, tracking errors, gains, the certificate. Budgets are counts of
convex solves, so what runs out does so on every machine alike. Limits: a withdrawal that is not possible is set aside
without the search for the largest one; the drill-down makes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import starmap
from operator import mul, sub
from typing import Final

from di_advisor.domain.amounts import Exact, all_at_places, as_fraction, at_places, cents_that_add_up, to_decimal
from di_advisor.domain.lot_columns import basis_at, lot_ids_at, shares_at
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Signals
from di_advisor.domain.wording import counted
from di_advisor.errors import DiAdvisorError, InputError, UnfinishedError
from di_advisor.execution.jobs import FAULTS
from di_advisor.fleet.account import FleetAccount, account_from_bytes, digest_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.record import FleetRecord, RecordedOrder
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.propose.explain import certificate_of
from di_advisor.propose.planned import Clock, Settled, settled_for, silent
from di_advisor.signals import estimate_account, with_waiting
from di_advisor.solve import Solution
from di_advisor.solve.batch import fits, solve_together
from di_advisor.units import CENTS_PER_USD, bps_from_fraction
from di_advisor.workspace import Workspace

__all__ = ["BegunAccount", "FleetWork", "recorded", "solved", "workspace_for"]

_WIDE_GAP_BPS: Final = 5.0
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True)
class FleetWork:
    """What every account of a run needs.

    Attributes
    ----------
    facts : FleetFacts
        Market, targets.
    solves_max : int
        Budget of an account: how often a solve may begin; an account that needs more is set aside.
    """

    facts: FleetFacts
    solves_max: int = 5_000

    def __post_init__(self) -> None:
        if self.solves_max < 1:
            raise InputError(f"solves_max is {self.solves_max}.", hint="Give at least 1.")

    def begun(self, bodies: Sequence[bytes]) -> list[FleetWork | BegunAccount]:
        """What to hand to `solved` for each of several accounts: those whose wishes allow it are solved together.

        The records are those of one account at a time, whoever else is there. What cannot be begun is left to
        `solved`, which says why.
        """
        spaces = [_space_of(self, body) for body in bodies]
        places = [i for i, space in enumerate(spaces) if space is not None]
        begun = [b for b in spaces if b is not None]
        solutions = solve_together([b.problem for b in begun]) if begun else []
        found: list[FleetWork | BegunAccount] = [self] * len(bodies)
        for i, account, solution in zip(places, begun, solutions, strict=True):
            found[i] = replace(account, solution=solution)
        return found


@dataclass(frozen=True)
class BegunAccount:
    """An account whose problem is known, and its solution where it was solved with others."""

    work: FleetWork
    account: FleetAccount
    space: Workspace
    problem: Problem
    solution: Solution | None = None

    @property
    def known(self) -> tuple[Problem, tuple[Problem, Solution] | None]:
        """As `settled_for` takes it."""
        return self.problem, None if self.solution is None else (self.problem, self.solution)


def _space_of(work: FleetWork, body: bytes) -> BegunAccount | None:
    """An account as far as its problem, where that may be solved with others."""
    try:
        account = account_from_bytes(body)
        space = workspace_for(work.facts, account)
        problem = formulate(space.signals, space.mandate, space.tax, own=space.own)
    except (DiAdvisorError, *FAULTS):
        return None
    return BegunAccount(work, account, space, problem) if fits(problem) else None


class _Budget:
    """Counts how often a solve asks whether to stop."""

    def __init__(self, most: int) -> None:
        self.left = most

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def workspace_for(facts: FleetFacts, account: FleetAccount) -> Workspace:
    """The account under its own wishes, ready for every question of a workspace.

    Raises
    ------
    DiAdvisorError
        As `Advisor.workspace`.
    """
    target = facts.target_of(account.target)
    found = estimate_account(
        account.portfolio, account.account_id, facts.market, target, account.mandate, locks=account.locks
    )
    if account.begins_at:
        found = replace(found, begins_at=account.begins_at)
    signals = Signals(facts.market, found)
    if facts.harvest is not None:
        signals = with_waiting(signals, facts.harvest)[0]
    own = account.own.loaded()
    return Workspace(account.portfolio, target, account.mandate, account.tax, signals, account.locks, own=own)


def solved(work: FleetWork | BegunAccount, body: bytes) -> bytes:
    """The record of an account, as JSON.

    Parameters
    ----------
    work : FleetWork or BegunAccount
        What is shared, or what `FleetWork.begun` made of it and of this account.
    body : bytes
        The account, from `account_to_bytes`.

    Raises
    ------
    DiAdvisorError
        Where there is no proposal, as `Advisor.propose`; `UnfinishedError` where the budget ran out.
    """
    if isinstance(work, BegunAccount):
        account, settled = work.account, _settled(work.work, work.space, work.known)
    else:
        account = account_from_bytes(body)
        settled = _settled(work, workspace_for(work.facts, account))
    row = recorded(account.label, settled).to_row() | {"account_digest": digest_of(body)}
    return json.dumps(row, sort_keys=True, separators=(",", ":")).encode()


def _settled(
    work: FleetWork, space: Workspace, begun: tuple[Problem, tuple[Problem, Solution] | None] | None = None
) -> Settled:
    budget = _Budget(work.solves_max - (begun is not None and begun[1] is not None))
    try:
        return settled_for(space.signals, space.mandate, space.tax, Clock(silent), budget, space.own, begun=begun)
    except UnfinishedError as error:
        if budget.left >= 0:
            raise
        raise UnfinishedError(
            f"The budget of {work.solves_max:,} solves ran out.",
            hint="Raise solves_max, or drop limits that count (max_names, max_trades, min_trade_usd).",
            solves_max=work.solves_max,
        ) from error


def recorded(label: str, settled: Settled) -> FleetRecord:
    """What a fleet keeps of some orders: the figures of `Proposal`, without its words."""
    problem, orders, signals = settled.asked, settled.orders, settled.signals
    holdings = problem.block.holdings
    nothing = holdings.nothing()
    after = [term.value_usd(orders.plan) for term in problem.terms]
    terms = {}
    for term, usd in zip(problem.terms, after, strict=True):
        (terms[term.name],) = cents_that_add_up([usd - term.value_usd(nothing)])
    active = holdings.active
    certificate = certificate_of(problem, settled.solution, orders, after_usd=sum(after))
    return FleetRecord(
        label=label,
        as_of=signals.market.as_of,
        orders=_orders(settled),
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
    """Gain of a part of a lot, which takes its share of the basis, to the cent, halves to even.

    In whole numbers, since fractions are reduced at every step.
    """
    (basis, basis_unit), (all_held, held_unit) = basis_usd.as_integer_ratio(), held.as_integer_ratio()
    (some, some_unit), (price, price_unit) = sold.as_integer_ratio(), price_usd.as_integer_ratio()
    # some / some_unit * (price / price_unit - basis / basis_unit * held_unit / all_held), in cents
    each = price * basis_unit * all_held - basis * held_unit * price_unit
    cents, rest = divmod(CENTS_PER_USD * some * each, unit := some_unit * price_unit * basis_unit * all_held)
    cents += 2 * rest > unit or (2 * rest == unit and cents % 2)
    return Decimal(cents).scaleb(-2)


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
    if cap is not None and not orders.sells and not orders.buys:
        now = settled.signals.market.risk.tracking_error(settled.asked.block.holdings.active)
        if now > cap:
            found.append(f"Tracking error stays at {bps_from_fraction(now):.0f} bps, above its cap.")
    return tuple(found)
