"""A kind that does not exist is refused by name, with those that do."""

from datetime import date

import pytest

from di_advisor.domain.events import Dividend, GiftGiven, OpenAccount
from di_advisor.errors import InputError

WHERE = {"event_id": "e", "on": date(2025, 1, 2), "account_id": "A"}
SHARES = {"security_id": "X", "shares": 1}


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: OpenAccount(kind="tfsa", **WHERE), r"kind is 'tfsa'.*taxable, spouse, ira"),
        (lambda: Dividend(kind="nice", security_id="X", amount_usd=1, **WHERE), r"kind is 'nice'.*common, preferred"),
        (lambda: GiftGiven(recipient="cat", **SHARES, **WHERE), r"recipient is 'cat'.*person, spouse, charity"),
    ],
)
def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(make, text):
    with pytest.raises(InputError, match=text):
        make()
    assert OpenAccount(kind="hsa", **WHERE).kind.value == "hsa"
