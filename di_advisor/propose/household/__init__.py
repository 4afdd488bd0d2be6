"""Propose for a household: all accounts together, one return a filer, wash sales matched across all of them.

Problem: gains, budgets and wash sales belong to people, not to accounts; proposals made account by account buy in
an IRA what a taxable account sells at a loss, and spend a loss twice. Decision: plans that agree on the price of
gains and on who gives way (`di_advisor.solve.household`) become orders account by account, each with the others as
they are; the same is done starting from proposals made separately, and the best that keeps all rules is proposed,
so that it is never worse than separate proposals whose wash sales are repaired. Everything is judged by the
ledger over all accounts. `propose` is the verb.

Limits: wash sales between trades of one day are matched here, earlier and planned ones by each account's locks.
Refused with a typed error: prices of wash sales in a single mandate (they are the household's); the mode
tax_unaware, because its gains would still count on the return, and no price of gains, by which accounts are made to
agree, could move them; own terms and rules in cvxpy, because an account is searched and bounded at many prices of
gains, which takes the separable terms of a mandate, and a cone solver at each of them would take minutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.household import Filer, Household, Tracking
from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.signals import MarketSignals, Signals
from di_advisor.errors import DiAdvisorError, InputError, SettlementError, SolveError
from di_advisor.formulate.household import refuse_wrong_status
from di_advisor.formulate.schedule_d import Taxpayer, refuse_no_taxpayer
from di_advisor.propose.household.conflicts import refuse_conflict
from di_advisor.propose.household.located import LocatedSettling, refuse_own_limits, with_location
from di_advisor.propose.household.priced import washed_at_a_price
from di_advisor.propose.household.proposal import HouseholdCertificate, HouseholdProposal
from di_advisor.propose.household.settled import Settled, Settling
from di_advisor.propose.household.told import decisions_of, reasons_for, told
from di_advisor.propose.planned import never
from di_advisor.signals import estimate_account
from di_advisor.signals.household_locks import WashSide
from di_advisor.solve.household.coordination import AccountFacts, Coordination, FilerFacts, clashes, planned_side
from di_advisor.solve.household.priced import Priced
from di_advisor.solve.household.washes import Coordinated, coordinate

__all__ = ["Apart", "facts_of", "propose"]

_REPAIRS = 8
_IN_ORDER = (
    "The law matches what is washed with purchases in the order in which they are made: place those of taxable "
    "accounts before those of retirement accounts, as it is reckoned here."
)
_PRICED = "Wash sales are priced: a washed loss comes back after the years given, and never from a retirement account."


def propose(
    household: Household,
    market: MarketSignals,
    taxes: Mapping[str, Taxpayer],
    *,
    nodes_max: int = 96,
    compare: bool = True,
    cancel: Callable[[], bool] = never,
) -> HouseholdProposal:
    """Trades for all accounts of a household.

    Parameters
    ----------
    household : Household
        People, returns, accounts, wishes.
    market : MarketSignals
        Of the day, shared by all accounts (`di_advisor.signals.estimate_market`).
    taxes : Mapping of str to TaxProfile, ReturnInputs or FilerTax
        By filer's name: the year without these trades.
    nodes_max : int
        Sets of sides of wash sales that are tried at most.
    compare : bool
        Whether separate proposals are made too, to start from and to compare with.
    cancel : callable
        Asked between solves.

    Returns
    -------
    HouseholdProposal
        Certified: account by account with the others as they are, and all together.

    Raises
    ------
    InputError, UnsupportedWishError
        If the facts do not fit together, or a wish cannot be honoured in a household.
    InfeasibleError, UndecidedError, UncertifiedError, UnfinishedError, SettlementError
        When there is no certified plan for some account, or none in whole shares. Nothing is proposed then.
    """
    coordination = facts_of(household, market, taxes, cancel)
    jointly = household.tracking is Tracking.TOGETHER
    settling = (
        LocatedSettling(household, coordination, cancel) if jointly else Settling(household, coordination, cancel)
    )
    found: list[Settled] = []
    failure: DiAdvisorError | None = None
    coordinated: Coordinated | None = None
    try:
        if isinstance(settling, LocatedSettling):
            coordinated = settling.begun()
        else:
            coordinated = coordinate(coordination, nodes_max=nodes_max)
        found.append(_together(settling, coordinated))
    except (SolveError, SettlementError) as error:
        failure = error
    separate = _separate(settling) if compare else None
    avoiding = [] if separate is None else _avoiding(settling, separate)
    found += [s for s in (separate, *avoiding) if s is not None]
    if not jointly and not any(
        s.keeps and coordinated is not None and settling.is_close(s, coordinated.bound_usd) for s in found
    ):
        found += _repaired(settling, avoiding)
    priced: Priced | None = None
    if household.wash_policy is WashPolicy.PRICE:
        rates = None if coordinated is None else coordinated.rates
        priced, washing = washed_at_a_price(settling, found, rates, nodes_max)
        found += washing
    kept = [s for s in found if s.keeps]
    if not kept:
        refuse_conflict(settling, failure)
        raise failure or SettlementError(
            "No orders keep the budgets and the wash policy of the household once rounded to shares.",
            hint="Raise the budgets of the return, or allow fractional shares.",
        )
    best = min(kept, key=lambda s: s.objective_usd)
    allowed = [s for s in (separate, *avoiding) if s is not None and s.keeps]
    apart = min(allowed, key=lambda s: s.objective_usd, default=None)
    return _proposal(settling, best, coordinated, priced, Apart(separate, apart))


def _together(settling: Settling, coordinated: Coordinated) -> Settled:
    """Orders that follow the plans found together; what only clashes in orders takes the side that the plans have.

    Raises
    ------
    SolveError, SettlementError
        If some account has no orders.
    """
    sides = dict(coordinated.sides)
    signals = {i: a.signals for i, a in settling.coordination.accounts.items()}
    for _ in range(_REPAIRS):
        found = settling.together(
            sides,
            coordinated.gains,
            "together",
            reasons=reasons_for(settling, sides),
            bound_usd=coordinated.bound_usd,
        )
        new = set(clashes(signals, {i: p.orders.plan for i, p in found.planned.items()})) - sides.keys()
        if found.keeps or not new:
            break
        sides |= {group: planned_side(signals, coordinated.plans, group) for group in new}
    return found


@dataclass(frozen=True)
class Apart:
    """What separate proposals come to: unaware of each other, and the best that keep budgets and wash policy."""

    unaware: Settled | None
    allowed: Settled | None


def facts_of(
    household: Household, market: MarketSignals, taxes: Mapping[str, Taxpayer], cancel: Callable[[], bool]
) -> Coordination:
    """Accounts and returns, ready to be solved.

    Raises
    ------
    InputError, UnsupportedWishError
        As `propose`.
    """
    if household.tracking is Tracking.TOGETHER:
        refuse_own_limits(household)
        market = with_location(market, household.location_years)
    missing = sorted({f.name for f in household.filers} - set(taxes))
    if missing:
        raise InputError(f"No taxpayer is given for {', '.join(missing)}.", hint="Pass taxes={name: ...}.")
    filers = {}
    for filer in household.filers:
        refuse_no_taxpayer(taxes[filer.name])
        if filer.gain_budget_usd is not None or filer.tax_budget_usd is not None:
            _refuse_empty(household, filer)
        refuse_wrong_status(filer.name, len(filer.people), len(household.filers), taxes[filer.name])
        filers[filer.name] = FilerFacts(
            taxes[filer.name],
            None if filer.gain_budget_usd is None else float(filer.gain_budget_usd),
            None if filer.tax_budget_usd is None else float(filer.tax_budget_usd),
        )
    portfolio = household.portfolio
    accounts = {}
    for each in household.accounts:
        target = household.target_of(each.account_id)
        account = estimate_account(portfolio, each.account_id, market, target, each.mandate)
        accounts[each.account_id] = AccountFacts(
            Signals(market, account), each.mandate, household.filer_of(each.account_id).name
        )
    return Coordination(accounts, filers, cancel)


def _refuse_empty(household: Household, filer: Filer) -> None:
    if not any(a.is_taxed and a.owner in filer.people for a in household.accounts):
        raise InputError(
            f"The return {filer.name} has a budget, and no account of this household is on it.",
            hint="Drop the budget, or give the account its owner.",
            filer=filer.name,
        )


def _separate(settling: Settling) -> Settled | None:
    """Every account by itself, at law; None where some account has no plan."""
    try:
        return settling.judged(settling.separate({}), {}, "separate")
    except (SolveError, SettlementError):
        return None


def _avoiding(settling: Settling, separate: Settled) -> list[Settled]:
    """Separate proposals again, what clashes in them given to one side; for each side."""
    signals = {i: a.signals for i, a in settling.coordination.accounts.items()}
    if not clashes(signals, {i: p.orders.plan for i, p in separate.planned.items()}):
        return [separate]
    found = []
    for side in WashSide:
        sides: dict[int, WashSide] = {}
        settled = separate
        with suppress(SolveError, SettlementError):
            for _ in range(_REPAIRS):
                clashing = clashes(signals, {i: p.orders.plan for i, p in settled.planned.items()})
                if not clashing:
                    found.append(settled)
                    break
                sides |= dict.fromkeys(clashing, side)
                settled = settling.judged(settling.separate(sides), sides, "separate")
    return found


def _repaired(settling: Settling, avoiding: Iterable[Settled]) -> list[Settled]:
    """Orders one after another that start from separate proposals."""
    found = []
    for start in avoiding:
        with suppress(SolveError, SettlementError):
            reasons = reasons_for(settling, start.sides)
            found.append(settling.together(start.sides, start.gains, "one after another", reasons=reasons))
    return found


def _proposal(
    settling: Settling, best: Settled, coordinated: Coordinated | None, priced: Priced | None, apart: Apart
) -> HouseholdProposal:
    proposals, filers = told(settling, best)
    bound = _bound(settling, coordinated, priced)
    seen = _seen(settling.household)
    notes = (seen, _PRICED) if settling.household.wash_policy is WashPolicy.PRICE else (seen,)
    if best.law.washes and not all(a.is_taxed for a in settling.household.accounts):
        notes = (*notes, _IN_ORDER)
    nodes = (0 if coordinated is None else coordinated.nodes) + (0 if priced is None else priced.nodes)
    given = coordinated.sides if coordinated is not None and best.source == "together" else best.sides
    return HouseholdProposal(
        household=settling.household,
        as_of=next(iter(settling.coordination.accounts.values())).signals.market.as_of,
        proposals=proposals,
        filers=filers,
        certificate=HouseholdCertificate(
            objective_usd=best.objective_usd,
            bound_usd=bound,
            gap_usd=max(best.objective_usd - bound, 0.0),
            nodes=nodes,
        ),
        decisions=decisions_of(settling, best, {} if coordinated is None else coordinated.other_side_usd, given),
        washes=best.law.washes,
        wash_cost_usd=to_decimal(best.wash_cost_usd, 2),
        separate_usd=None if apart.allowed is None else to_decimal(apart.allowed.objective_usd, 2),
        separate_washed_usd=None if apart.unaware is None else _washed(apart.unaware),
        source=best.source,
        notes=notes,
    )


def _seen(household: Household) -> str:
    """What wash sales were searched in: never a claim beyond it."""
    names = ", ".join(household.account_ids)
    return (
        f"Not tax advice. Wash sales are matched across the accounts of this household ({names}), among "
        "today's trades and against the fills of the last and next 30 days that they show; accounts that are not here "
        "are not seen."
    )


def _bound(settling: Settling, coordinated: Coordinated | None, priced: Priced | None) -> float:
    """A bound of all plans that are allowed, what they wash paid for."""
    if priced is not None:
        return priced.bound_usd
    if coordinated is not None:
        return coordinated.bound_usd
    return -math.inf if isinstance(settling, LocatedSettling) else settling.coordination.joint({}).bound_usd


def _washed(separate: Settled) -> Decimal:
    usd = sum((g.short_usd + g.long_usd for g in separate.law.disallowed.values()), start=0)
    return to_decimal(float(usd), 2)
