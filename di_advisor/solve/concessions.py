"""What a wish would have to become, in plain words; figures are rounded so that what is shown is enough."""

from __future__ import annotations

import math
from collections.abc import Sequence

from di_advisor.domain.market import FloatArray
from di_advisor.domain.wording import signless
from di_advisor.formulate.account_rules import CashRange, TrackingErrorCap, Turnover
from di_advisor.formulate.bands import GroupWeight
from di_advisor.formulate.esg_average import AverageLimit, Side, shown
from di_advisor.formulate.rules import ActiveGroup, Locked, NameLimits, Rule
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget, dollars
from di_advisor.units import bps_from_fraction, percent_from_fraction

__all__ = ["concession"]

_SAFE = 1e-6
"""Added before rounding, a fraction: what the solvers may be off by."""

_SHOWN = 3


def _up(fraction: float, decimals: int = 2) -> float:
    """A fraction in percent, rounded up."""
    step = 10.0**decimals
    return math.ceil(percent_from_fraction(fraction + _SAFE) * step) / step


def _down(fraction: float) -> float:
    """A fraction in percent, rounded down."""
    return -_up(-fraction)


def concession(
    rule: Rule, amount: float, *, below: bool, names: Sequence[str] = (), active: FloatArray | None = None
) -> str:
    """What a rule would have to become so that the others can hold.

    Parameters
    ----------
    rule : Rule
        The rule.
    amount : float
        By how much it gives, in the unit of its measure; for locks, the weight in all that is traded all the same.
    below : bool
        Whether its lower limit gives, not its upper one.
    names : sequence of str
        Tickers for which locks or name limits give.
    active : ndarray of shape (n,), optional
        Active weights of the plan that takes it: what an average reaches there is what it would have to become.

    Returns
    -------
    str
        Without a full stop, such as "turnover at least 12.40 % (you allow 5.00 %)".
    """
    if isinstance(rule, (NameLimits, Locked)):
        return _of_names(rule, amount, names)
    if isinstance(rule, AverageLimit):
        return _of_average(rule, amount, active)
    if isinstance(rule, (CashRange, ActiveGroup)):
        return _of_range(rule, amount, below=below)
    if isinstance(rule, TrackingErrorCap):
        least = math.ceil(bps_from_fraction(rule.upper + amount) * 10.0) / 10.0
        return f"tracking error at least {least:.1f} bps (you allow {bps_from_fraction(rule.upper):.1f})"
    return _of_most(rule, amount)


def _of_most(rule: Rule, amount: float) -> str:
    """Of a rule with an upper limit only."""
    if isinstance(rule, Turnover):
        allowed = percent_from_fraction(rule.upper)
        return f"turnover at least {_up(rule.upper + amount):.2f} % (you allow {allowed:.2f} %)"
    if isinstance(rule, (GainBudget, TaxBudget)):
        least = math.ceil((rule.upper + amount + _SAFE) * rule.account_usd)
        return f"{rule.name} at least {dollars(least)} (you allow {dollars(rule.upper * rule.account_usd)})"
    return f"{rule.name} to give by {_up(amount):.2f} points"


def _of_range(rule: CashRange | ActiveGroup, amount: float, *, below: bool) -> str:
    if isinstance(rule, GroupWeight):
        return _of_weight(rule, amount, below=below)
    limit = rule.lower if below else rule.upper
    needed = _down(limit - amount) if below else _up(limit + amount)
    way, now = "down" if below else "up", percent_from_fraction(limit)
    if isinstance(rule, CashRange) and below and rule.set_aside_usd:
        less = math.ceil((amount + _SAFE) * rule.holdings.value_usd)
        return f"about ${less:,} less to withdraw and to keep in cash (you ask for ${rule.set_aside_usd:,} to withdraw)"
    if isinstance(rule, CashRange):
        asked = f"you {'ask for at least' if below else 'allow'} {signless(now, '.2f')} %"
        return f"cash {way} to {signless(needed, '.2f')} % ({asked})"
    return f"{rule.name} {way} to {signless(needed, '+.2f')} points (you allow {signless(now, '+.2f')})"


def _of_average(rule: AverageLimit, amount: float, active: FloatArray | None) -> str:
    least = rule.side is Side.AT_LEAST
    way = -1.0 if least else 1.0
    reached = rule.limit + way * amount * rule.scale if active is None else rule.average(active)
    reached += way * _SAFE * rule.scale
    asked = f"you ask for {rule.asked}"
    if rule.index_value > 0 and rule.asked.endswith(" %"):
        change = reached / rule.index_value - 1.0
        relative = _down(change) if least else _up(change)
        asked = f"{signless(relative, '+.2f')} % on the index; {asked}"
    return f"{rule.measured} {rule.side.value} {shown(reached, rule.unit, towards=way)} ({asked})"


def _of_weight(rule: GroupWeight, amount: float, *, below: bool) -> str:
    limit = (rule.lower if below else rule.upper) + rule.group_target
    needed = _down(limit - amount) if below else _up(limit + amount)
    now = percent_from_fraction(limit)
    way, asked = ("down", "ask for at least") if below else ("up", "allow")
    return f"{rule.name} {way} to {needed:.2f} % of the account (you {asked} {now:.2f} %)"


def _of_names(rule: NameLimits | Locked, amount: float, names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    which = f" (such as {', '.join(names[:_SHOWN])}{more})" if names else ""
    if isinstance(rule, NameLimits):
        return f"names{which} up to {_up(amount):.2f} points beyond their limits"
    worth = math.ceil((amount + _SAFE) * rule.holdings.value_usd)
    return f"${worth:,} of what is locked traded all the same{which}"
