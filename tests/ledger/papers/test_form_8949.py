"""Form 8949, Schedule D, wash-sale report and year summary agree to the cent, whatever was traded."""

from datetime import date

import pytest

from di_advisor.domain.events import (
    Inheritance,
    ReturnOfCapital,
    TaxTreatment,
    TransferIn,
    Worthless,
)
from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.papers import (
    Broker,
    Form1099B,
    Paper,
    Reported,
    form_8949,
    schedule_d,
    wash_report,
    year_summary,
)
from di_advisor.ledger.realized import Term
from tests.ledger.papers.small_books import D, books_of, buy, opened, sell, washed_books


def test_a_partly_washed_sale_is_one_row_with_code_w_and_a_positive_adjustment() -> None:
    form = form_8949(washed_books(), 2025)
    (row,) = form.rows
    assert (row.part, row.box, row.description, row.acquired) == ("I", "A", "100 sh. X", "2025-01-06")
    assert (row.proceeds_usd, row.basis_usd, row.codes) == (D("4000.00"), D("5000.00"), "W")
    assert (row.adjustment_usd, row.gain_usd) == (D("700.00"), D("-300.00"))
    (total,) = form.totals
    assert (total.description, total.gain_usd) == ("Total of box A", D("-300.00"))


def test_the_wash_report_cites_the_rule_and_says_what_is_lost_for_good() -> None:
    report = wash_report(washed_books(), 2025)
    ira, own = report.rows
    assert (ira.disallowed_usd, ira.lost_for_good, ira.went_to) == (D("400.00"), True, "lost for good")
    assert "2008-5" in ira.rule
    assert (own.disallowed_usd, own.went_to) == (D("300.00"), "basis of lot L2")
    assert own.rule.startswith("26 USC 1091")
    assert report.about.scope == "Accounts seen: A (taxable), IRA (ira)."


def test_a_loss_is_provisional_until_thirty_days_have_passed() -> None:
    early = form_8949(washed_books(date(2025, 7, 1)), 2025)
    assert early.rows[0].provisional_until == date(2025, 7, 2)
    assert any("until 2025-07-02" in note for note in wash_report(washed_books(date(2025, 7, 1)), 2025).about.notes)
    assert form_8949(washed_books(date(2025, 7, 2)), 2025).rows[0].provisional_until is None


def test_every_paper_says_that_it_is_no_tax_advice_and_which_settings_and_accounts_it_rests_on() -> None:
    books = washed_books()
    form = form_8949(books, 2025)
    papers: list[Paper[object]] = [form, schedule_d(form), wash_report(books, 2025), year_summary(books, 2025)]
    for paper in papers:
        printed = dict(paper.about.lines())
        assert printed["disclaimer"] == "Not tax advice."
        assert printed["scope"].startswith("Accounts seen: A (taxable), IRA")
        assert printed["setting sold_replacement"] == "counts"
        assert printed["setting identical_groups"] == "unclear|as_identical"


def test_a_replacement_held_short_is_long_term_where_its_days_carry_over() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2023, 1, 3), 10, 1000),
        sell("S1", date(2025, 2, 3), 10, 800),
        buy("L2", date(2025, 2, 10), 10, 790),
        sell("S2", date(2025, 8, 1), 10, 1200),
    )
    loss, gain = form_8949(books, 2025).rows
    assert (loss.part, loss.gain_usd) == ("II", D("0.00"))
    assert (gain.part, gain.basis_usd, gain.gain_usd) == ("II", D("990.00"), D("210.00"))
    assert gain.acquired == "2023-01-10"


def test_inherited_shares_say_so_and_combined_lots_say_various() -> None:
    books = books_of(
        opened(),
        Inheritance(
            event_id="I",
            on=date(2025, 3, 3),
            account_id="A",
            security_id="Y",
            shares=5,
            value_at_death_usd=500,
            died_on=date(2025, 2, 3),
        ),
        sell("S0", date(2025, 4, 1), 5, 600, security="Y"),
        buy("L1", date(2024, 12, 2), 10, 100),
        buy("L2", date(2025, 1, 2), 10, 100),
        buy("L3", date(2025, 1, 3), 10, 300),
        sell("S1", date(2025, 5, 1), 30, 600),
    )
    combined = form_8949(books, 2025, combine_lots=True).rows
    assert [(r.box, r.acquired, r.gain_usd) for r in combined] == [
        ("A", "VARIOUS", D("200.00")),
        ("A", "2025-01-03", D("-100.00")),
        ("D", "INHERITED", D("100.00")),
    ]
    assert combined[0].lots == "L1; L2"
    apart = form_8949(books, 2025).rows
    assert len(apart) == 4
    assert sum(r.gain_usd for r in apart) == sum(r.gain_usd for r in combined)


def test_a_wrong_basis_on_the_1099_b_and_a_wash_make_code_bw() -> None:
    form = Form1099B("S1", "L1", basis_usd=4500)
    (row,) = form_8949(washed_books(), 2025, broker=Broker(forms=(form,))).rows
    assert (row.codes, row.basis_usd, row.adjustment_usd, row.gain_usd) == (
        "BW",
        D("4500.00"),
        D("200.00"),
        D("-300.00"),
    )


