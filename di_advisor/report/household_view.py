"""A household's proposal for a notebook, a file and a terminal: who trades what, which account gave way, and why.

Decision: first what all accounts come to, then dollars by account that add up to the household's, returns, and who
gave way where one account would wash another's loss; every account unfolds with its own trades and reasons. Lots that
are given or moved stand beside it, with what the law lets them carry. Every text is escaped by the tables' writers.
Not tax advice, and each form says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from di_advisor.propose.household.moves import Donation, ToldMove
from di_advisor.propose.household.promised import promised_twice
from di_advisor.propose.household.proposal import HouseholdProposal
from di_advisor.propose.proposal import DISCLAIMER
from di_advisor.report.closing import closing_notes
from di_advisor.report.markup import as_html, escaped, folded, html_list
from di_advisor.report.sections import headline
from di_advisor.report.tables import Align, Cell, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.views import proposal_html
from di_advisor.report.wording import count_of, day, money, percent, printable, sentence_case, shares, signed, usd

__all__ = [
    "household_bundle",
    "household_html",
    "household_lead",
    "household_markdown",
    "household_page",
    "household_text",
]

_ZERO: Final = Decimal(0)
_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-household">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b></div>')
_PAGE: Final = Markup(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" '
    'content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
    "<title>{title}</title>\n<style>\n:root {{ color-scheme: light dark; }}\n"
    "body {{ font: 14px/1.5 system-ui, sans-serif; max-width: 1280px; margin: 0 auto; padding: 24px; }}\n"
    "table {{ font-size: 13px !important; }}\n.wide {{ overflow-x: auto; }}\n</style>\n</head>\n<body>\n"
    '<h1>{title}</h1>\n<p>{label}</p>\n<div class="wide">{body}</div>\n</body>\n</html>\n'
)


def household_lead(found: HouseholdProposal) -> str:
    """What all accounts come to, in a few sentences."""
    trades = sum(len(p.trade_list) for p in found.proposals.values())
    deed = f"{count_of(trades, 'trade')} in {count_of(len(found.proposals), 'account')}"
    parts = [f"{deed}, worth {usd(found.benefit_usd)} over doing nothing."]
    gain = found.gain_over_separate_usd
    if gain is not None and gain >= 1:
        parts.append(f"That is {usd(gain)} more than every account by itself.")
    if found.separate_washed_usd:
        parts.append(f"Proposed for separately, accounts would wash {usd(found.separate_washed_usd)} of losses.")
    if found.washes:
        washes = count_of(len(found.washes), "loss", "losses")
        parts.append(f"{washes} washed between accounts, at a cost of {usd(found.wash_cost_usd)}.")
    else:
        parts.append(f"None of these {len(found.proposals)} accounts washes another's loss.")
    return " ".join(parts)


def _by_account(found: HouseholdProposal) -> Table:
    """Dollars by account and term; adds up to the household's."""
    terms = list(found.terms_usd)

    def cells(change: dict[str, Decimal]) -> tuple[Cell, ...]:
        benefit = -sum(change.values(), _ZERO)
        return (*(signed(money(change.get(term, _ZERO))) for term in terms), signed(money(benefit)))

    rows = []
    for each in found.household.accounts:
        proposal = found.proposals[each.account_id]
        kind = f"{each.account.kind.value}, {each.owner}"
        rows.append((each.account_id, kind, f"{len(proposal.trade_list):,}", *cells(proposal.terms_usd)))
    if found.wash_cost_usd:
        rows.append(("wash sales", "what comes back later taken off", "", *cells({"wash sales": found.wash_cost_usd})))
    trades = sum(len(p.trade_list) for p in found.proposals.values())
    columns = (
        Column("Account"),
        Column("Whose"),
        Column("Trades", align=Align.RIGHT),
        *(Column(sentence_case(term), "$", Align.RIGHT) for term in terms),
        Column("Benefit", "$", Align.RIGHT),
    )
    total = ("Household", "", f"{trades:,}", *cells(found.terms_usd))
    return Table("By account: what each trades, and what that is worth", columns, tuple(rows), (total,))


