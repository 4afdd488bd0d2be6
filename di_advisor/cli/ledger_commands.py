"""``di-advisor ledger``: record events, show the books, print the papers of a year, check the store.

Problem: the books decide taxes, so a terminal must say what was recorded and what is not final.
Decision: nothing is recorded unless the books come out; figures in cents; losses that a purchase
may still wash, fractions that await cash and bases that are not known are named every time. Only
``record`` makes a ledger; the others refuse a path or a taxpayer that is mistyped, and make nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from di_advisor.cli.notation_options import notation_of
from di_advisor.cli.outputs import write_all
from di_advisor.cli.screen import Screen
from di_advisor.domain.cells import EXCHANGE_ZONE
from di_advisor.domain.events import FIRST_YEAR, Event, OpenAccount
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import InputError, PluginError

if TYPE_CHECKING:
    from di_advisor.ledger.books import Books
    from di_advisor.ledger.ledger import Ledger
    from di_advisor.ledger.papers import Paper
    from di_advisor.ledger.store import Store

__all__ = ["check", "papers", "record", "show"]

_MOST_NOTICES = 10


def record(arguments: argparse.Namespace, screen: Screen) -> None:
    """Record the events of a file, all or none."""
    from di_advisor.ledger.ledger import Ledger

    now = datetime.now(UTC)  # noqa: TID251  # here, at the rim, now becomes an argument
    as_of = arguments.as_of or now.astimezone(EXCHANGE_ZONE).date()
    with screen.noting_warnings():
        events = _events(arguments, as_of, screen)
    made = not _exists(arguments.ledger)
    with Ledger.open(arguments.ledger, arguments.taxpayer) as ledger:
        if made:
            screen.note(f"made a new ledger: {_shown(arguments.ledger)}")
        with _naming_the_column(ledger, events):
            report = ledger.record(events, recorded_at=now, batch=arguments.file.name)
        screen.show(f"{_shown(arguments.ledger)}, {arguments.taxpayer}: {report.sentence}.")
        _show_notices(ledger.books(as_of), screen)


def _events(arguments: argparse.Namespace, as_of: date, screen: Screen) -> tuple[Event, ...]:
    """Events of the file, by the reader of whoever wrote it."""
    from di_advisor.ports import OpeningLotsReader
    from di_advisor.registry import ledger_reader, portfolio_reader

    settings = notation_of(arguments)
    if arguments.opening_lots and arguments.broker != "csv":
        broker = portfolio_reader(arguments.broker, **settings)
        if not isinstance(broker, OpeningLotsReader):
            raise PluginError(f"The reader {arguments.broker} gives no opening lots.", hint="Choose another --broker.")
        return broker.opening_lots(arguments.file, as_of=as_of, account_id=arguments.account)
    reader = ledger_reader(arguments.broker, **settings)
    if arguments.opening_lots:
        return reader.opening_lots(arguments.file, as_of=as_of, account_id=arguments.account)
    read = reader.events(arguments.file, as_of=as_of, account_id=arguments.account, partial=arguments.partial)
    for error in read.errors:
        screen.note(f"left out: {error}")
    return read.events


def show(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show holdings, gains by year, and what is not final or not known."""
    from di_advisor.report.books_view import books_text

    books = _books(arguments)
    screen.show(books_text(books))


def papers(arguments: argparse.Namespace, screen: Screen) -> None:
    """Write the papers of a tax year as CSV and HTML, all files or none."""
    from di_advisor.ledger.papers import form_8949, lots_statement, schedule_d, wash_report, year_summary
    from di_advisor.report.paper_csv import paper_csv
    from di_advisor.report.paper_page import paper_html

    year = arguments.year
    _refuse_year(year, _as_of(arguments))
    books = _books(arguments)
    form = form_8949(books, year)
    filed = schedule_d(
        form,
        filing_status=arguments.filing_status,
        carryover_short_usd=arguments.carryover_short_usd,
        carryover_long_usd=arguments.carryover_long_usd,
    )
    made: dict[str, Paper[Any]] = {
        f"form_8949_{year}": form,
        f"schedule_d_{year}": filed,
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
    if not books.realized_in(year):
        screen.note(f"no sale of {year} counts for tax in these books.")
    for sentence in missing:
        screen.note(f"not complete: {sentence}")


def check(arguments: argparse.Namespace, screen: Screen) -> None:
    """Read every entry from disk and check it."""
    with _store(arguments.ledger) as store:
        counts = store.check()
    for taxpayer, count in counts.items():
        screen.show(f"{taxpayer}: {count} entries, each as it was recorded")
    if not counts:
        screen.show("The store holds no journal.")


def _exists(where: str) -> bool:
    """Whether there is such a file; of a database only its server can tell, which refuses unknown ones."""
    from di_advisor.ledger.store.address import Address

    path = Address.parse(where).path
    return path is None or path.exists()


def _shown(where: str) -> str:
    """The address as it was given, without a password that stands in it."""
    from di_advisor.ledger.store.address import Address

    return Address.parse(where).shown if "://" in where else where


def _store(where: str) -> Store:
    from di_advisor.ledger.store import Store

    if not _exists(where):
        raise InputError(
            f"There is no ledger at {where}; none was made.",
            hint="Correct the path, or make one: di-advisor ledger record FILE --ledger PATH.",
        )
    return Store.open(where)


def _books(arguments: argparse.Namespace) -> Books:
    from di_advisor.ledger.ledger import Ledger

    with _store(arguments.ledger) as store:
        known = store.taxpayers()
        if arguments.taxpayer not in known:
            raise InputError(
                f"The ledger {_shown(arguments.ledger)} holds no journal of the taxpayer {arguments.taxpayer!r}.",
                hint=f"Give --taxpayer; it holds: {', '.join(known)}."
                if known
                else "It holds none yet: record a file first.",
            )
        return Ledger(arguments.taxpayer, store=store).books(_as_of(arguments))


@contextmanager
def _naming_the_column(ledger: Ledger, events: Iterable[Event]) -> Iterator[None]:
    """Where events are refused because nobody opened their account, say which column of the file opens it."""
    try:
        yield
    except InputError as e:
        account = e.facts.get("account_id")
        known = (*ledger.journal.effective(), *events)
        if account is None or any(isinstance(x, OpenAccount) and x.account_id == account for x in known):
            raise
        raise InputError(
            e.what,
            hint=f"In one row of account {account}, fill the column account_kind ({', '.join(AccountKind)}).",
            account_id=account,
        ) from e


def _refuse_year(year: int, as_of: date) -> None:
    if not FIRST_YEAR <= year <= as_of.year:
        raise InputError(
            f"{year} is no tax year of books that go to {as_of}.",
            hint=f"Give the calendar year with four digits, {as_of.year} at the latest; --as-of moves the day.",
        )


def _as_of(arguments: argparse.Namespace) -> date:
    today = datetime.now(EXCHANGE_ZONE).date()  # noqa: TID251  # here, at the rim, today becomes an argument
    return arguments.as_of or today


def _show_notices(books: Books, screen: Screen) -> None:
    for notice in books.notices[:_MOST_NOTICES]:
        screen.note(notice.sentence)
    more = len(books.notices) - _MOST_NOTICES
    if more > 0:
        screen.note(f"and {more} more notices of this kind.")
