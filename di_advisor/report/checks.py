"""What held the plan back: rules with their slack, locks with their end, and the proof of the gap.

Limits: a rule's figure carries no unit of its own, so the unit is read off its name (tracking error
in bps, factor exposures as plain numbers, amounts in dollars, everything else a share of the
account in percent).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from di_advisor.propose.proposal import Proposal, RuleCheck
from di_advisor.report.tables import Align, Cell, Column, Table
from di_advisor.report.wording import bps, count_of, day, joined, money, percent, printable, shares, usd

__all__ = ["certificate", "locks", "locks_summary", "rule_state", "rules", "rules_summary", "unpriced"]

_BROKEN = -1e-9


def _number(value: float) -> str:
    return f"{value:,.3f}"


def _unit(rule: str) -> tuple[str, Callable[[float], str]]:
    name = rule.lower()
    if name.startswith("tracking error"):
        return "bps a year", bps
    if name.startswith("factor"):
        return "exposure", _number
    if "usd" in name or "budget" in name:
        return "$", money
    return "% of account", percent


def rule_state(check: RuleCheck) -> str:
    """Whether a rule is kept: "broken", "binds" or "holds"."""
    if check.slack < _BROKEN:
        return "broken"
    return "binds" if check.binding else "holds"


def rules_summary(proposal: Proposal) -> str:
    """How many rules were re-checked, which of them bind, and whether one is broken."""
    states = [rule_state(c) for c in proposal.checks]
    if not states:
        return "No rule was set."
    broken = [c.rule for c in proposal.checks if rule_state(c) == "broken"]
    binding = [c.rule for c in proposal.checks if rule_state(c) == "binds"]
    kept = f"BROKEN: {joined(broken)}" if broken else "all kept after rounding to shares"
    held = f"; held back by {joined(binding[:4])}" if binding else "; none holds the plan back"
    more = f" and {len(binding) - 4} more" if len(binding) > 4 else ""
    return printable(f"{count_of(len(states), 'rule')}: {kept}{held}{more}.")


def rules(proposal: Proposal) -> Table:
    """Every rule, re-checked on the rounded trades; broken and binding ones first."""

    def row(c: RuleCheck) -> tuple[Cell, ...]:
        unit, show = _unit(c.rule)
        figures = [show(x) if math.isfinite(x) else "-" for x in (c.before, c.after, c.slack)]
        return (c.rule, rule_state(c), *figures, unit, c.sentence)

    order = {"broken": 0, "binds": 1, "holds": 2}
    sorted_checks = sorted(proposal.checks, key=lambda c: order[rule_state(c)])
    figures = (Column(label, align=Align.RIGHT) for label in ("Before", "After", "Slack"))
    columns = (Column("Rule"), Column("State"), *figures, Column("Unit"), Column("What it says"))
    return Table("Rules, re-checked after rounding to shares", columns, tuple(row(c) for c in sorted_checks))


def locks_summary(proposal: Proposal) -> str:
    """How much was locked."""
    if not proposal.locks:
        return "Nothing was locked."
    names = len({lock.security_id for lock in proposal.locks})
    seen = f" Fills searched in: {joined(proposal.accounts_seen)}." if proposal.accounts_seen else ""
    number = count_of(len(proposal.locks), "lock")
    return printable(f"Not traded, and why: {number} on {count_of(names, 'name')}.{seen}")


def locks(proposal: Proposal) -> Table:
    """What could not be traded, why, and until when."""
    tickers = {t.security_id: t.ticker for t in proposal.trade_list}
    columns = (Column("Name"), Column("Lot"), Column("Lock"), Column("Until"), Column("Why"))
    rows = tuple(
        (
            tickers.get(lock.security_id, lock.security_id),
            lock.lot_id or "all",
            lock.kind.value.replace("_", " "),
            day(lock.until),
            lock.reason,
        )
        for lock in proposal.locks
    )
    return Table("Locks", columns, rows)


def unpriced(proposal: Proposal) -> Table:
    """Positions without a price."""
    rows = tuple((p.security_id, shares(p.shares)) for p in proposal.unpriced)
    return Table("Left alone: no price", (Column("Name"), Column("Shares", align=Align.RIGHT)), rows)


def certificate(proposal: Proposal) -> str:
    """How far the plan can be from the best there is, in one sentence."""
    c = proposal.certificate
    if not math.isfinite(c.gap_usd):
        proved = "How far it is from the best plan was not proved"
    else:
        gap = f"{usd(c.gap_usd)} ({c.gap_bps:.4f} bps of the account)"
        proved = f"Proved within {gap} of the best plan that keeps the rules"
    rounded = f"before rounding to shares, which added {usd(c.rounding_usd)} to the objective"
    return printable(f"{proved}, {rounded}. Solved by {c.solver}.")
