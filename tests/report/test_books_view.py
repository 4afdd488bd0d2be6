"""Books and papers inline: figures, scope, and names that are no markup."""

from datetime import date

from di_advisor.domain.events import Buy, OpenAccount, Sell, TransferIn
from di_advisor.ledger.papers import form_8949
from di_advisor.ledger.replay import replay
from di_advisor.report.books_view import books_html, books_markdown, books_text, paper_view_html, paper_view_text

NASTY = "<img src=x onerror=alert(1)>\x1b[2J"


def some_books(name: str = "X"):
    day = date(2025, 1, 2)
    return replay(
        [
            OpenAccount(event_id="o", on=day, account_id="A"),
            Buy(event_id="b", on=day, account_id="A", security_id=name, shares=10, amount_usd="1000.00"),
            Sell(event_id="s", on=date(2025, 6, 2), account_id="A", security_id=name, shares=4, amount_usd="350.00"),
            TransferIn(
                event_id="t",
                on=day,
                account_id="A",
                security_id="Y",
                shares=1,
                basis_total_usd=None,
                acquired=date(2020, 1, 2),
            ),
        ],
        as_of=date(2025, 6, 30),
    )


def test_every_view_shows_positions_years_scope_and_what_is_not_known():
    books = some_books()
    for shown in (books_html(books), books_text(books)):
        for part in ("600.00", "50.00", "not known", "Accounts seen: A (taxable).", "Not tax advice"):
            assert part in shown
    assert "-50.00" in books_markdown(books)


def test_books_that_hold_nothing_say_so_instead_of_showing_an_empty_table():
    opened = OpenAccount(event_id="o", on=date(2025, 1, 2), account_id="A")
    books = replay([opened], as_of=date(2025, 6, 30))
    for shown in (books_html(books), books_text(books)):
        assert "Held: nothing." in shown
        assert "Basis" not in shown


def test_names_from_files_are_never_markup_or_control_characters():
    books = some_books(NASTY)
    for shown in (books_html(books), paper_view_html(form_8949(books, 2025))):
        assert "<img" not in shown
        assert "&lt;img" in shown
    for shown in (books_text(books), paper_view_text(form_8949(books, 2025))):
        assert "\x1b" not in shown


def test_a_paper_folds_what_is_too_long_and_says_that_it_is_no_advice():
    day = date(2025, 1, 2)
    events = [OpenAccount(event_id="o", on=day, account_id="A")]
    for n in range(20):
        what = {"account_id": "A", "security_id": f"N{n}", "shares": 1}
        events += [Buy(event_id=f"b{n}", on=day, amount_usd=100, **what)]
        events += [Sell(event_id=f"s{n}", on=date(2025, 3, 3), amount_usd=90, **what)]
    shown = paper_view_html(form_8949(replay(events, as_of=date(2025, 12, 31)), 2025))
    assert "<details" in shown
    assert "The other 8 rows" in shown
    assert "Not tax advice" in shown
