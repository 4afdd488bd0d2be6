"""A proposal as tables and sentences, before anyone decides how they are shown.

Problem: a proposal must answer "what changes, what does each trade do for it, which rules held it
back" in figures that add up on the page. Decision: each question is one table, built here from the
proposal alone; dollars stand to the cent so that sums can be checked by hand; the objective's sign
is kept (positive hurts) except in columns called benefit. Limits: nothing here is computed anew,
only summed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade
from di_advisor.propose.proposal import Measures, Proposal
from di_advisor.report.tables import Align, Bars, Cell, Column, Table
from di_advisor.report.wording import bps, count_of, day, money, percent, sentence_case, signed, usd

__all__ = [
    "active_weights",
    "facts_line",
    "headline",
    "measures",
    "objective",
    "provenance",
    "sum_usd",
    "trades_of",
    "turnover_of",
]

_ZERO = Decimal(0)


def trades_of(proposal: Proposal, side: Side) -> tuple[Trade, ...]:
    """Trades of one side, in the proposal's order."""
    return tuple(t for t in proposal.trade_list if t.side is side)


def sum_usd(amounts: Sequence[Decimal]) -> Decimal:
    """Exact sum of dollars."""
    return sum(amounts, _ZERO)


def headline(proposal: Proposal) -> str:
    """What the proposal does and what that is worth, in one sentence."""
    sold, bought = trades_of(proposal, Side.SELL), trades_of(proposal, Side.BUY)
    if not proposal.trade_list:
        return "Trade nothing: no set of trades that keeps the rules beats leaving the account as it is."
    parts = []
    if sold:
        parts.append(f"sell from {count_of(len(sold), 'lot')} for {usd(sum_usd([t.value_usd for t in sold]))}")
    if bought:
        parts.append(f"buy {count_of(len(bought), 'name')} for {usd(sum_usd([t.value_usd for t in bought]))}")
    deed = " and ".join(parts)
    benefit = proposal.benefit_usd
    compared = "more than doing nothing" if benefit >= 0 else "less than doing nothing, which would not keep the wishes"
    return f"{deed[0].upper()}{deed[1:]}. Worth {usd(abs(benefit))} {compared}."


def facts_line(proposal: Proposal) -> str:
    """Account, date and the distance to the target before and after."""
    before, after = proposal.before.tracking_error, proposal.after.tracking_error
    distance = f"Tracking error {bps(before)} to {bps(after)} bps a year."
    return f"Account {proposal.account_id}, {day(proposal.as_of)}. {distance}"


def _realised(trades: Sequence[Trade]) -> dict[str, Decimal]:
    gains = {"Short-term gain realised": _ZERO, "Long-term gain realised": _ZERO}
    for t in trades:
        if t.gain_usd is not None:
            gains["Long-term gain realised" if t.long_term else "Short-term gain realised"] += t.gain_usd
    return gains


def turnover_of(proposal: Proposal) -> float:
    """One-way turnover, (sales + buys) / 2, a fraction of the account's value less a withdrawal."""
    traded = sum_usd([t.value_usd for t in proposal.trade_list])
    return float(traded) / 2 / float(proposal.weighed_usd) if proposal.weighed_usd else 0.0


