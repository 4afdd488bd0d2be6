"""One trade explained, as HTML for a notebook, as Markdown and as plain text.

The three say the same tables: dollars by term beside what each term would lose without the trade, the
forces at its last dollar, its break-evens, the same shares from the next lot, and what `card_tables` adds: the
predicted cost, the other side of the swap, and what is known of the name on ESG. Gains stand right of
the line and are positive, whatever the sign of the term. Wash-sale dates are said where the trade holds them
as facts. Limits: figures other than the trade's own dollars are before rounding to shares, which the captions
say; the line that repeats the card begins from the `result` of the lines that repeat the proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from markupsafe import Markup

from di_advisor.domain.trades import Trade
from di_advisor.propose.break_even import BreakEven
from di_advisor.propose.trade_explanation import TradeExplanation
from di_advisor.report.card_tables import cost_table, esg_table, other_esg_table, swap_table
from di_advisor.report.markup import as_html, escaped, folded, html_list
from di_advisor.report.tables import Align, Bars, Cell, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import bps, money, percent, printable, sentence_case, shares, signed

__all__ = ["explanation_html", "explanation_markdown", "explanation_text", "python_of_card"]

_NO_FORMULAS = Markup('<div class="mathjax_ignore tex2jax_ignore di-proposal">{}</div>')
_LEAD = Markup('<div style="margin:4px 0"><b>{}</b><br>{}</div>')
_REPEATED = Markup('<div style="margin:8px 0 0">{}<pre style="margin:4px 0">{}</pre></div>')
_HOW = "How to reproduce, after the lines that repeat the proposal"
_BUY_BACK = "no repurchase before"
_DATE = "Wash sale: the first day to buy the name back without washing this loss is {}."
_NO_LOSS = "no loss sale before"
_CLEAR = (
    "Wash sale: a loss on other shares of the name, or of an identical one, would be washed by this purchase up to "
    "30 days after it; the first clear day is {}."
)
_PER_USD = 1000.0
_LARGE = 50.0
_ZERO = Decimal(0)


def _headline(explanation: TradeExplanation) -> str:
    trade = explanation.trade
    where = f" from lot {trade.lot_id}" if trade.lot_id else ""
    return f"{trade.side.value.capitalize()} {shares(trade.shares)} {trade.ticker}{where}: ${money(trade.value_usd)}"


def python_of_card(trade: Trade) -> str:
    """One line of Python that explains a trade anew, where ``result`` is what `di_advisor.runs.run` gave."""
    named = trade.lot_id or trade.security_id
    text = repr(named) if named.isprintable() and "`" not in named else ascii(named).replace("`", "\\x60")
    return f"result.proposal.workspace.explain_trade({text})"


def _said(explanation: TradeExplanation) -> list[str]:
    """Sentences below the first; before them the wash-sale date of a loss, or of a purchase."""
    facts = explanation.trade.facts
    dates = [said.format(facts[fact]) for fact, said in ((_BUY_BACK, _DATE), (_NO_LOSS, _CLEAR)) if fact in facts]
    return [*dates, *explanation.sentences[1:]]


def _dollars(explanation: TradeExplanation) -> Table:
    """What each term gains by the trade, and what it would lose without it when everything else may give way."""
    own, without = explanation.trade.dollars, explanation.counterfactual.dollars
    known = explanation.counterfactual.worse_usd is not None
    columns: list[Column] = [Column("Term"), Column("Gain of this trade", "$", Align.RIGHT)]
    columns += [Column("Lost without it", "$", Align.RIGHT), Column("hurts | helps", "", Align.BARS)]
    rows: list[tuple[Cell, ...]] = []
    for term in dict.fromkeys([*own, *without]):
        gain, lost = -own.get(term, _ZERO), without.get(term, _ZERO)
        shown = signed(money(lost)) if known else "-"
        rows.append(
            (sentence_case(term), signed(money(gain)), shown, Bars((float(gain),), f"{term}: {signed(money(gain))} $"))
        )
    total = signed(money(explanation.counterfactual.worse_usd)) if explanation.counterfactual.worse_usd else "-"
    sums = ("Together", signed(money(explanation.trade.benefit_usd)), total, "")
    caption = "In dollars: the trade beside the others, and the plan solved again without it"
    return Table(caption, tuple(columns), tuple(rows), (sums,))


def _forces(explanation: TradeExplanation) -> Table | None:
    balance = explanation.balance
    if balance is None:
        return None
    columns = (
        Column("Pull (+) or hold (-)"),
        Column("Per further $1,000", "$", Align.RIGHT),
        Column("holds | pulls", "", Align.BARS),
    )
    parts = [(f.source, -f.usd_per_usd * _PER_USD) for f in balance.forces]
    if balance.limit:
        parts.append((balance.limit, -balance.limit_usd_per_usd * _PER_USD))
    rows = tuple(
        (sentence_case(source), signed(money(pull)), Bars((pull,), f"{source}: {signed(money(pull))} $"))
        for source, pull in parts
        if abs(pull) >= 0.005
    )
    caption = "At its last dollar: what pulls, what holds (before rounding to shares)"
    return Table(caption, columns, rows, (("Together", money(0.0), ""),))


_SHOWN: Mapping[str, Callable[[float], str]] = {
    "half-spread": lambda x: f"{bps(x)} bps",
    "tax rate": lambda x: f"{percent(x, 1)} %",
    "price": lambda x: f"${money(x)}",
    "expected return": lambda x: f"{percent(x)} %",
    "risk aversion": lambda x: f"{x:,.0f}" if x >= _LARGE else f"{x:,.3g}",
}


def _break_evens(found: tuple[BreakEven, ...]) -> Table | None:
    if not found:
        return None
    columns = (Column("It disappears"), Column("Today", "", Align.RIGHT), Column("At", "", Align.RIGHT))
    rows = []
    for one in found:
        shown = _SHOWN[one.dial]
        side = "above" if one.above else "below"
        rows.append((sentence_case(f"{one.dial} {side}"), shown(one.now), shown(one.limit)))
    return Table("What would make the trade disappear, all else free to give way", columns, tuple(rows))


def _lots(explanation: TradeExplanation) -> Table | None:
    choice = explanation.lot_choice
    if choice is None or choice.worse_usd is None:
        return None
    columns = (Column("Term"), Column("Worse with the other lot", "$", Align.RIGHT))
    rows = tuple((sentence_case(term), signed(money(v))) for term, v in choice.dollars.items() if v)
    total = ("Together", signed(money(choice.worse_usd)))
    caption = f"The same {shares(choice.shares)} shares from lot {choice.other_lot_id} instead of {choice.lot_id}"
    return Table(caption, columns, rows, (total,))


def _tables(explanation: TradeExplanation) -> Iterator[Table]:
    yield _dollars(explanation)
    found = (_forces(explanation), _break_evens(explanation.break_evens), _lots(explanation))
    for table in (*found, swap_table(explanation.swap), cost_table(explanation.cost), esg_table(explanation.esg)):
        if table is not None:
            yield table


def explanation_html(explanation: TradeExplanation) -> str:
    """The explanation for a notebook: HTML of the safe subset; everything that came from a file is escaped."""
    parts = [_LEAD.format(escaped(_headline(explanation)), escaped(explanation.trade.sentence))]
    parts.append(html_list(_said(explanation)))
    parts += [as_html(table) for table in _tables(explanation)]
    other = other_esg_table(explanation.esg)
    parts += [] if other is None else [folded("What else is known of the name on ESG", as_html(other))]
    parts.append(_REPEATED.format(_HOW, python_of_card(explanation.trade)))
    return str(_NO_FORMULAS.format(Markup("\n").join(parts)))


def explanation_markdown(explanation: TradeExplanation) -> str:
    """The explanation as GitHub Markdown."""
    lines = [f"### {markdown_escaped(_headline(explanation))}", markdown_escaped(explanation.trade.sentence)]
    lines.append("\n".join(f"- {markdown_escaped(s)}" for s in _said(explanation)))
    fence = "```"
    code = f"{_HOW}:\n\n{fence}python\n{python_of_card(explanation.trade)}\n{fence}"
    return "\n\n".join([*lines, *(as_markdown(table) for table in _tables(explanation)), code]) + "\n"


def explanation_text(explanation: TradeExplanation) -> str:
    """The explanation in plain text for a terminal."""
    said = [explanation.trade.sentence, *_said(explanation)]
    lines = [printable(_headline(explanation)), *(printable(s) for s in said if s)]
    code = f"{_HOW}:\n{python_of_card(explanation.trade)}"
    return "\n\n".join(["\n".join(lines), *(as_text(table) for table in _tables(explanation)), code]) + "\n"
