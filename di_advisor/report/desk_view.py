"""A desk for a notebook and a terminal: totals, how tracking errors are spread, exceptions first, then the list.

A `Desk` is shown, or a `Worklist` while the run goes on. Labels, errors and warnings come from files: everything
is escaped by the tables' writers. Limits: the list shows the first accounts only and says how many more there are;
`page_table` has any page of them, `Desk.to_frame` all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from di_advisor.fleet.desk import Desk
from di_advisor.fleet.desk_rows import DeskRow, DeskTotals
from di_advisor.fleet.fairness import Fairness
from di_advisor.fleet.worklist import Worklist, WorklistPage
from di_advisor.report.markup import as_html, escaped, folded
from di_advisor.report.tables import Align, Bars, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import bps, count_of, money, percent, usd

__all__ = [
    "desk_bundle",
    "desk_sentence",
    "desk_tables",
    "desk_text",
    "fairness_bundle",
    "fairness_sentence",
    "page_table",
    "totals_tables",
]

_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-desk">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b></div>')
_SHOWN: Final = 40
_SPREAD: Final = ("least", "lower quarter", "median", "upper quarter", "95 of a hundred below", "largest")


def desk_sentence(desk: Desk | Worklist) -> str:
    """How many accounts have a proposal, and what all of them do together."""
    t = desk.totals
    aside = f"; {t.set_aside:,} set aside" if t.set_aside else ""
    return (
        f"{t.proposed:,} of {count_of(t.accounts, 'account')} with a proposal, {t.trading:,} of them trade{aside}. "
        f"Together they harvest {usd(t.harvested_usd)} of losses and cost {usd(t.cost_usd)} to trade."
    )


def desk_tables(desk: Desk | Worklist, *, shown: int = _SHOWN) -> list[Table]:
    """Totals, tracking errors, exceptions where there are any, and the first accounts of the list."""
    exceptions = [r for r in desk.rows if r.exception or r.warnings]
    tables = totals_tables(desk.totals)
    if exceptions:
        tables.append(_exceptions(exceptions, shown))
    listed = [r for r in desk.rows if not r.exception]
    if listed:
        tables.append(_listed(listed, shown))
    return tables


def totals_tables(totals: DeskTotals) -> list[Table]:
    """What all proposals do together, and how tracking errors are spread."""
    return [_totals(totals), _spread(totals)]


def page_table(page: WorklistPage) -> Table:
    """One page of a worklist, what is wrong with an account beside its figures."""
    listed = _listed(page.rows, len(page.rows))
    said = [_what(r) for r in page.rows]
    cells = tuple(
        (cells[0], what, *("-" if row.exception else cell for cell in cells[1:]))  # no plan is not a plan of nothing
        for row, what, cells in zip(page.rows, said, listed.rows, strict=True)
    )
    first, *others = listed.columns
    title = f"{count_of(page.matched, 'account')}, page {page.number:,} of {page.pages:,}"
    return Table(title, (first, Column("To look at"), *others), cells)


def _what(row: DeskRow) -> str:
    return " ".join([row.exception, *row.warnings]).strip()


def _totals(t: DeskTotals) -> Table:
    rows = (
        ("Value of the accounts", money(t.value_usd)),
        ("Worth of the plans over doing nothing", money(t.benefit_usd)),
        ("Losses harvested", money(t.harvested_usd)),
        ("Gains realised", money(t.gains_usd)),
        ("Change of tax", money(t.tax_usd)),
        ("Trading cost", money(t.cost_usd)),
        ("Bought", money(t.bought_usd)),
        ("Sold", money(t.sold_usd)),
    )
    return Table(f"All {t.proposed:,} proposals", (Column("Total"), Column("Amount", "$", Align.RIGHT)), rows)


def _spread(t: DeskTotals) -> Table:
    rows = tuple(
        (name, bps(before), bps(after), Bars((before, after), f"{bps(before)} to {bps(after)} bps"))
        for name, before, after in zip(_SPREAD, t.tracking_error_before, t.tracking_error_after, strict=False)
    )
    columns = (
        Column("Accounts"),
        Column("Before", "bps", Align.RIGHT),
        Column("After", "bps", Align.RIGHT),
        Column("Before (grey), after (blue)", align=Align.BARS),
    )
    return Table("Tracking error a year", columns, rows)


def _exceptions(rows: Sequence[DeskRow], shown: int) -> Table:
    cells = tuple((r.label, "no proposal" if r.exception else "look at it", _what(r)) for r in rows[:shown])
    columns = (Column("Account", align=Align.WHOLE), Column("What", align=Align.WHOLE), Column("Why"))
    return Table(f"To look at first: {count_of(len(rows), 'account')}{_more(rows, shown)}", columns, cells)


def _listed(rows: Sequence[DeskRow], shown: int) -> Table:
    cells = tuple(
        (
            r.label,
            f"{r.orders:,}",
            money(r.value_usd),
            money(r.benefit_usd),
            money(r.harvested_usd),
            money(r.tax_usd),
            money(r.cost_usd),
            bps(r.tracking_error_before),
            bps(r.tracking_error_after),
        )
        for r in rows[:shown]
    )
    dollars = ("Value", "Worth", "Losses", "Tax", "Cost")
    columns = (
        Column("Account", align=Align.WHOLE),
        Column("Orders", align=Align.RIGHT),
        *(Column(name, "$", Align.RIGHT) for name in dollars),
        Column("TE before", "bps", Align.RIGHT),
        Column("TE after", "bps", Align.RIGHT),
    )
    return Table(f"Worklist{_more(rows, shown)}", columns, cells)


def _more(rows: Sequence[DeskRow], shown: int) -> str:
    return f" (the first {shown:,} of {len(rows):,})" if len(rows) > shown else ""


def desk_text(desk: Desk | Worklist, *, shown: int = _SHOWN) -> str:
    """For a terminal."""
    return "\n\n".join([desk_sentence(desk), *(as_text(t) for t in desk_tables(desk, shown=shown))]) + "\n"


def desk_bundle(desk: Desk | Worklist) -> dict[str, str]:
    """In every form a notebook may want, by media type."""
    tables = desk_tables(desk)
    html = _LEAD.format(escaped(desk_sentence(desk))) + Markup("\n").join(as_html(t) for t in tables)
    markdown = "\n\n".join([markdown_escaped(desk_sentence(desk)), *(as_markdown(t) for t in tables)])
    return {
        "text/html": str(_NO_FORMULAS.format(html)),
        "text/markdown": f"{markdown}\n",
        "text/plain": desk_text(desk),
    }


def fairness_sentence(fairness: Fairness) -> str:
    """How far any account is from pro rata."""
    share = f"{fairness.off_by_a_step_max:.2f}"
    return (
        f"{count_of(fairness.blocks, 'block')} over {count_of(len(fairness.rows), 'account')}: every order is within "
        f"{share} shares of exact pro rata. An order's filled part is at most {percent(fairness.ratio_off_max)} % of "
        "the order off its block's, which is most where an order is a few shares."
    )


def _fairness_tables(fairness: Fairness) -> tuple[Table, Table]:
    by_size = tuple(
        (money(mean), bps(alone, 2), bps(shared, 2)) for mean, alone, shared in fairness.cost_rate_by_size()
    )
    each = tuple(
        (r.label, money(r.ordered_usd), money(r.filled_usd), f"{r.odd_shares:+.2f}", bps(r.cost_rate, 2))
        for r in fairness.rows[:_SHOWN]
    )
    right = Align.RIGHT
    return (
        Table(
            "Cost against size, smallest accounts first",
            (Column("Ordered, mean $"), Column("Alone", "bps", right), Column("In the block", "bps", right)),
            by_size,
        ),
        Table(
            "Each account",
            (
                Column("Account", align=Align.WHOLE),
                Column("Ordered", "$", right),
                Column("Filled", "$", right),
                Column("Odd shares", align=right),
                Column("Cost", "bps", right),
            ),
            each,
        ),
    )


def fairness_bundle(fairness: Fairness) -> dict[str, str]:
    """Fairness in every form a notebook may want, by media type."""
    by_size, each = _fairness_tables(fairness)
    said = fairness_sentence(fairness)
    html = _LEAD.format(escaped(said)) + as_html(by_size) + folded("Each account", as_html(each))
    return {
        "text/html": str(_NO_FORMULAS.format(html)),
        "text/markdown": "\n\n".join([markdown_escaped(said), as_markdown(by_size), as_markdown(each)]) + "\n",
        "text/plain": "\n\n".join([said, as_text(by_size), as_text(each)]) + "\n",
    }
