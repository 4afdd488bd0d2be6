"""The ledger: nothing is recorded unless the books come out, and past reports can be made again."""

import threading
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from di_advisor.domain.events import (
    Buy,
    Correction,
    LotChoice,
    LotMethod,
    LotShares,
    OpenAccount,
    Sell,
    SpinOff,
    TaxTreatment,
    TransferIn,
    YearAmended,
    YearClosed,
)
from di_advisor.errors import ClosedYearError, InputError
from di_advisor.ledger.ledger import Ledger

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPEN = OpenAccount(event_id="open", on=date(2020, 1, 2), account_id="A")


def buy(event_id: str, on: date, shares: int = 100, amount: str = "5000.00") -> Buy:
    return Buy(event_id=event_id, on=on, account_id="A", security_id="X", shares=shares, amount_usd=amount)


def sell(event_id: str, on: date, shares: int = 100, amount: str = "4000.00", choice: LotChoice | None = None) -> Sell:
    return Sell(
        event_id=event_id,
        on=on,
        account_id="A",
        security_id="X",
        shares=shares,
        amount_usd=amount,
        choice=choice or LotChoice(),
    )


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path):
    made = Ledger("ann") if request.param == "memory" else Ledger.open(tmp_path / "books.db", "ann")
    with made:
        yield made


def test_an_oversell_is_refused_and_leaves_the_journal_as_it_was(ledger: Ledger) -> None:
    ledger.record([OPEN, buy("b1", date(2025, 1, 2))], recorded_at=NOW)
    with pytest.raises(InputError, match=r"150 shares of X in account A, of which 100 are held; 50 are missing"):
        ledger.record([buy("b2", date(2025, 5, 1)), sell("s1", date(2025, 2, 3), 150)], recorded_at=NOW)
    assert len(ledger.journal) == 2
    assert [b.lot.lot_id for b in ledger.books(date(2026, 1, 1)).lots] == ["b1"]


def test_a_sale_before_its_purchase_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InputError, match=r"without lots: none is held.*Add an opening lot"):
        ledger.record([OPEN, buy("b1", date(2024, 3, 1)), sell("s1", date(2024, 2, 1))], recorded_at=NOW)
    assert len(ledger.journal) == 0


def test_a_trade_in_the_future_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InputError, match=r"dated 2099-01-01, after 2026-03-02"):
        ledger.record([OPEN, buy("b1", date(2099, 1, 1))], recorded_at=NOW)


def test_a_correction_changes_the_books_and_not_what_an_earlier_report_said(ledger: Ledger) -> None:
    ledger.record([OPEN, buy("b1", date(2025, 1, 2)), sell("s1", date(2025, 6, 2))], recorded_at=NOW)
    then = len(ledger.journal)
    before = ledger.books(date(2025, 12, 31)).digest()
    wrong = Correction(
        event_id="c1",
        on=date(2026, 3, 1),
        corrects="b1",
        replacement=buy("b1/2", date(2025, 1, 2), amount="4500.00"),
        reason="price misread",
    )
    ledger.record([wrong], recorded_at=NOW)
    assert ledger.books(date(2025, 12, 31)).realized[0].gain_usd == -500
    assert ledger.books(date(2025, 12, 31), at_position=then).digest() == before


def test_percentages_that_come_later_free_the_lots_that_waited_for_them(ledger: Ledger) -> None:
    facts = {
        "on": date(2025, 3, 3),
        "security_id": "X",
        "spun_security_id": "Y",
        "new_per_old": "1/4",
        "tax_treatment": TaxTreatment.TAX_FREE,
    }
    spin = SpinOff(event_id="spin", source="announcement", **facts)
    ledger.record([OPEN, buy("b1", date(2025, 1, 2)), spin], recorded_at=NOW)
    assert [b.lot.basis_total_usd for b in ledger.books(date(2025, 4, 1)).lots] == [None, None]
    known = SpinOff(event_id="spin/2", source="Form 8937", parent_fraction="0.844782", **facts)
    ledger.record(
        [Correction(event_id="c", on=date(2025, 5, 1), corrects="spin", replacement=known, reason="published")],
        recorded_at=NOW,
    )
    basis = [b.lot.basis_total_usd for b in ledger.books(date(2025, 4, 1)).lots]
    assert sum(Fraction(b) for b in basis if b is not None) == 5000
    assert Fraction(5000) * Fraction("0.844782") in basis