def measures(proposal: Proposal) -> Table:
    """The account before and after."""
    b, a = proposal.before, proposal.after
    cash_before, cash_after = (float(m.cash_usd) / float(m.value_usd) if m.value_usd else 0.0 for m in (b, a))
    turnover = turnover_of(proposal)

    def in_dollars(label: str, before: Decimal, after: Decimal) -> tuple[Cell, ...]:
        return (label, "$", money(before), money(after), signed(money(after - before)))

    rows: list[tuple[Cell, ...]] = [
        (
            "Tracking error",
            "bps a year",
            bps(b.tracking_error),
            bps(a.tracking_error),
            signed(bps(a.tracking_error - b.tracking_error)),
        ),
        in_dollars("Account value", b.value_usd, a.value_usd),
        in_dollars("Cash", b.cash_usd, a.cash_usd),
        ("Cash", "% of account", percent(cash_before), percent(cash_after), signed(percent(cash_after - cash_before))),
        *(in_dollars(sentence_case(name), _ZERO, amount) for name, amount in proposal.memo_usd.items()),
        ("Names held", "", f"{b.names:,}", f"{a.names:,}", signed(f"{a.names - b.names:,}")),
        *(in_dollars(label, _ZERO, gain) for label, gain in _realised(proposal.trade_list).items()),
        ("Turnover, one way", "% of account", percent(0.0), percent(turnover), signed(percent(turnover))),
    ]
    number = [Column(label, align=Align.RIGHT) for label in ("Do nothing", "Plan", "Change")]
    return Table("The account before and after", (Column("Measure"), Column("Unit"), *number), tuple(rows))


def _helps(change_usd: Decimal) -> str:
    return "no change" if change_usd == 0 else ("helps" if change_usd < 0 else "hurts")


def objective(proposal: Proposal) -> Table:
    """The objective by term: do nothing, plan, change, and which side's trades caused it; it adds up both ways."""
    sold, bought = trades_of(proposal, Side.SELL), trades_of(proposal, Side.BUY)

    def figures(pick: Callable[[Mapping[str, Decimal]], Decimal]) -> tuple[Decimal, ...]:
        before, after = pick(proposal.before.objective_usd), pick(proposal.after.objective_usd)
        by_sales, by_buys = (sum_usd([pick(t.dollars) for t in side]) for side in (sold, bought))
        return before, after, after - before, by_sales, by_buys

    def row(label: str, values: tuple[Decimal, ...]) -> tuple[Cell, ...]:
        before, after, change, by_sales, by_buys = values
        parts = (signed(money(each)) for each in (change, by_sales, by_buys))
        drawn = Bars((-float(change),), f"{label}: {_helps(change)}, {usd(abs(change))}")
        return (sentence_case(label), money(before), money(after), *parts, drawn, _helps(change))

    terms = list(proposal.terms_usd)
    rows = tuple(row(k, figures(lambda amounts, k=k: amounts.get(k, _ZERO))) for k in terms)  # type: ignore[misc]
    total = row("objective", figures(lambda amounts: sum_usd(list(amounts.values()))))
    labels = ("Do nothing", "Plan", "Change", "by sales", "by buys")
    columns = (
        Column("Term"),
        *(Column(label, "$", Align.RIGHT) for label in labels),
        Column("hurts | helps", align=Align.BARS),
        Column("Effect"),
    )
    return Table("The objective in dollars, lower is better: where the benefit comes from", columns, rows, (total,))


def active_weights(proposal: Proposal, of: Callable[[Measures], Mapping[str, float]], caption: str, unit: str) -> Table:
    """Active sector weights or factor exposures before and after, the largest first."""
    before, after = of(proposal.before), of(proposal.after)
    show = percent if unit == "%" else lambda x: f"{x:,.3f}"
    names = sorted({**before, **after}, key=lambda k: (-abs(before.get(k, 0.0)), k))

    def row(name: str) -> tuple[Cell, ...]:
        b, a = before.get(name, 0.0), after.get(name, 0.0)
        was, is_now, change = signed(show(b)), signed(show(a)), signed(show(a - b))
        return (name, was, is_now, change, Bars((b, a), f"{name}: before {was} {unit}, after {is_now} {unit}"))

    columns = (
        Column("Group"),
        *(Column(label, unit, Align.RIGHT) for label in ("Before", "After", "Change")),
        Column("under | over", align=Align.BARS),
    )
    return Table(caption, columns, tuple(row(name) for name in names))


def provenance(proposal: Proposal) -> Table:
    """Models and data behind the proposal."""
    rows = tuple((k, v) for k, v in proposal.provenance.items())
    return Table("Models and data", (Column("Part"), Column("From")), rows)
