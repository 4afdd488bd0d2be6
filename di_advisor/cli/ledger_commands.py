"""``di-advisor ledger``: record events, show the books, print the papers of a year, check the store.

Problem: the books decide taxes, so a terminal must say what was recorded and what is not final.
Decision: nothing is recorded unless the books come out; figures in cents; losses that a purchase
may still wash, fractions that await cash and bases that are not known are named every time.
"""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
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
    from di_advisor.report.books_view import books_text

    with _opened(arguments) as ledger:
        books = ledger.books(_as_of(arguments))
    screen.show(books_text(books))


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


def _show_notices(books: Books, screen: Screen) -> None:
    for notice in books.notices[:_MOST_NOTICES]:
        screen.note(notice.sentence)
    more = len(books.notices) - _MOST_NOTICES
    if more > 0:
        screen.note(f"and {more} more notices of this kind.")
