"""What a trader asks: worked answers, their words, and what is refused."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.events import Buy, Event, OpenAccount, Sell, Split, StockMerger, TransferIn
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.forward import (
    LossRates,
    PlannedPurchase,
    PurchaseAnswer,
    SaleAnswer,
    SaleVerdict,
    WashQuestions,
)
from di_advisor.ledger.identical_defaults import default_groups
from di_advisor.ledger.realized import Term
from di_advisor.ledger.replay import replay

OPENED = date(2023, 1, 2)
TODAY = date(2024, 6, 3)
RATES = LossRates(Decimal("0.40"), Decimal("0.20"), Decimal("0.75"))


def opened(account: str, kind: str = "taxable", *, reinvests: bool = False) -> OpenAccount:
    return OpenAccount(
        event_id=f"open {account}",
        on=OPENED,
        account_id=account,
        kind=AccountKind(kind),
        reinvests_dividends=reinvests,
    )


def bought(lot: str, on: date, shares: int, usd: int, account: str = "A", security: str = "X") -> Buy:
    return Buy(
        event_id=lot,
        on=on,
        account_id=account,
        security_id=security,
        shares=Decimal(shares),
        amount_usd=Decimal(usd),
    )


def sold(event_id: str, on: date, shares: int, usd: int) -> Sell:
    return Sell(
        event_id=event_id, on=on, account_id="A", security_id="X", shares=Decimal(shares), amount_usd=Decimal(usd)
    )


def asked(events: list[Event], **options: object) -> WashQuestions:
    return WashQuestions(replay(events, as_of=date(2024, 6, 2)), **options)  # type: ignore[arg-type]


OLD = bought("old", date(2023, 3, 1), 100, 2000)


def test_a_loss_without_purchases_counts_and_is_provisional_and_names_the_accounts() -> None:
    answer = asked([opened("A"), OLD]).sell("A", "old", price_usd=Decimal(12), on=TODAY)
    assert answer.verdict is SaleVerdict.LOSS_COUNTS
    assert (answer.gain_usd, answer.recognized_usd, answer.disallowed_usd) == (-800, -800, 0)
    assert answer.term is Term.LONG
    assert answer.provisional_until == date(2024, 7, 3)
    assert answer.may_harvest
    assert answer.safe_from == answer.harvest_from == TODAY
    assert answer.sentences[-1] == "Accounts seen: A (taxable)."
    assert "no wash sale" not in " ".join(answer.sentences)


def test_a_recent_purchase_washes_its_number_of_shares_and_the_first_safe_day_is_the_31st() -> None:
    events = [opened("A"), OLD, bought("new", date(2024, 5, 20), 30, 400)]
    answer = asked(events, rates=RATES).sell("A", "old", price_usd=Decimal(12), on=TODAY)
    assert answer.verdict is SaleVerdict.PARTLY_WASHED
    assert (answer.disallowed_usd, answer.lost_for_good_usd, answer.recognized_usd) == (240, 0, -560)
    (move,) = answer.moves
    assert (move.match.replacement_lot_id, move.basis_added_usd, move.planned) == ("new", 240, False)
    # Held 460 days before the sale: the new shares count as held since 460 days before they were bought.
    assert move.held_since == date(2024, 5, 20) - (TODAY - date(2023, 3, 1))
    assert answer.safe_from == date(2024, 6, 20)
    assert answer.cost is not None
    assert (answer.cost.not_saved_now_usd, answer.cost.lost_usd) == (48, 0)
    assert (answer.cost.comes_back_usd, answer.cost.cost_usd) == (48, 12)
    assert [b.about for b in answer.blocks] == ["washed"]


def test_a_purchase_in_an_ira_loses_the_loss_for_good_and_all_of_its_tax() -> None:
    events = [opened("A"), opened("I", "ira"), OLD, bought("ira", date(2024, 5, 20), 30, 400, "I")]
    answer = asked(events, rates=RATES).sell("A", "old", price_usd=Decimal(12), on=TODAY)
    assert (answer.disallowed_usd, answer.lost_for_good_usd) == (240, 240)
    assert answer.moves[0].basis_added_usd == 0
    assert answer.moves[0].held_since is None
    assert answer.cost is not None
    assert answer.cost.cost_usd == answer.cost.lost_usd == 48
    assert "lost for good" in " ".join(answer.sentences)


def test_a_planned_reinvestment_washes_its_fraction() -> None:
    drip = PlannedPurchase("A", "X", date(2024, 6, 14), Fraction(3, 4), "dividend reinvestment")
    answer = asked([opened("A"), OLD], planned=[drip]).sell("A", "old", price_usd=Decimal(12), on=TODAY)
    assert answer.disallowed_usd == 6
    assert answer.moves[0].planned
    assert answer.safe_from == date(2024, 7, 15)


@pytest.mark.parametrize(("washed", "about"), [(False, "bought_recently"), (True, "replacement")])
def test_a_lot_of_the_last_30_days_is_blocked_with_reason_and_first_safe_day(washed: bool, about: str) -> None:
    events: list[Event] = [opened("A"), bought("new", date(2024, 5, 20), 10, 400)]
    if washed:
        events += [bought("gone", date(2023, 3, 1), 10, 900), sold("s", date(2024, 5, 6), 10, 500)]
    answer = asked(events).sell("A", "new", price_usd=Decimal(12), on=TODAY)
    (block,) = answer.blocks
    assert block.about == about
    assert block.safe_from == date(2024, 6, 20)
    assert "First safe day: 2024-06-20" in block.sentence
    assert not answer.may_harvest
    assert answer.harvest_from == date(2024, 6, 20)
    # Its own shares do not wash it: it could be sold, and the whole loss would count (Rev. Rul. 56-602).
    assert answer.verdict is SaleVerdict.LOSS_COUNTS


def test_a_name_that_reinvests_is_blocked_until_somebody_turns_that_off() -> None:
    answer = asked([opened("A", reinvests=True), OLD]).sell("A", "old", price_usd=Decimal(12), on=TODAY)
    assert [b.about for b in answer.blocks] == ["reinvestment"]
    assert answer.harvest_from is None


@pytest.mark.parametrize(("old", "new"), [("asked", "planned 0"), ("planned 0", "asked")])
def test_ids_of_the_journal_are_not_taken_for_the_trade_asked_about(old: str, new: str) -> None:
    drip = PlannedPurchase("A", "X", date(2024, 6, 14), Fraction(3, 4))

    def answers(first: str, second: str, sale: str) -> tuple[SaleAnswer, PurchaseAnswer, SaleAnswer]:
        known = [
            opened("A"),
            bought(first, date(2023, 3, 1), 100, 2000),
            sold(sale, date(2024, 5, 10), 10, 100),
            bought(second, date(2024, 5, 20), 30, 400),
        ]
        questions = asked(known, planned=[drip], rates=RATES)
        sale_answer = questions.sell("A", first, price_usd=Decimal(12), on=TODAY)
        bought_back = questions.buy("A", "X", shares=Decimal(50), on=TODAY)
        return sale_answer, bought_back, questions.sell("A", f"{second}~1", price_usd=Decimal(12), on=TODAY)

    for mine, plain in zip(answers(old, new, "asked sale"), answers("old", "new", "sale"), strict=True):
        assert mine.disallowed_usd == plain.disallowed_usd
        assert [m.planned for m in mine.moves] == [m.planned for m in plain.moves]
        assert (mine.safe_from, mine.cost) == (plain.safe_from, plain.cost)
    assert any(m.planned for m in answers(old, new, "asked")[0].moves)


def test_a_gain_and_a_retirement_account_are_no_matter_of_wash_sales() -> None:
    events = [opened("A"), opened("I", "ira"), OLD, bought("ira", date(2024, 5, 20), 30, 400, "I")]
    questions = asked(events)
    assert questions.sell("A", "old", price_usd=Decimal(30), on=TODAY).verdict is SaleVerdict.NO_LOSS
    in_ira = questions.sell("I", "ira", price_usd=Decimal(1), on=TODAY)
    assert in_ira.verdict is SaleVerdict.NOT_TAXED
    assert in_ira.blocks == ()


def test_the_other_share_class_washes_and_the_answer_says_why() -> None:
    groups = default_groups({"GOOG": "X", "GOOGL": "Y"})
    events = [opened("A"), OLD, bought("other", date(2024, 5, 20), 100, 400, security="Y")]
    books = replay(events, as_of=date(2024, 6, 2), groups=groups)
    answer = WashQuestions(books).sell("A", "old", price_usd=Decimal(12), on=TODAY)
    assert answer.verdict is SaleVerdict.WASHED
    assert "X and Y count as substantially identical (identical)" in " ".join(answer.sentences)


HARVESTED = [opened("A"), opened("I", "ira"), OLD, sold("harvest", date(2024, 5, 20), 100, 1200)]


def test_buying_back_early_washes_as_many_shares_as_were_sold_and_is_safe_on_the_31st_day() -> None:
    answer = asked(HARVESTED, rates=RATES).buy("A", "X", shares=Decimal(150), on=TODAY)
    assert (answer.disallowed_usd, answer.lost_for_good_usd, answer.shares_that_wash) == (800, 0, 100)
    assert answer.change_usd == 800
    assert answer.safe_from == date(2024, 6, 20)
    assert answer.locks_losses_until == date(2024, 7, 3)
    assert answer.cost is not None
    assert answer.cost.cost_usd == 40
    assert not answer.washes_nothing


def test_the_account_that_costs_least_comes_first() -> None:
    taxable, ira = asked(HARVESTED, rates=RATES).buy_where("X", shares=Decimal(50), on=TODAY)
    assert (taxable.account_id, ira.account_id) == ("A", "I")
    assert (taxable.lost_for_good_usd, ira.lost_for_good_usd) == (0, 400)
    assert taxable.cost is not None
    assert ira.cost is not None
    assert taxable.cost.cost_usd == 20
    assert ira.cost.cost_usd == 80


def test_buying_what_was_not_sold_washes_nothing_of_the_accounts_seen() -> None:
    answer = asked(HARVESTED).buy("A", "Z", shares=Decimal(1), on=TODAY)
    assert answer.washes_nothing
    assert answer.safe_from == TODAY
    assert answer.sentences[0].endswith("washes no loss of the accounts seen.")
    assert "I (ira)" in answer.sentences[-1]


def test_a_lot_bought_this_morning_can_be_asked_about() -> None:
    events = [opened("A"), OLD, bought("morning", TODAY, 40, 600)]
    questions = WashQuestions.from_events(events, on=TODAY)
    assert questions.sell("A", "old", price_usd=Decimal(12), on=TODAY).disallowed_usd == 320
    assert questions.sell("A", "morning", price_usd=Decimal(12), on=TODAY).gain_usd == -120


def test_a_split_this_morning_is_counted() -> None:
    split = Split(
        event_id="split", on=TODAY, security_id="X", new_per_old=Fraction(2), tax_treatment="split", source="a test"
    )
    questions = WashQuestions.from_events([*HARVESTED, split], on=TODAY)
    assert questions.buy("A", "X", shares=Decimal(300), on=TODAY).shares_that_wash == 200


def test_a_day_that_the_books_have_closed_is_refused_where_the_name_was_traded() -> None:
    books = replay([opened("A"), OLD, bought("today", TODAY, 40, 600)], as_of=TODAY)
    with pytest.raises(InputError, match="the books have closed that day") as caught:
        WashQuestions(books).sell("A", "old", price_usd=Decimal(12), on=TODAY)
    assert "from_events" in caught.value.hint
    assert WashQuestions(books).buy("A", "Z", shares=Decimal(1), on=TODAY).washes_nothing


def test_a_merger_this_morning_is_refused_for_both_names_only() -> None:
    merger = StockMerger(
        event_id="m",
        on=TODAY,
        security_id="X",
        new_security_id="N",
        new_per_old=Fraction(1, 2),
        tax_treatment="tax_free",
        source="a test",
    )
    questions = WashQuestions.from_events([*HARVESTED, merger], on=TODAY)
    for name in "XN":
        with pytest.raises(InputError, match="nothing is said of it on that day"):
            questions.buy("A", name, shares=Decimal(1), on=TODAY)
    assert questions.buy("A", "Z", shares=Decimal(1), on=TODAY).washes_nothing


def test_what_cannot_be_answered_is_refused_with_a_hint() -> None:
    pending = TransferIn(
        event_id="in",
        on=date(2024, 1, 2),
        account_id="A",
        security_id="X",
        shares=Decimal(5),
        basis_total_usd=None,
        acquired=date(2020, 1, 2),
    )
    questions = asked([opened("A"), OLD, pending])
    with pytest.raises(InputError, match="holds no lot 'new'") as caught:
        questions.sell("A", "new", price_usd=Decimal(12), on=TODAY)
    assert "old (100)" in caught.value.hint
    with pytest.raises(InputError, match="none of those seen"):
        questions.buy("B", "X", shares=Decimal(1), on=TODAY)
    with pytest.raises(InputError, match="before the books"):
        questions.buy("A", "X", shares=Decimal(1), on=date(2024, 5, 1))
    with pytest.raises(IncompleteDataError, match="basis of lot in"):
        questions.sell("A", "in", price_usd=Decimal(12), on=TODAY)
    with pytest.raises(InputError, match="100 are open"):
        questions.sell("A", "old", price_usd=Decimal(12), on=TODAY, shares=Decimal(101))
    with pytest.raises(InputError, match="more than zero"):
        PlannedPurchase("A", "X", TODAY, Decimal(0))
    with pytest.raises(InputError, match="fractions"):
        LossRates(Decimal(24), Decimal(15))
    with pytest.raises(InputError, match="not after"):
        asked([opened("A")], today=[OLD])