def _returns(found: HouseholdProposal) -> Table:
    """What the proposals change on each return."""
    rows = tuple(
        (
            f.filer,
            signed(money(f.short_usd)),
            signed(money(f.long_usd)),
            signed(money(f.tax_usd)),
            percent(f.short_rate),
            percent(f.long_rate),
            "; ".join(f"{i} {signed(usd(v))}" for i, v in f.by_account_usd.items()),
        )
        for f in found.filers
    )
    columns = (
        Column("Return", align=Align.WHOLE),
        Column("Short-term gain", "$", Align.RIGHT),
        Column("Long-term gain", "$", Align.RIGHT),
        Column("Tax", "$", Align.RIGHT),
        Column("Next short-term", "%", Align.RIGHT),
        Column("Next long-term", "%", Align.RIGHT),
        Column("Tax by account"),
    )
    return Table("Returns: gains that count, the change of tax, and what the next dollar of gain costs", columns, rows)


def _decisions(found: HouseholdProposal) -> Table:
    """Who gave way in each group."""
    rows = tuple(
        (
            ", ".join(d.securities),
            "" if d.other_side_usd is None or d.other_side_usd == float("inf") else money(max(d.other_side_usd, 0.0)),
            d.sentence,
        )
        for d in found.decisions
    )
    columns = (Column("Names"), Column("Other way", "$ more", Align.RIGHT), Column("Who gave way, and why"))
    return Table("Where one account sells at a loss what another would buy", columns, rows)


def _washes(found: HouseholdProposal) -> Table:
    """Losses that the orders wash."""
    rows = tuple(
        (
            w.replacement_security_id,
            w.loss_account_id,
            w.replacement_account_id,
            shares(w.loss_shares),
            money(Decimal(repr(round(float(w.disallowed_usd), 2)))),
            "lost for good" if w.lost_for_good else "added to the basis of what was bought",
        )
        for w in found.washes
    )
    columns = (
        Column("Name"),
        Column("Sold in"),
        Column("Bought in"),
        Column("Shares", align=Align.RIGHT),
        Column("Loss", "$", Align.RIGHT),
        Column("What becomes of it"),
    )
    return Table("Losses that are washed, at a price", columns, rows)


def _donations(given: Sequence[Donation]) -> Table:
    """Lots to give to charity."""
    rows = tuple(
        (
            d.lot_id,
            d.account_id,
            d.security_id,
            shares(d.shares),
            money(d.value_usd),
            money(d.deduction_usd),
            money(d.advantage_usd),
        )
        for d in given
    )
    columns = (
        Column("Lot"),
        Column("Account"),
        Column("Name"),
        Column("Shares", align=Align.RIGHT),
        Column("Value", "$", Align.RIGHT),
        Column("Deduction", "$", Align.RIGHT),
        Column("Better than cash", "$", Align.RIGHT),
    )
    value, deduction = sum((d.value_usd for d in given), _ZERO), sum((d.deduction_usd for d in given), _ZERO)
    better = sum((d.advantage_usd for d in given), _ZERO)
    total = ("All", "", "", "", money(value), money(deduction), money(better))
    return Table("Lots to give to charity instead of cash", columns, rows, (total,))


def _moves(moves: Sequence[ToldMove]) -> Table:
    """Lots that move in kind."""
    rows = tuple((m.lot_id, m.from_account_id, m.to_account_id, shares(m.shares), m.sentence) for m in moves)
    columns = (
        Column("Lot"),
        Column("From"),
        Column("To"),
        Column("Shares", align=Align.RIGHT),
        Column("What it is, and what it carries"),
    )
    return Table("Lots that move without being sold", columns, rows)


def _tables(found: HouseholdProposal, given: Sequence[Donation], moves: Sequence[ToldMove]) -> list[Table]:
    tables = [_by_account(found), _returns(found), _decisions(found), _washes(found), _donations(given), _moves(moves)]
    return [t for t in tables if t.rows]