def test_lots_named_in_time_are_final_afterwards(ledger: Ledger) -> None:
    first, second = buy("b1", date(2025, 1, 2)), buy("b2", date(2025, 1, 3), amount="6000.00")
    named = LotChoice(LotMethod.SPECIFIC, (LotShares("b2"),), chosen_on=date(2025, 6, 2), chosen_by="ann")
    ledger.record([OPEN, first, second, sell("s1", date(2025, 6, 2), choice=named)], recorded_at=NOW)
    other = LotChoice(LotMethod.SPECIFIC, (LotShares("b1"),), chosen_on=date(2025, 6, 2), chosen_by="ann")
    change = Correction(
        event_id="c",
        on=date(2025, 7, 1),
        corrects="s1",
        replacement=sell("s1/2", date(2025, 6, 2), choice=other),
        reason="better",
    )
    with pytest.raises(InputError, match="final"):
        ledger.record([change], recorded_at=NOW)
    assert ledger.books(date(2025, 7, 2)).realized[0].lot_id == "b2"


def test_a_closed_year_changes_only_with_an_amendment(ledger: Ledger) -> None:
    ledger.record([OPEN, buy("b1", date(2025, 1, 2)), sell("s1", date(2025, 6, 2))], recorded_at=NOW)
    ledger.record([YearClosed(event_id="closed", on=date(2026, 2, 15), tax_year=2025)], recorded_at=NOW)
    late = buy("b0", date(2025, 6, 10))
    with pytest.raises(ClosedYearError):
        ledger.record([late], recorded_at=NOW)
    amend = YearAmended(event_id="amended", on=date(2026, 3, 1), tax_year=2025, reason="statement found")
    ledger.record([late, amend], recorded_at=NOW)
    assert ledger.books(date(2025, 12, 31)).disallowed_usd == 1000


def test_an_event_of_an_open_year_that_reaches_back_into_a_closed_one_is_refused(ledger: Ledger) -> None:
    sold = sell("s1", date(2024, 12, 20))
    ledger.record([OPEN, buy("b1", date(2024, 1, 2)), sold], recorded_at=NOW)
    ledger.record([YearClosed(event_id="closed", on=date(2025, 3, 1), tax_year=2024)], recorded_at=NOW)
    late = TransferIn(
        event_id="t",
        on=date(2025, 3, 5),
        account_id="A",
        security_id="X",
        shares=100,
        basis_total_usd=4100,
        acquired=date(2025, 1, 10),
    )
    with pytest.raises(ClosedYearError, match=r"change 2024, which is closed: the result of s1 .* -1,000.00 USD"):
        ledger.record([late], recorded_at=NOW)
    assert ledger.books(date(2025, 4, 1)).disallowed_usd == 0
    amend = YearAmended(event_id="amended", on=date(2025, 3, 5), tax_year=2024, reason="other broker's purchase")
    ledger.record([late, amend], recorded_at=NOW)
    assert ledger.books(date(2025, 4, 1)).disallowed_usd == 1000


def test_a_late_sale_whose_loss_moves_into_shares_sold_in_a_closed_year_is_refused(ledger: Ledger) -> None:
    named = LotChoice(LotMethod.SPECIFIC, (LotShares("b2"),))
    ledger.record(
        [
            OPEN,
            buy("b1", date(2024, 1, 2)),
            buy("b2", date(2024, 12, 16), amount="4000.00"),
            sell("s2", date(2024, 12, 20), amount="4100.00", choice=named),
            YearClosed(event_id="closed", on=date(2025, 3, 1), tax_year=2024),
        ],
        recorded_at=NOW,
    )
    with pytest.raises(ClosedYearError, match=r"result of s2 .* from short 100.00 USD to long -900.00 USD"):
        ledger.record([sell("s1", date(2025, 1, 10))], recorded_at=NOW)
    ledger.record([sell("s1", date(2025, 1, 20))], recorded_at=NOW)


def test_two_ledgers_that_sell_the_same_shares_cannot_both(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with Ledger.open(path, "ann") as ledger:
        ledger.record([OPEN, buy("b1", date(2025, 1, 2))], recorded_at=NOW)
    outcomes: list[str] = []

    def sell_all(name: str) -> None:
        with Ledger.open(path, "ann") as other:
            try:
                other.record([sell(name, date(2025, 6, 2))], recorded_at=NOW)
                outcomes.append("sold")
            except InputError:
                outcomes.append("refused")

    threads = [threading.Thread(target=sell_all, args=(f"s{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "sold"]
