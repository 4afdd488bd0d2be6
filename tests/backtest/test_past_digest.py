"""The digest of a past: of its content, not of its label alone."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from di_advisor.backtest.past import Payout
from di_advisor.backtest.past_digest import past_digest
from tests.backtest.hand_past import HandPast

DAYS = (date(2024, 1, 8), date(2024, 1, 9), date(2024, 2, 1), date(2024, 2, 2))
PAST = HandPast(DAYS, {"A": ("1", "2", "3", "4"), "B": ("5",) * 4}, {DAYS[0]: {"A": 0.5, "B": 0.5}})


def test_the_same_content_has_the_same_digest_and_any_other_has_another() -> None:
    others = [
        replace(PAST, label="another"),
        replace(PAST, closes={"A": ("1", "2", "3.01", "4"), "B": ("5",) * 4}),
        replace(PAST, weights={DAYS[0]: {"A": 0.6, "B": 0.4}}),
        replace(PAST, index_returns={DAYS[1]: 0.01}),
        replace(PAST, index_yields={DAYS[1]: 0.01}),
        replace(PAST, paid=(Payout("A", DAYS[1], DAYS[2], Decimal("0.1")),)),
    ]
    digests = {past_digest(past) for past in (PAST, replace(PAST), *others)}
    assert len(digests) == 1 + len(others)


@dataclass(frozen=True)
class Stated(HandPast):
    content_digest: str = "ab"


def test_a_past_that_knows_what_it_was_made_of_says_it() -> None:
    one = Stated(PAST.sessions, PAST.closes, PAST.weights)
    other = replace(one, closes={"A": ("9",) * 4, "B": ("5",) * 4})
    assert past_digest(one) == past_digest(other) != past_digest(replace(one, content_digest="cd"))
