"""Propose for a household: all accounts together, one return a filer, wash sales matched across all of them.

Problem: gains, budgets and wash sales belong to people, not to accounts; proposals made account by account buy in
an IRA what a taxable account sells at a loss, and spend a loss twice. Decision: plans that agree on the price of
gains and on who gives way (`di_advisor.solve.household`) become orders account by account, each with the others as
they are; the same is done starting from proposals made separately, and the best that keeps all rules is proposed,
so that it is never worse than separate proposals whose wash sales are repaired. Everything is judged by the
ledger over all accounts. `propose` is the verb.

Limits: wash sales between trades of one day are matched here, earlier and planned ones by each account's locks.
An account that leaves tax out trades as it would by itself, beside the others (`tax_left_out`). Refused with a typed
error: prices of wash sales in a single mandate (they are the household's).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.household import Filer, Household, Tracking
from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.signals import MarketSignals, Signals
from di_advisor.errors import InputError, SettlementError
from di_advisor.formulate.household import refuse_wrong_status
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.schedule_d import Taxpayer, refuse_no_taxpayer
from di_advisor.propose.household.candidates import Candidates, candidates_of
from di_advisor.propose.household.conflicts import refuse_conflict
from di_advisor.propose.household.left_out_words import left_out
from di_advisor.propose.household.located import LocatedSettling, refuse_own_limits, with_location, withdrawal_notes
from di_advisor.propose.household.proposal import HouseholdCertificate, HouseholdProposal
from di_advisor.propose.household.settled import Settled, Settling
from di_advisor.propose.household.tax_left_out import left_out_candidates
from di_advisor.propose.household.told import decisions_of, told
from di_advisor.propose.planned import never
from di_advisor.signals import estimate_account
from di_advisor.solve.household.coordination import AccountFacts, Coordination, FilerFacts

__all__ = ["facts_of", "propose"]

_IN_ORDER = (
    "The law matches what is washed with purchases in the order in which they are made: place those of taxable "
    "accounts before those of retirement accounts, as it is reckoned here."
)
_LEFT_OUT = (
    "{} leaves tax out (mode tax_unaware) and trades as by itself; its gains count on the return, nothing is washed "
    "with it, and the others' gap is with its orders as they are."
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
    own: Mapping[str, OwnWishes] | None = None,
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
    own : Mapping of str to OwnWishes, optional
        By account, the user's own terms and rules in cvxpy (`di_advisor.formulate.own`): kept for that account alone.

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
    coordination = facts_of(household, market, taxes, cancel, own)
    jointly = household.tracking is Tracking.TOGETHER
    settling = (
        LocatedSettling(household, coordination, cancel) if jointly else Settling(household, coordination, cancel)
    )
    if left_out(coordination):
        candidates = left_out_candidates(settling, nodes_max=nodes_max, compare=compare)
    else:
        candidates = candidates_of(settling, nodes_max=nodes_max, compare=compare)
    if candidates.best is None:
        refuse_conflict(settling, candidates.failure)
        raise candidates.failure or SettlementError(
            "No orders keep the budgets and the wash policy of the household once rounded to shares.",
            hint="Raise the budgets of the return, or allow fractional shares.",
        )
    return _proposal(settling, candidates.best, candidates)


def facts_of(
    household: Household,
    market: MarketSignals,
    taxes: Mapping[str, Taxpayer],
    cancel: Callable[[], bool],
    own: Mapping[str, OwnWishes] | None = None,
) -> Coordination:
    """Accounts and returns, ready to be solved; arguments as of `propose`.

    Raises
    ------
    InputError, UnsupportedWishError
        As `propose`.
    """
    wishes = _own_of(household, own or {})
    if household.tracking is Tracking.TOGETHER:
        refuse_own_limits(household, wishes)
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
            Signals(market, account),
            each.mandate,
            household.filer_of(each.account_id).name,
            wishes.get(each.account_id, OwnWishes()),
        )
    return Coordination(accounts, filers, cancel)


def _own_of(household: Household, own: Mapping[str, OwnWishes]) -> dict[str, OwnWishes]:
    """Own terms and rules by account, those of accounts that bring some.

    Raises
    ------
    InputError
        If there is no such account.
    """
    return {household.account(i).account_id: wishes for i, wishes in own.items() if wishes.terms or wishes.rules}


def _refuse_empty(household: Household, filer: Filer) -> None:
    if not any(a.is_taxed and a.owner in filer.people for a in household.accounts):
        raise InputError(
            f"The return {filer.name} has a budget, and no account of this household is on it.",
            hint="Drop the budget, or give the account its owner.",
            filer=filer.name,
        )


def _proposal(settling: Settling, best: Settled, candidates: Candidates) -> HouseholdProposal:
    proposals, filers = told(settling, best)
    household, coordinated, apart = settling.household, candidates.coordinated, candidates.apart
    notes = [_seen(household)]
    notes += [_PRICED] if household.wash_policy is WashPolicy.PRICE else []
    if best.law.washes and not all(a.is_taxed for a in household.accounts):
        notes.append(_IN_ORDER)
    blind = left_out(settling.coordination)
    notes += [_LEFT_OUT.format(", ".join(blind))] if blind else []
    notes += withdrawal_notes(household)
    given = coordinated.sides if coordinated is not None and best.source == "together" else best.sides
    dearer: dict[int, float] = {}
    if coordinated is not None and any(side is coordinated.sides.get(group) for group, side in given.items()):
        dearer = {g: usd for g, usd in coordinated.other_side_usd.items() if given.get(g) is coordinated.sides[g]}
    start = settling.charged_anyway_usd
    allowed = apart.allowed
    return HouseholdProposal(
        household=household,
        as_of=next(iter(settling.coordination.accounts.values())).signals.market.as_of,
        proposals=proposals,
        filers=filers,
        certificate=HouseholdCertificate(
            objective_usd=best.objective_usd + start,
            bound_usd=candidates.bound_usd + start,
            gap_usd=max(best.objective_usd - candidates.bound_usd, 0.0),
            nodes=candidates.nodes,
        ),
        decisions=(
            *decisions_of(settling, best, dearer, given),
            *candidates.decisions,
        ),
        washes=best.law.washes,
        wash_cost_usd=to_decimal(best.wash_cost_usd, 2),
        separate_usd=None if allowed is None else to_decimal(allowed.objective_usd + start, 2),
        separate_washed_usd=None if apart.unaware is None else _washed(apart.unaware),
        source=best.source,
        notes=tuple(notes),
    )


def _seen(household: Household) -> str:
    """What wash sales were searched in: never a claim beyond it."""
    names = ", ".join(household.account_ids)
    return (
        f"Not tax advice. Wash sales are matched across the accounts of this household ({names}), among "
        "today's trades and against the fills of the last and next 30 days that they show; accounts that are not here "
        "are not seen."
    )


def _washed(separate: Settled) -> Decimal:
    usd = sum((g.short_usd + g.long_usd for g in separate.law.disallowed.values()), start=0)
    return to_decimal(float(usd), 2)
