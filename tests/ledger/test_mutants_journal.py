"""What a changed sign, bound or default in the journal and the ledger would break, case by case."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from di_advisor.domain.events import (
    Buy,
    Correction,
    Event,
    LotChoice,
    LotMethod,
    LotShares,
    OpenAccount,
    Sell,
    YearAmended,
    YearClosed,
)
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import ClosedYearError, InputError
from di_advisor.ledger.closed_years import refuse_closed_years
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.journal import Journal
from di_advisor.ledger.ledger import Ledger
from di_advisor.ledger.policies import LedgerPolicies, SpouseReplacement

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPEN = OpenAccount(event_id="open", on=date(2020, 1, 2), account_id="A")
SPOUSE = OpenAccount(event_id="open S", on=date(2020, 1, 2), account_id="S", kind=AccountKind.SPOUSE)


def buy(event_id: str, on: date, account: str = "A", security: str = "X") -> Buy:
    return Buy(event_id=event_id, on=on, account_id=account, security_id=security, shares=10, amount_usd=1000)


def sell(event_id: str, on: date, choice: LotChoice | None = None) -> Sell:
    return Sell(
        event_id=event_id,
        on=on,
        account_id="A",
        security_id="X",
        shares=10,
        amount_usd=900,
        choice=choice or LotChoice(),
    )


@pytest.mark.parametrize("kept", ["memory", "file"])
def test_a_ledger_books_by_its_own_settings_and_groups(kept: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "policies": LedgerPolicies(spouse_replacement=SpouseReplacement.LOST),
        "groups": IdenticalGroups({"X": "g", "Y": "g"}),
    }
    made = Ledger("ann", **settings) if kept == "memory" else Ledger.open(tmp_path / "b.db", "ann", **settings)
    with made as ledger:
        events: list[Event] = [OPEN, SPOUSE, buy("b", date(2025, 1, 2)), sell("s", date(2025, 6, 2))]
        ledger.record([*events, buy("r", date(2025, 6, 9), "S", "Y")], recorded_at=NOW)
        books = ledger.books(date(2025, 12, 31))
    assert (books.taxpayer, books.lost_for_good_usd) == ("ann", 100)


def test_leaving_a_ledger_closes_its_store_once() -> None:
    class Counted:
        closed = 0

        def close(self) -> None:
            self.closed += 1

    store = Counted()
    with Ledger("ann", store=cast("Any", store)):
        assert store.closed == 0
    assert store.closed == 1


def test_a_sale_whose_lots_were_named_can_still_be_voided() -> None:
    ledger = Ledger("ann")
    named = LotChoice(LotMethod.SPECIFIC, (LotShares("b"),), chosen_on=date(2025, 6, 2))
    ledger.record([OPEN, buy("b", date(2025, 1, 2)), sell("s", date(2025, 6, 2), named)], recorded_at=NOW)
    void = Correction(event_id="c", on=date(2025, 7, 1), corrects="s", replacement=None, reason="never happened")
    ledger.record([void], recorded_at=NOW)
    assert ledger.books(date(2026, 1, 1)).realized == ()


def test_a_trade_of_the_day_on_which_it_is_recorded_is_taken_and_one_of_the_next_day_not() -> None:
    ledger = Ledger("ann")
    ledger.record([OPEN, buy("today", NOW.date())], recorded_at=NOW)
    with pytest.raises(InputError, match="dated 2026-03-03, after 2026-03-02"):
        ledger.record([buy("tomorrow", date(2026, 3, 3))], recorded_at=NOW)


def test_a_batch_is_recorded_with_amendments_first_and_closings_last() -> None:
    closed = YearClosed(event_id="a closing", on=date(2020, 2, 15), tax_year=2019)
    amended = YearAmended(event_id="z amendment", on=date(2026, 1, 1), tax_year=2019, reason="found")
    journal, _ = Journal().append([closed, buy("b", date(2025, 1, 2)), OPEN, amended], recorded_at=NOW)
    assert [e.event.event_id for e in journal.entries] == ["z amendment", "open", "b", "a closing"]


def test_a_journal_whose_first_entry_is_gone_says_which_one_was_expected() -> None:
    journal, _ = Journal().append([OPEN, buy("b", date(2025, 1, 2))], recorded_at=NOW)
    with pytest.raises(InputError, match="Entry 2 of the journal is not what was recorded at position 1"):
        Journal(journal.entries[1:])
    with pytest.raises(InputError, match="Entry 1 of the journal is not what was recorded at position 2"):
        Journal((journal.entries[0], journal.entries[0]))


@pytest.mark.parametrize("batch", [5, None, "a\0b", "\ud800"])
def test_the_name_of_a_batch_is_text_that_can_be_stored(batch: object) -> None:
    with pytest.raises(InputError, match="name of the batch"):
        Journal().append([OPEN], recorded_at=NOW, batch=cast("Any", batch))


def test_a_journal_shows_its_entries_and_not_its_index() -> None:
    journal, _ = Journal().append([OPEN], recorded_at=NOW)
    assert "_known" not in repr(journal)
    assert journal == Journal(journal.entries)


def test_an_amendment_covers_its_year_and_the_later_ones_whichever_is_told_first() -> None:
    closing = YearClosed(event_id="c", on=date(2025, 3, 3), tax_year=2024)
    amended = [YearAmended(event_id=f"a{y}", on=date(2026, 1, 2), tax_year=y, reason="r") for y in (2024, 2022)]
    late = sell("s", date(2023, 6, 1))
    refuse_closed_years([(late, late)], closing, amended)
    with pytest.raises(ClosedYearError):
        refuse_closed_years([(late, late)], closing, amended[:1])
