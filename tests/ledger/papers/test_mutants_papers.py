"""Forms in detail: a code stands only where something differs, and every total is the sum of its column."""

from datetime import date

import pytest

from di_advisor.domain.events import Inheritance
from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers import Broker, Form1099B, form_8949, schedule_d
from di_advisor.ledger.papers.sold_lines import sold_lines
from di_advisor.ledger.realized import Term
from tests.ledger.papers.small_books import D, books_of, buy, opened, sell, washed_books


def one_sale(proceeds: object = 150, fees: object = 0) -> Books:
    return books_of(
        opened(), buy("L1", date(2025, 1, 6), 10, 100), sell("S1", date(2025, 6, 2), 10, proceeds, fees=fees)
    )


def test_a_1099_b_that_says_what_the_books_say_makes_no_code() -> None:
    form = Form1099B("S1", proceeds_usd=150, basis_usd=100, term=Term.SHORT)
    (row,) = form_8949(one_sale(), 2025, broker=Broker(forms=(form,))).rows
    assert (row.codes, row.adjustment_usd, row.gain_usd) == ("", D("0.00"), D("50.00"))


def test_a_1099_b_of_another_sale_is_named_and_one_that_fits_is_not() -> None:
    forms = (Form1099B("S1"), Form1099B("S9"))
    notes = form_8949(one_sale(), 2025, broker=Broker(forms=forms)).about.notes
    assert [n for n in notes if "1099-B" in n] == [
        "A 1099-B names sale S9, which is not among the sales of 2025.",
    ]


def test_one_1099_b_for_short_and_long_shares_is_refused_and_two_are_taken() -> None:
    books = books_of(
        opened(),
        buy("old", date(2023, 1, 6), 10, 100),
        buy("new", date(2025, 1, 6), 10, 100),
        sell("S1", date(2025, 6, 2), 20, 300),
    )
    with pytest.raises(InputError, match="covers short-term and long-term"):
        form_8949(books, 2025, broker=Broker(forms=(Form1099B("S1"),)))
    two = (Form1099B("S1", "old", basis_usd=90), Form1099B("S1", "new"))
    rows = form_8949(books, 2025, broker=Broker(forms=two)).rows
    assert [(r.part, r.lots, r.codes, r.adjustment_usd) for r in rows] == [
        ("I", "new", "", D("0.00")),
        ("II", "old", "B", D("-10.00")),
    ]


def test_lots_of_one_1099_b_are_one_row_with_all_their_shares_gains_and_losses_together() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2025, 1, 6), 10, 100),
        buy("L2", date(2025, 1, 7), 5, 100),
        sell("S1", date(2025, 6, 2), 15, 225),
    )
    (row,) = form_8949(books, 2025, broker=Broker(forms=(Form1099B("S1"),))).rows
    assert (row.description, row.acquired, row.lots) == ("15 sh. X", "VARIOUS", "L1; L2")
    assert (row.proceeds_usd, row.basis_usd, row.gain_usd) == (D("225.00"), D("200.00"), D("25.00"))


def test_names_are_those_asked_for() -> None:
    assert form_8949(one_sale(), 2025, names={"X": "Xerxes Inc"}).rows[0].description == "10 sh. Xerxes Inc"


def test_each_total_is_the_sum_of_its_columns_and_names_no_single_sale() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2025, 1, 6), 10, 100),
        buy("L2", date(2025, 1, 7), 10, 200, security="Y"),
        sell("S1", date(2025, 6, 2), 10, 150),
        sell("S2", date(2025, 6, 3), 10, 120, security="Y"),
        buy("R", date(2025, 6, 9), 5, 60, security="Y"),
    )
    form = form_8949(books, 2025)
    (total,) = form.totals
    assert (total.proceeds_usd, total.basis_usd) == (D("270.00"), D("300.00"))
    assert (total.adjustment_usd, total.washed_usd, total.gain_usd) == (D("40.00"), D("40.00"), D("10.00"))
    assert (total.acquired, total.codes, total.event_id, total.security_id, total.lots) == ("", "", "", "", "")
    assert (total.account_id, total.sold, total.provisional_until) == ("", None, None)
    box_a = schedule_d(form).rows[0]
    assert (box_a.line, box_a.proceeds_usd, box_a.basis_usd) == ("1b", D("270.00"), D("300.00"))
    assert (box_a.adjustment_usd, box_a.gain_usd) == (D("40.00"), D("10.00"))


