"""``di-advisor ledger``: record events, show the books, print the papers of a year, check the store.

Problem: the books decide taxes, so a terminal must say what was recorded and what is not final.
Decision: nothing is recorded unless the books come out; figures in cents; losses that a purchase
may still wash, fractions that await cash and bases that are not known are named every time.
"""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from di_advisor.cli.outputs import write_all
from di_advisor.cli.screen import Screen
from di_advisor.domain.cells import EXCHANGE_ZONE

if TYPE_CHECKING:
    from di_advisor.ledger.books import Books
    from di_advisor.ledger.ledger import Ledger
    from di_advisor.ledger.papers import Paper

__all__ = ["check", "papers", "record", "show"]

_MOST_NOTICES = 10


def record(arguments: argparse.Namespace, screen: Screen) -> None:
    """Record the events of a file, all or none."""
    from di_advisor.registry import ledger_reader

    reader = ledger_reader(
        "csv",
        encoding=arguments.encoding,
        delimiter=arguments.delimiter,
        decimal_mark=arguments.decimal_mark,
        date_format=arguments.date_format,
    )
    now = datetime.now(UTC)  # noqa: TID251  # here, at the rim, now becomes an argument
    as_of = arguments.as_of or now.astimezone(EXCHANGE_ZONE).date()
    with screen.noting_warnings():
        if arguments.opening_lots:
            events = reader.opening_lots(arguments.file, as_of=as_of, account_id=arguments.account)
        else:
            read = reader.events(arguments.file, as_of=as_of, account_id=arguments.account, partial=arguments.partial)
            events = read.events
            for error in read.errors:
                screen.note(f"left out: {error}")
    with _opened(arguments) as ledger:
        report = ledger.record(events, recorded_at=now, batch=arguments.file.name)
        screen.show(f"{arguments.ledger}, {arguments.taxpayer}: {report.sentence}.")
        _show_notices(ledger.books(as_of), screen)


def show(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show holdings, gains by year, and what is not final or not known."""
    with _opened(arguments) as ledger:
        books = ledger.books(_as_of(arguments))
    screen.show(f"Books of {books.taxpayer} on {books.as_of}. {books.scope} Not tax advice.")
    screen.show(f"\n  {'account':<16} {'security':<16} {'lots':>5} {'shares':>16} {'adjusted basis USD':>20}")
    held: dict[tuple[str, str], list[Fraction | None]] = {}
    shares: dict[tuple[str, str], Fraction] = {}
    for b in books.lots:
        key = (b.lot.account_id, b.lot.security_id)
        basis = None if b.lot.basis_total_usd is None else Fraction(b.lot.basis_total_usd)
        held.setdefault(key, []).append(basis)
        shares[key] = shares.get(key, Fraction(0)) + Fraction(b.lot.shares)
    for (account, security), bases in held.items():
        known = [b for b in bases if b is not None]
        total = f"{float(sum(known, Fraction(0))):,.2f}" if len(known) == len(bases) else "not known"
        name = books.tickers.get(security, security)
        screen.show(
            f"  {account:<16} {name:<16} {len(bases):>5} {float(shares[account, security]):>16,.4f} {total:>20}"
        )
    _show_years(books, screen)
    _show_notices(books, screen)


def papers(arguments: argparse.Namespace, screen: Screen) -> None:
    """Write the papers of a tax year as CSV and HTML, all files or none."""
    from di_advisor.ledger.papers import form_8949, lots_statement, schedule_d, wash_report, year_summary
    from di_advisor.report.paper_csv import paper_csv
    from di_advisor.report.paper_page import paper_html

    with _opened(arguments) as ledger:
        books = ledger.books(_as_of(arguments))
    year = arguments.year
    form = form_8949(books, year)
    made: dict[str, Paper[Any]] = {
        f"form_8949_{year}": form,
        f"schedule_d_{year}": schedule_d(form),
        f"wash_sales_{year}": wash_report(books, year),
        f"year_summary_{year}": year_summary(books, year),
        f"lots_{books.as_of}": lots_statement(books),
    }
    texts: dict[str, str] = {}
    missing: dict[str, None] = {}
    for name, paper in made.items():
        texts[f"{name}.csv"] = paper_csv(paper)
        texts[f"{name}.html"] = paper_html(paper)
        missing.update(dict.fromkeys(m.sentence for m in paper.about.missing))
    for path in write_all(arguments.out, texts):
        screen.show(str(path))
    for sentence in missing:
        screen.note(f"not complete: {sentence}")


def check(arguments: argparse.Namespace, screen: Screen) -> None:
    """Read every entry from disk and check it."""
    from di_advisor.ledger.store import Store

    with Store.open(arguments.ledger) as store:
        counts = store.check()
    for taxpayer, count in counts.items():
        screen.show(f"{taxpayer}: {count} entries, each as it was recorded")
    if not counts:
        screen.show("The store holds no journal.")


def _opened(arguments: argparse.Namespace) -> Ledger:
    from di_advisor.ledger.ledger import Ledger

    return Ledger.open(arguments.ledger, arguments.taxpayer)


def _as_of(arguments: argparse.Namespace) -> date:
    today = datetime.now(EXCHANGE_ZONE).date()  # noqa: TID251  # here, at the rim, today becomes an argument
    return arguments.as_of or today


def _show_years(books: Books, screen: Screen) -> None:
    years = sorted({r.sold.year for r in books.realized if r.taxed})
    if not years:
        return
    titles = ("year", "short-term", "long-term", "disallowed", "lost for good", "provisional")
    screen.show("\n  {:<6} {:>16} {:>16} {:>16} {:>16} {:>16}   USD".format(*titles))
    for year in years:
        pieces = [r for r in books.realized_in(year) if r.known]
        sums = [
            sum((r.recognized_usd for r in pieces if r.term.value == "short"), Fraction(0)),
            sum((r.recognized_usd for r in pieces if r.term.value == "long"), Fraction(0)),
            sum((r.disallowed_usd for r in pieces), Fraction(0)),
            sum((r.lost_for_good_usd for r in pieces), Fraction(0)),
            sum((r.recognized_usd for r in pieces if r.provisional(books.as_of)), Fraction(0)),
        ]
        screen.show(f"  {year:<6} " + " ".join(f"{float(s):>16,.2f}" for s in sums))
        left_out = len(books.realized_in(year)) - len(pieces)
        if left_out:
            screen.note(f"{left_out} sales of {year} are not in these sums: their basis is not known.")


def _show_notices(books: Books, screen: Screen) -> None:
    for notice in books.notices[:_MOST_NOTICES]:
        screen.note(notice.sentence)
    more = len(books.notices) - _MOST_NOTICES
    if more > 0:
        screen.note(f"and {more} more notices of this kind.")