def test_a_basis_that_the_irs_does_not_know_is_shown_right_with_code_b_and_no_adjustment_for_it() -> None:
    form = Form1099B("S1", basis_to_irs=False, basis_usd=4500)
    (row,) = form_8949(washed_books(), 2025, broker=Broker(forms=(form,))).rows
    assert (row.box, row.codes, row.basis_usd, row.adjustment_usd) == ("B", "BW", D("5000.00"), D("700.00"))


def test_selling_expenses_that_the_1099_b_leaves_out_make_code_e_and_a_wrong_term_code_t() -> None:
    books = books_of(opened(), buy("L1", date(2025, 1, 6), 10, 100), sell("S1", date(2025, 6, 2), 10, 150, fees="4.95"))
    form = Form1099B("S1", proceeds_usd=150, term=Term.LONG)
    (row,) = form_8949(books, 2025, broker=Broker(forms=(form,))).rows
    assert (row.part, row.codes, row.proceeds_usd) == ("I", "ET", D("150.00"))
    assert (row.adjustment_usd, row.gain_usd) == (D("-4.95"), D("45.05"))


def test_a_1099_b_with_less_proceeds_than_the_books_is_refused() -> None:
    with pytest.raises(InputError, match=r"3900\.00 USD, and the books 4000\.00"):
        form_8949(washed_books(), 2025, broker=Broker(forms=(Form1099B("S1", proceeds_usd=3900),)))


def test_boxes_follow_what_each_account_reports_and_what_no_broker_does() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2025, 1, 6), 10, 10),
        buy("W1", date(2025, 1, 7), 10, 100, security="W"),
        ReturnOfCapital(
            event_id="roc",
            on=date(2025, 3, 3),
            security_id="X",
            tax_treatment=TaxTreatment.RETURN_OF_CAPITAL,
            source="letter",
            amount_per_share_usd=2,
        ),
        Worthless(
            event_id="gone",
            on=date(2025, 3, 4),
            security_id="W",
            tax_treatment=TaxTreatment.WORTHLESS,
            source="letter",
        ),
        sell("S1", date(2025, 6, 2), 10, 150),
    )
    broker = Broker(by_account={"A": Reported.NO_BASIS})
    rows = {r.event_id: r for r in form_8949(books, 2025, broker=broker).rows}
    assert {event_id: row.box for event_id, row in rows.items()} == {"S1": "B", "roc": "C", "gone": "C"}
    assert rows["gone"].description == "10 sh. W (worthless)"
    assert rows["gone"].sold == date(2025, 12, 31)
    assert rows["roc"].description == "X (return of capital above basis)"


def test_schedule_d_nets_by_term_with_carryovers_and_limits_the_loss() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2024, 1, 8), 100, 10000),
        sell("S1", date(2025, 6, 2), 100, 9000),
        buy("L2", date(2025, 1, 8), 100, 1000),
        sell("S2", date(2025, 8, 4), 100, 1400),
    )
    form = form_8949(books, 2025)
    lines = {x.line: x.gain_usd for x in schedule_d(form, carryover_short_usd=3000, carryover_long_usd="500.55").rows}
    assert lines["1b"] == D("400.00")
    assert lines["6"] == D("-3000.00")
    assert lines["7"] == D("-2600.00")
    assert lines["8b"] == D("-1000.00")
    assert lines["15"] == D("-1500.55")
    assert lines["16"] == D("-4100.55")
    assert lines["21"] == D("-3000.00")
    apart = schedule_d(form, carryover_short_usd=3000, filing_status=FilingStatus.MARRIED_SEPARATE)
    assert apart.rows[-1].gain_usd == D("-1500.00")
    with pytest.raises(InputError, match="positive"):
        schedule_d(form, carryover_short_usd=-3000)


def test_a_basis_or_date_that_is_not_known_is_named_and_stands_in_no_row() -> None:
    books = books_of(
        opened(),
        TransferIn(
            event_id="T1",
            on=date(2025, 1, 2),
            account_id="A",
            security_id="X",
            shares=10,
            basis_total_usd=None,
            acquired=date(2024, 1, 2),
        ),
        TransferIn(
            event_id="T2",
            on=date(2025, 1, 2),
            account_id="A",
            security_id="Y",
            shares=10,
            basis_total_usd=100,
            acquired=None,
        ),
        sell("S1", date(2025, 6, 2), 10, 150),
        sell("S2", date(2025, 6, 2), 10, 150, security="Y"),
    )
    form = form_8949(books, 2025)
    assert form.rows == ()
    assert [(m.what, m.lot_id) for m in form.about.missing] == [("basis", "T1"), ("term", "T2")]
    with pytest.raises(IncompleteDataError, match="basis of lot T1"):
        form.complete()
    with pytest.raises(IncompleteDataError):
        schedule_d(form).complete()
    assert year_summary(books, 2025).about.missing == form.about.missing