def test_the_note_on_provisional_losses_stands_where_there_is_one_only() -> None:
    early, late = (form_8949(washed_books(day), 2025).about.notes for day in (date(2025, 7, 1), date(2025, 7, 2)))
    assert any("provisional" in n for n in early)
    assert not any("provisional" in n for n in late)


def test_schedule_d_stands_in_the_order_of_the_form_and_deducts_no_gain() -> None:
    form = form_8949(one_sale(), 2025)
    paper = schedule_d(form, gain_distributions_usd="12.34")
    assert [x.line for x in paper.rows] == ["1b", "2", "3", "6", "7", "8b", "9", "10", "13", "14", "15", "16", "21"]
    lines = {x.line: x.gain_usd for x in paper.rows}
    assert (lines["7"], lines["13"], lines["15"]) == (D("50.00"), D("12.34"), D("12.34"))
    assert (lines["16"], lines["21"]) == (D("62.34"), D("0.00"))
    assert str(lines["6"]) == str(lines["14"]) == "0.00"
    small = schedule_d(form, carryover_long_usd=100)
    assert small.rows[-1].gain_usd == D("-50.00")
    assert paper.about.title == "Schedule D, tax year 2025"
    limit = schedule_d(form, filing_status=FilingStatus.MARRIED_SEPARATE).about.notes[0]
    assert "1,500" in limit


def test_a_loss_that_is_washed_whole_leaves_not_a_cent() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2025, 1, 6), 3, "100.00"),
        sell("S1", date(2025, 6, 2), 1, "20.00"),
        sell("S2", date(2025, 6, 3), 1, "20.00"),
        buy("R", date(2025, 6, 9), 2, 60),
    )
    rows = form_8949(books, 2025).rows
    assert [r.gain_usd for r in rows] == [D("0.00"), D("0.00")]
    assert all(r.washed_usd == r.basis_usd - r.proceeds_usd for r in rows)


def test_lines_keep_shares_and_apart_what_gained_from_what_lost() -> None:
    books = books_of(
        opened(),
        Inheritance(
            event_id="I",
            on=date(2025, 3, 3),
            account_id="A",
            security_id="X",
            shares=5,
            value_at_death_usd=500,
            died_on=date(2025, 2, 3),
        ),
        buy("L1", date(2025, 1, 6), 10, 2000),
        sell("S1", date(2025, 6, 2), 15, 2250),
    )
    lines, missing = sold_lines(books, 2025)
    assert not missing
    assert [(x.root_id, x.acquired, x.term, x.shares) for x in lines] == [
        ("I", "INHERITED", Term.LONG, 5),
        ("L1", "2025-01-06", Term.SHORT, 10),
    ]
    assert [(x.proceeds_usd, x.basis_usd, x.gain_usd) for x in lines] == [
        (D("750.00"), D("500.00"), D("250.00")),
        (D("1500.00"), D("2000.00"), D("-500.00")),
    ]


@pytest.mark.parametrize(("proceeds", "gain"), [(200, "0.00"), (201, "0.50")])
def test_what_neither_gained_nor_lost_stands_apart_from_what_lost(proceeds: int, gain: str) -> None:
    """A loss of the day on which its lot was bought tacks no days: both halves of its replacement look alike."""
    books = books_of(
        opened(),
        buy("day", date(2025, 6, 2), 10, 120),
        sell("S1", date(2025, 6, 2), 10, 100),
        buy("R", date(2025, 6, 9), 20, 200),
        sell("S2", date(2025, 9, 1), 20, proceeds),
    )
    lines = [x for x in sold_lines(books, 2025)[0] if x.event_id == "S2"]
    assert sorted(x.gain_usd for x in lines) == [D(gain) - 20, D(gain)]
    assert {x.acquired for x in lines} == {"2025-06-09"}
