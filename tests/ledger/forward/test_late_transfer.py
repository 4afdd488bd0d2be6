"""A transfer brings shares that were bought before the books' day: it can serve a loss that nothing new can reach."""

from datetime import date

from di_advisor.domain.events import Buy, Event, OpenAccount, Sell, TransferIn
from di_advisor.ledger.forward import WashQuestions
from di_advisor.ledger.replay import replay


def trade(kind: type[Buy] | type[Sell], event_id: str, on: date, sequence: int, amount: int) -> Event:
    what = {"account_id": "A", "security_id": "X", "shares": 1, "amount_usd": amount}
    return kind(event_id=event_id, on=on, sequence=sequence, **what)


def test_an_older_loss_takes_the_shares_that_arrive_and_leaves_the_new_purchase_to_the_later_loss():
    on = date(2024, 2, 3)
    events = [
        OpenAccount(event_id="open", on=date(2020, 1, 2), account_id="A"),
        trade(Buy, "b1", date(2024, 1, 2), 0, 2),
        trade(Sell, "s1", date(2024, 1, 2), 1, 1),
        trade(Buy, "b2", date(2024, 2, 2), 2, 2),
        trade(Sell, "s2", date(2024, 2, 2), 3, 1),
        TransferIn(
            event_id="t",
            on=on,
            account_id="A",
            security_id="X",
            shares=1,
            basis_total_usd=1,
            acquired=date(2024, 1, 24),
        ),
    ]
    answer = WashQuestions.from_events(events, on=on).buy("A", "X", shares=5, on=on)
    bought = replay([*events, trade(Buy, "new", on, 9, 0)], as_of=date(2025, 1, 1))
    assert [w.replacement_lot_id for w in bought.washes] == ["t", "new"]
    assert answer.disallowed_usd == bought.washes[1].disallowed_usd == 1
    assert answer.safe_from == date(2024, 3, 4)
