"""The largest withdrawal that the wishes leave room for: a figure in cents, with a plan that raises it.

Problem: how much can be taken out without breaking a rule? Decision: two figures. ``at_most_usd`` is
proved: above it the linear rules and the tracking-error cap cannot hold whatever is traded (a linear
program, and the smallest tracking error, at each step of a bisection). In fractions of what remains,
the plans that keep fixed limits and the factor by which the account shrinks are one convex set, so the
withdrawals that are possible are an interval, and beyond one that is not there is none. ``amount_usd``
is shown: orders in whole shares raise it, every rule re-checked. Minimum trades, wash-sale sides and
rounding to shares lie between the two. In dollars, what the rules lack grows convexly with the amount, so
that the line through two amounts that lack something meets zero above the limit: a few steps reach it.

Limits: a limit of a name that is passed today binds where the name stands, which is not convex; above
``at_most_usd`` such a name might leave room that is not looked for. Budgets are counts of plans.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.signals import Signals
from di_advisor.errors import InfeasibleError, SettlementError, UncertifiedError, UndecidedError, UnfinishedError
from di_advisor.formulate import formulate
from di_advisor.formulate.account_rules import CashRange
from di_advisor.formulate.cash_wishes import set_aside_usd
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.propose.planned import Clock, Planned, Settled, explained, plan_for, settled_for, silent
from di_advisor.propose.proposal import Proposal
from di_advisor.propose.settle import still_kept
from di_advisor.solve.diagnose import lacking

__all__ = ["LargestWithdrawal", "largest_withdrawal", "losses_only", "plan_or_largest"]

_CENT = Decimal("0.01")
_NONE_OWN = OwnWishes()
_NARROW = 1e-8
_FIRST_STEP = 1e-5
_GROWTH = 8.0
_LOOKED_AT = 80
_EVERY = 4
"""Of so many amounts one is the middle of what is left, whatever the line says."""

_PLANS = 20
_CLOSER = 4
_NEAR = 1e-6
"""Of the account: as near as orders are looked for by bisection."""

_STRETCHES = 1
_PROBED = (0.25, 0.5, 0.75)
"""Amounts tried above the last bisection, as parts of what is left below the limit, from it down."""


@dataclass(frozen=True)
class LargestWithdrawal:
    """What can be withdrawn.

    Attributes
    ----------
    amount_usd : Decimal
        In cents; orders that raise it keep every rule.
    at_most_usd : Decimal
        Proved: the rules leave no room for more.
    proposal : Proposal or None
        The trades that raise it; None where only the cash that is there is asked about.
    sentence : str
        In plain words.
    """

    amount_usd: Decimal
    at_most_usd: Decimal
    proposal: Proposal | None
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def losses_only(signals: Signals) -> Signals:
    """The same account with every lot that stands at a gain locked."""
    account = signals.account
    return replace(signals, account=replace(account, lot_sellable=account.lot_sellable & (account.lot_gain_usd <= 0)))


def largest_withdrawal(
    signals: Signals,
    mandate: Mandate,
    tax: Taxpayer,
    *,
    only_cash: bool = False,
    cancel: Callable[[], bool],
    own: OwnWishes = _NONE_OWN,
) -> LargestWithdrawal:
    """The largest withdrawal under a mandate, whatever withdrawal the mandate itself names.

    Parameters
    ----------
    signals, mandate, tax
        As for `formulate`.
    only_cash : bool
        Trade nothing: what the cash that is there can give.
    cancel : callable
        Asked between solves.
    own : OwnWishes
        The user's own terms and rules.

    Raises
    ------
    InfeasibleError
        If the rules cannot be kept even without a withdrawal.
    UnfinishedError
        If cancelled.
    """
    search = _Search(signals, mandate, tax, cancel, own)
    if only_cash:
        amount = search.bisected(search.idle_keeps)
        words = "Without a trade" if amount is not None else ""
        found, at_most, proposal = amount, amount, None
    else:
        limit = search.limit()
        settled = None if limit is None else search.settled_below(limit)
        found = None if settled is None else _raised(settled)
        at_most, proposal = limit, None if settled is None else search.explained(settled)
        words = "Without breaking a rule"
    if found is None or at_most is None:
        raise InfeasibleError(
            "No withdrawal keeps all rules, not even one of nothing"
            f"{' when nothing may be traded' if only_cash else ''}.",
            hint="Ask for a proposal without a withdrawal: it names the wishes that clash.",
        )
    room = at_most - found
    more = f" No plan raises more than ${at_most:,}." if room > _CENT else ""
    return LargestWithdrawal(found, at_most, proposal, f"{words}, ${found:,} can be withdrawn.{more}")


def plan_or_largest(
    signals: Signals,
    mandate: Mandate,
    tax: Taxpayer,
    clock: Clock,
    cancel: Callable[[], bool],
    own: OwnWishes = _NONE_OWN,
    *,
    exact: bool = False,
) -> Planned:
    """`plan_for`; where a withdrawal is not possible, the error says which one is.

    Raises
    ------
    SolveError, SettlementError, UnsupportedWishError
        As `plan_for`; an `InfeasibleError` has the facts ``largest_withdrawal_usd`` and ``at_most_usd``
        where a smaller withdrawal is possible.
    """
    try:
        return plan_for(signals, mandate, tax, clock, cancel, own, exact=exact)
    except (InfeasibleError, UndecidedError) as error:
        if mandate.withdrawal_usd <= 0:
            raise
        try:
            most = largest_withdrawal(signals, mandate, tax, cancel=cancel, own=own)
        except (InfeasibleError, UncertifiedError):
            raise error from None
        if most.amount_usd >= mandate.withdrawal_usd:  # the search found what the first solve did not
            raise
        told = type(error)(
            f"{error.what} {most.sentence}",
            hint=f"Withdraw ${most.amount_usd:,} at most. {error.hint}",
            **{**error.facts, "largest_withdrawal_usd": most.amount_usd, "at_most_usd": most.at_most_usd},
        )
        raise told from error


def _raised(planned: Settled) -> Decimal:
    """The withdrawal of a plan, in cents as they were asked for."""
    return set_aside_usd(planned.mandate)


class _Search:
    def __init__(
        self, signals: Signals, mandate: Mandate, tax: Taxpayer, cancel: Callable[[], bool], own: OwnWishes
    ) -> None:
        self.signals, self.mandate, self.tax, self.cancel, self.own = signals, mandate, tax, cancel, own
        self.value = to_decimal(signals.account.value_usd, 2)
        self.plans = 0
        self.clocks: dict[Decimal, Clock] = {}

    def _with(self, amount: Decimal) -> Mandate:
        changed = self.mandate.with_changes(withdrawal_usd=amount, benefit_min_usd=0)
        if not amount and changed.mode is TradingMode.RAISE_CASH:  # which needs an amount
            return changed.with_changes(mode=TradingMode.SELL_ONLY)
        return changed

    def _ask(self) -> None:
        if self.cancel():
            raise UnfinishedError("The search for the largest withdrawal was cancelled.", hint="Ask again.")

    def lacks(self, amount: Decimal) -> tuple[float, float]:
        """What the linear rules lack at best once an amount is raised, and then the cap, in USD; zeros where a plan is.

        Infinite where there is not even a problem.
        """
        self._ask()
        try:
            problem = formulate(self.signals, self._with(amount), self.tax, own=self.own)
            bare = (replace(r, reserve=0.0) if isinstance(r, CashRange) else r for r in problem.rules)
            problem = replace(problem, rules=tuple(bare))
            linear, risk = lacking(problem)
        except InfeasibleError:
            return math.inf, math.inf
        value = problem.block.holdings.value_usd
        return linear * value, risk * value

    def limit(self) -> Decimal | None:
        """The least amount known to fail, within cents of one that passes; None where nothing passes."""
        zero = Decimal("0.00")
        if any(self.lacks(zero)):
            return None
        low, high, width = zero, self.value + _CENT, self._width
        known: list[tuple[Decimal, tuple[float, float]]] = []
        for turn in range(_LOOKED_AT):
            if high - low <= width:
                break
            trial = None if turn % _EVERY == 0 else self._met(known, low, high)
            trial = ((low + high) / 2).quantize(_CENT, rounding=ROUND_DOWN) if trial is None else trial
            found = self.lacks(trial)
            if not any(found):
                low = trial
                continue
            high = trial
            if math.isfinite(found[0]):
                known = [*known[-1:], (trial, found)]
        return high

    def _met(self, known: list[tuple[Decimal, tuple[float, float]]], low: Decimal, high: Decimal) -> Decimal | None:
        """Just below where the line through the last two amounts that lack something meets zero; None without one."""
        if len(known) < 2:
            return None
        (beyond, much), (near, little) = known
        kind = 0 if little[0] > 0 else 1
        if not much[kind] > little[kind] > 0:
            return None
        back = float(beyond - near) * little[kind] / (much[kind] - little[kind])
        trial = near - to_decimal(back, 2)
        if near - trial <= 2 * self._width:  # as good as there: what is below should pass
            trial -= self._width
        return trial if low < trial < high else None

    @property
    def _width(self) -> Decimal:
        return max(_CENT, (self.value * Decimal(repr(_NARROW))).quantize(_CENT, rounding=ROUND_UP))

    def idle_keeps(self, amount: Decimal) -> bool:
        """Whether doing nothing keeps every rule once an amount is withdrawn."""
        try:
            problem = formulate(self.signals, self._with(amount), self.tax, own=self.own)
        except InfeasibleError:
            return False
        return still_kept(problem, self.signals, {}, {})

    def bisected(self, test: Callable[[Decimal], bool]) -> Decimal | None:
        """The largest amount known to pass, within cents of one that fails; None where nothing passes."""
        low, high = Decimal("0.00"), self.value + _CENT
        if not test(low):
            return None
        while high - low > self._width:
            middle = ((low + high) / 2).quantize(_CENT, rounding=ROUND_DOWN)
            low, high = (middle, high) if test(middle) else (low, middle)
        return low

    def settled(self, amount: Decimal) -> Settled | None:
        """Orders that raise an amount, or None."""
        self._ask()
        self.plans += 1
        wishes, clock = self._with(amount), Clock(silent)
        self.clocks[set_aside_usd(wishes)] = clock
        try:
            return settled_for(self.signals, wishes, self.tax, clock, self.cancel, self.own, named=False)
        except (InfeasibleError, SettlementError, UncertifiedError, UndecidedError):
            return None

    def explained(self, settled: Settled) -> Proposal:
        """The proposal of orders that were found here."""
        return explained(settled, self.clocks[_raised(settled)]).proposal

    def settled_below(self, limit: Decimal) -> Settled | None:
        """Orders of the largest withdrawal found below a limit."""
        step, high, amount = float(self.value) * _FIRST_STEP, limit, limit
        best = self.settled(amount)
        while best is None and amount > 0 and self.plans < _PLANS:
            high, amount = amount, max(limit - to_decimal(step, 2), Decimal("0.00"))
            step *= _GROWTH
            best = self.settled(amount)
        if best is None:
            return None if amount <= 0 else self.settled(Decimal("0.00"))
        near = self.value * Decimal(repr(_NEAR))
        for _ in range(_CLOSER):
            if high - _raised(best) <= near:
                break
            middle = ((_raised(best) + high) / 2).quantize(_CENT, rounding=ROUND_DOWN)
            better = self.settled(middle)
            best, high = (best, middle) if better is None else (better, high)
        for part in _PROBED:  # where shares are whole, an amount may do above one that does not
            if limit - _raised(best) <= near:
                break
            tried = limit - to_decimal(part * float(limit - _raised(best)), 2)
            better = self.settled(tried)
            if better is not None:
                best = better
                break
        for _ in range(_STRETCHES):  # the same orders may raise more
            more = self._stretched(best, limit)
            better = self.settled(more) if more - _raised(best) >= _CENT else None
            if better is None:
                break
            best = better
        return best

    def _stretched(self, planned: Settled, high: Decimal) -> Decimal:
        """The largest withdrawal below a limit that a plan's own orders raise."""
        low, orders = _raised(planned), planned.orders
        while high - low > _CENT:
            middle = ((low + high) / 2).quantize(_CENT, rounding=ROUND_DOWN)
            if middle in (low, high):
                break
            try:
                problem = formulate(self.signals, self._with(middle), self.tax, own=self.own)
            except InfeasibleError:
                high = middle
                continue
            if still_kept(problem, self.signals, orders.sells, orders.buys):
                low = middle
            else:
                high = middle
        return low
