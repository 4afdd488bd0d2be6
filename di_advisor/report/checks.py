"""What held the plan back: rules with their slack, locks with their end, and the proof of the gap.

Limits: a rule's figure carries no unit of its own, so the unit is read off its name (tracking error
in bps, factor exposures as plain numbers, amounts in dollars, everything else a share of the
account in percent). Where a rule measures only its own excess, before and after say nothing and
show as dashes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.mandate import Rounding
from di_advisor.propose.proposal import Proposal, RuleCheck
from di_advisor.report.tables import Align, Cell, Column, Table
from di_advisor.report.wording import bps, count_of, day, joined, money, percent, printable, shares, usd

__all__ = [
    "certificate",
    "gap_after_rounding",
    "locks",
    "locks_summary",
    "rule_state",
    "rules",
    "rules_summary",
    "unpriced",
]

_BROKEN = -1e-9
_COSTLY_ROUNDING = 0.05
"""Part of the benefit from which on rounding is worth a hint."""
_HALF_A_CENT = 0.005
_ONLY_SLACK = {"name limits", "locks"}
"""Rules that measure their largest excess over many limits: no quantity of the account."""
_BUDGET = " budget"
"""How the names of rules end that limit dollars of the year; measured as weights."""
_MINIMUM_TRADE = "minimum trade"
"""Measured on the trades, as a weight: there is nothing before, and dollars are what was asked."""


def _number(value: float) -> str:
    return f"{value:,.3f}"


def _unit(check: RuleCheck) -> tuple[str, Callable[[float], str]]:
    name = check.rule.lower()
    if check.unit == "%":
        return "%", percent
    if check.unit or name.startswith("esg "):
        return check.unit or "points", _number
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
    value_usd = float(proposal.weighed_usd)

    def row(c: RuleCheck) -> tuple[Cell, ...]:
        unit, show = _unit(c)
        before, after, slack = c.before, c.after, c.slack
        if c.rule in _ONLY_SLACK:
            before = after = math.nan
        elif c.rule.endswith(_BUDGET):
            before, after, slack = before * value_usd, after * value_usd, slack * value_usd
        elif c.rule == _MINIMUM_TRADE:
            unit, show = "$", money
            before, after, slack = math.nan, after * value_usd, slack * value_usd
        figures = [show(x) if math.isfinite(x) else "-" for x in (before, after, slack)]
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


def _rounding_cost(proposal: Proposal) -> str:
    added = proposal.certificate.rounding_usd
    if added < _HALF_A_CENT:
        return "rounding cost nothing"
    whole = proposal.mandate.rounding is Rounding.WHOLE_SHARES
    return f"{'whole shares' if whole else 'rounding'} cost {usd(added)}"


def _rounding_hint(proposal: Proposal) -> str:
    """What would help where whole shares cost a good part of the benefit; empty elsewhere."""
    added = proposal.certificate.rounding_usd
    costly = added >= _HALF_A_CENT and added > _COSTLY_ROUNDING * float(proposal.benefit_usd)
    if not costly or proposal.mandate.rounding is not Rounding.WHOLE_SHARES:
        return ""
    return " Fractional shares would avoid most of what rounding cost."


def gap_after_rounding(proposal: Proposal) -> tuple[str, str]:
    """How far the trades as listed can be from the best plan: the figure, and what it is made of."""
    c = proposal.certificate
    hint = _rounding_hint(proposal)
    if not math.isfinite(c.gap_usd):
        return "not proved", f"{_rounding_cost(proposal)}{'.' if hint else ''}{hint}"
    made_of = f"proved {usd(c.gap_usd)} before rounding; {_rounding_cost(proposal)}"
    # The figures as they are shown, so that a reader who adds them up comes to the same cent.
    whole = to_decimal(c.gap_usd, 2) + max(to_decimal(c.rounding_usd, 2), Decimal(0))
    return usd(whole), f"{made_of}{'.' if hint else ''}{hint}"


def certificate(proposal: Proposal) -> str:
    """How far the trades as listed can be from the best plan there is, rounding included."""
    c = proposal.certificate
    rounded = _rounding_cost(proposal)
    if math.isfinite(c.gap_usd):
        gap, _ = gap_after_rounding(proposal)
        parts = f"{usd(c.gap_usd)} proved before rounding ({c.gap_bps:.4f} bps of the account), and {rounded}"
        said = f"At most {gap} from the best plan that keeps the rules: {parts}."
        if c.rounded_gap_usd > _HALF_A_CENT and c.rounding_usd > _HALF_A_CENT:
            said += f" At most {usd(c.rounded_gap_usd)} from the best plan in the same shares."
    else:
        said = f"How far it is from the best plan was not proved; {rounded}."
    return printable(f"{said}{_rounding_hint(proposal)} Solved by {c.solver}.")
