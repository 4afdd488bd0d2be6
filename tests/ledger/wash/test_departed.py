"""Shares bought in the window and then moved or given away were bought all the same (26 USC 1091(a))."""

from datetime import date
from fractions import Fraction

import pytest

from di_advisor.domain.events import (
    Buy,
    Event,
    GiftGiven,
    LotChoice,
    LotMethod,
    LotShares,
    OpenAccount,
    Recipient,
    Sell,
    Split,
    TaxTreatment,
    TransferOut,
)
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.forward import WashQuestions
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.recent_trades import SoldReplacement
from di_advisor.ledger.replay import replay

OPEN = OpenAccount(event_id="open", on=date(2020, 1, 2), account_id="A")
COUNTS, DOES_NOT = SoldReplacement.COUNTS, SoldReplacement.DOES_NOT_COUNT


def buy(lot: str, on: date, shares: int, amount: int) -> Buy:
    return Buy(event_id=lot, on=on, account_id="A", security_id="X", shares=shares, amount_usd=amount)


def sell(lot: str, on: date, shares: int, amount: int) -> Sell:
    choice = LotChoice(LotMethod.SPECIFIC, (LotShares(lot),))
    return Sell(
        event_id=f"s{lot}", on=on, account_id="A", security_id="X", shares=shares, amount_usd=amount, choice=choice
    )


def leaving(how: str, lot: str, on: date, shares: int) -> Event:
    what = {"event_id": f"away {lot}", "on": on, "account_id": "A", "security_id": "X", "shares": shares}
    choice = LotChoice(LotMethod.SPECIFIC, (LotShares(lot),))
    if how == "gift":
        return GiftGiven(recipient=Recipient.PERSON, choice=choice, **what)
    return TransferOut(choice=choice, **what)


def books(*events: Event, reading: SoldReplacement = COUNTS, as_of: date = date(2026, 1, 1)) -> Books:
    return replay([OPEN, *events], as_of=as_of, policies=LedgerPolicies(sold_replacement=reading))


@pytest.mark.parametrize("how", ["transfer", "gift"])
def test_a_purchase_that_left_before_the_loss_washes_it_unless_the_setting_says_otherwise(how: str) -> None:
    events = [
        buy("L", date(2023, 3, 1), 10, 1000),
        buy("R", date(2025, 3, 2), 10, 100),
        leaving(how, "R", date(2025, 3, 5), 10),
        sell("L", date(2025, 3, 10), 10, 50),
    ]
    counted = books(*events)
    assert counted.disallowed_usd == 950
    assert counted.departed[0].lot.basis_total_usd == 1050
    assert counted.departed[0].is_replacement
    assert [n.about for n in counted.notices] == ["departed_replacement"]
    assert books(*events, reading=DOES_NOT).disallowed_usd == 0


@pytest.mark.parametrize("reading", [COUNTS, DOES_NOT])
def test_a_purchase_after_the_loss_washes_it_though_it_leaves_the_same_day(reading: SoldReplacement) -> None:
    found = books(
        buy("L", date(2023, 3, 1), 10, 1000),
        sell("L", date(2025, 3, 1), 10, 50),
        buy("R", date(2025, 3, 5), 10, 100),
        leaving("transfer", "R", date(2025, 3, 5), 10),
        reading=reading,
    )
    assert found.disallowed_usd == 950


def test_a_part_that_left_replaces_its_own_shares_also_across_a_split() -> None:
    found = books(
        buy("L", date(2023, 3, 1), 20, 1000),
        buy("R", date(2025, 3, 2), 10, 100),
        leaving("gift", "R", date(2025, 3, 5), 4),
        Split(
            event_id="2:1",
            on=date(2025, 3, 6),
            security_id="X",
            new_per_old=2,
            tax_treatment=TaxTreatment.SPLIT,
            source="invented",
        ),
        sell("L", date(2025, 3, 10), 40, 200),
    )
    # Of 40 new shares sold 20 are replaced: 12 by what is still held, 8 by the 4 that left before the split.
    assert found.disallowed_usd == 400
    assert [Fraction(w.replacement_shares) for w in found.washes] == [12, 4]
    assert found.departed[0].lot.basis_total_usd == 40 + 160


def test_the_question_whether_a_loss_may_be_taken_knows_what_left() -> None:
    events = [
        buy("L", date(2023, 3, 1), 10, 1000),
        buy("R", date(2025, 3, 2), 10, 100),
        leaving("transfer", "R", date(2025, 3, 5), 10),
    ]
    before = books(*events, as_of=date(2025, 3, 8))
    answer = WashQuestions(before).sell("A", "L", price_usd=5, on=date(2025, 3, 10))
    after = books(*events, sell("L", date(2025, 3, 10), 10, 50))
    assert answer.disallowed_usd == after.disallowed_usd == 950
    assert answer.safe_from == date(2025, 4, 2)


def test_a_piece_never_takes_the_id_of_a_lot_that_is_there() -> None:
    events = [
        buy("L1~1", date(2025, 1, 2), 4, 400),
        buy("O", date(2023, 3, 1), 6, 1000),
        sell("O", date(2025, 3, 1), 6, 60),
        buy("L1", date(2025, 3, 5), 10, 100),
    ]
    found = books(*events)
    assert sorted(b.lot.lot_id for b in found.lots) == ["L1", "L1~1", "L1~2"]
    taken = buy("L1~2", date(2025, 6, 2), 1, 10)
    with pytest.raises(InputError, match="L1~2 is taken"):
        books(*events, taken)