def _certified(found: HouseholdProposal) -> str:
    certificate = found.certificate
    value = sum((p.before.value_usd for p in found.proposals.values()), _ZERO)
    if certificate.gap_usd == float("inf"):
        return "Nothing is proved of all accounts together."
    return (
        f"No plans that keep all rules are better by more than {usd(certificate.gap_usd)} for all accounts together "
        f"(worth {usd(value)}): proved over {count_of(max(certificate.nodes, 1), 'way')} to say who "
        "sells at a loss and who buys."
    )


def _notes(found: HouseholdProposal, given: Sequence[Donation], moves: Sequence[ToldMove]) -> list[str]:
    return closing_notes((*promised_twice(found, given, moves), *found.notes))


def household_text(found: HouseholdProposal, *, given: Sequence[Donation] = (), moves: Sequence[ToldMove] = ()) -> str:
    """For a terminal."""
    accounts = [f"{i}: {headline(p)}" for i, p in found.proposals.items()]
    tables = [as_text(t) for t in _tables(found, given, moves)]
    parts = [
        household_lead(found),
        "\n".join(accounts),
        *tables,
        _certified(found),
        *_notes(found, given, moves),
        DISCLAIMER,
    ]
    return "\n\n".join(_printable(part) for part in parts) + "\n"


def _printable(text: str) -> str:
    """A text of several lines with its control characters made visible."""
    return "\n".join(printable(line) for line in text.split("\n"))


def household_html(found: HouseholdProposal, *, given: Sequence[Donation] = (), moves: Sequence[ToldMove] = ()) -> str:
    """For a notebook: tables, details, div; everything that came from a file is escaped.

    Parameters
    ----------
    found : HouseholdProposal
        What to show.
    given : sequence of Donation
        Lots to give to charity, shown beside it.
    moves : sequence of ToldMove
        Lots that move in kind, shown beside it.
    """
    accounts = [
        folded(f"{i}: {headline(proposal)}", Markup(proposal_html(proposal)))  # noqa: S704 - escaped by its writer
        for i, proposal in found.proposals.items()
    ]
    parts = [
        _LEAD.format(escaped(household_lead(found))),
        *(as_html(t) for t in _tables(found, given, moves)),
        *accounts,
        Markup('<div style="margin:4px 0">{}</div>').format(escaped(_certified(found))),
        html_list(_notes(found, given, moves)),
        Markup("<div><small>{}</small></div>").format(escaped(DISCLAIMER)),
    ]
    return str(_NO_FORMULAS.format(Markup("\n").join(parts)))


def household_markdown(
    found: HouseholdProposal, *, given: Sequence[Donation] = (), moves: Sequence[ToldMove] = ()
) -> str:
    """As GitHub Markdown, without the trades of each account."""
    parts = [f"### {markdown_escaped(household_lead(found))}"]
    parts += [as_markdown(t) for t in _tables(found, given, moves)]
    parts += [markdown_escaped(_certified(found)), *(f"- {markdown_escaped(n)}" for n in _notes(found, given, moves))]
    return "\n\n".join([*parts, f"*{DISCLAIMER}*"]) + "\n"


def household_page(
    found: HouseholdProposal,
    *,
    label: str = "",
    given: Sequence[Donation] = (),
    moves: Sequence[ToldMove] = (),
) -> str:
    """A page that stands alone: no network, no script, light and dark."""
    title = f"Household {found.household.name}, {day(found.as_of)}"
    body = Markup(household_html(found, given=given, moves=moves))  # noqa: S704 - escaped by its writer
    return str(_PAGE.format(title=escaped(title), label=escaped(label), body=body))


def household_bundle(found: HouseholdProposal) -> dict[str, str]:
    """In every form a notebook may want, by media type."""
    return {
        "text/html": household_html(found),
        "text/markdown": household_markdown(found),
        "text/plain": household_text(found),
    }
