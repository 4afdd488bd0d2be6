"""A closed tax year changes only where an amendment says so."""

from datetime import UTC, date, datetime

import pytest

from di_advisor.domain.events import (
    Buy,
    Correction,
    Deposit,
    Event,
    Exchange,
    Rights,
    Sell,
    Split,
    StockMerger,
    TaxTreatment,
    Worthless,
    YearAmended,
    YearClosed,
)
from di_advisor.errors import ClosedYearError, InputError
from di_advisor.ledger.closed_years import touched_year
from di_advisor.ledger.journal import Journal

NOW = datetime(2026, 4, 20, tzinfo=UTC)


def buy(event_id: str, on: date) -> Buy:
    return Buy(event_id=event_id, on=on, account_id="A", security_id="X", shares=1, amount_usd=1)


def closed(year: int, event_id: str = "closed") -> YearClosed:
    return YearClosed(event_id=event_id, on=date(year + 1, 4, 15), tax_year=year)


def amended(year: int) -> YearAmended:
    return YearAmended(event_id="amended", on=date(2026, 4, 20), tax_year=year, reason="late 1099-B")


def correction(corrects: str, replacement: Event | None = None) -> Correction:
    return Correction(event_id="c", on=date(2026, 4, 20), corrects=corrects, replacement=replacement, reason="wrong")


@pytest.fixture
def journal() -> Journal:
    """A journal in which 2024 is closed, though it also knows of 2025."""
    known = [buy("b24", date(2024, 5, 1)), buy("b25", date(2025, 5, 1)), closed(2024)]
    return Journal().append(known, recorded_at=NOW)[0]


REFUSED = {
    "the last day": [buy("n", date(2024, 12, 31))],
    "an earlier year": [buy("n", date(2019, 12, 31))],
    "a purchase that can wash a loss of December": [buy("n", date(2025, 1, 30))],
    "an amendment of a later year": [buy("n", date(2024, 6, 1)), amended(2025)],
    "what is voided": [correction("b24")],
    "what is put in the place of a later event": [correction("b25", buy("n", date(2024, 5, 1)))],
    "what takes an event out of the year": [correction("b24", buy("n", date(2025, 5, 1)))],
}
ALLOWED = {
    "a purchase after the window": [buy("n", date(2025, 1, 31))],
    "cash of January": [Deposit(event_id="n", on=date(2025, 1, 2), account_id="A", amount_usd=1)],
    "a correction of an open year": [correction("b25", buy("n", date(2025, 5, 2)))],
    "an amended year": [buy("n", date(2024, 6, 1)), amended(2024)],
    "a later year than the one amended": [buy("n", date(2024, 6, 1)), amended(2020)],
    "an amended correction": [correction("b24"), amended(2024)],
    "what is known already": [buy("b24", date(2024, 5, 1))],
    "closing the next year": [closed(2025, "closed 2025")],
    "opening the year again": [correction("closed")],
}


@pytest.mark.parametrize("batch", REFUSED.values(), ids=REFUSED)
def test_what_would_change_a_closed_year_is_refused(journal: Journal, batch: list[Event]) -> None:
    with pytest.raises(ClosedYearError, match=r"2024 was closed on 2025-04-15.*YearAmended for 20"):
        journal.append([buy("other", date(2026, 1, 31)), *batch], recorded_at=NOW)


@pytest.mark.parametrize("batch", ALLOWED.values(), ids=ALLOWED)
def test_what_changes_no_closed_year_or_says_so_is_recorded(journal: Journal, batch: list[Event]) -> None:
    longer, report = journal.append(batch, recorded_at=NOW)
    assert len(longer) == len(journal) + len(report.added)


def test_an_amendment_holds_for_its_own_batch_only(journal: Journal) -> None:
    journal, _ = journal.append([buy("n1", date(2024, 6, 1)), amended(2024)], recorded_at=NOW)
    with pytest.raises(ClosedYearError):
        journal.append([buy("n2", date(2024, 6, 2)), amended(2024)], recorded_at=NOW)


def test_a_year_that_was_opened_again_takes_events(journal: Journal) -> None:
    journal, _ = journal.append([correction("closed")], recorded_at=NOW)
    assert journal.closed_through is None
    assert len(journal.append([buy("n", date(2024, 6, 1))], recorded_at=NOW)[0]) == len(journal) + 1


def test_history_and_its_closings_can_come_in_one_batch() -> None:
    batch = [closed(2024), buy("b24", date(2024, 5, 1)), closed(2023, "closed 2023")]
    journal, _ = Journal().append(batch, recorded_at=NOW)
    assert journal.closed_through == 2024


def test_a_second_report_of_a_known_action_changes_no_closed_year() -> None:
    def split(event_id: str) -> Split:
        return Split(
            event_id=event_id,
            on=date(2024, 6, 10),
            source=f"vendor of {event_id}",
            security_id="X",
            tax_treatment=TaxTreatment.SPLIT,
            new_per_old=2,
        )

    journal, _ = Journal().append([split("s1"), closed(2024)], recorded_at=NOW)
    _, report = journal.append([split("s2")], recorded_at=NOW)
    assert report.repeated_actions == ("s2",)


def test_the_year_that_an_event_touches_is_the_earliest_it_can_change() -> None:
    january = date(2025, 1, 30)
    action = {"event_id": "e", "on": january, "source": "8937", "security_id": "X"}
    taxable = StockMerger(**action, tax_treatment="taxable", new_security_id="Y", new_per_old=1, value_per_new_usd=1)
    free = StockMerger(**action, tax_treatment="tax_free", new_security_id="Y", new_per_old=1)
    rights = Rights(
        **action,
        tax_treatment="tax_free",
        rights_security_id="Y",
        new_per_old=1,
        value_per_old_usd=1,
        value_per_right_usd=1,
    )
    tender = Exchange(
        **action,
        account_id="A",
        shares=1,
        tax_treatment="taxable",
        new_security_id="Y",
        new_per_old=1,
        value_per_new_usd=1,
    )
    sale = Sell(event_id="e", on=january, account_id="A", security_id="X", shares=1, amount_usd=1)
    gone = Worthless(**{**action, "on": date(2024, 3, 1)}, tax_treatment="worthless")
    years = [
        touched_year(e) for e in (taxable, free, rights, tender, sale, gone, amended(2020), buy("b", date(1800, 1, 1)))
    ]
    assert years == [2024, 2025, 2024, 2024, 2025, 2024, None, 1799]


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2026, 1, 30)])
def test_a_year_cannot_be_closed_while_its_losses_can_still_be_washed(on: date) -> None:
    with pytest.raises(InputError, match="purchases until 2026-01-30 can still wash losses of 2025"):
        YearClosed(event_id="y", on=on, tax_year=2025)


@pytest.mark.parametrize("year", ["2025", 0, 9999, True, 2025.0])
def test_a_tax_year_is_a_calendar_year(year: object) -> None:
    with pytest.raises(InputError, match="calendar year"):
        YearClosed(event_id="y", on=date(2026, 4, 15), tax_year=year)
