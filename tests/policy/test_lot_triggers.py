"""Triggers of lots: losses counted three ways, terms that turn, wash windows that end."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.portfolio import AccountKind, Fill, Side
from di_advisor.policy.day_facts import LotAdvantage
from di_advisor.policy.policies import Policy, PolicyState, decide
from di_advisor.policy.triggers import Counted, LossAvailable, TriggerState, TurnsLongTerm, WashWindowEnds, judge
from tests.policy.world import AS_OF, Day

LOSING = """
    A1 100 A @ 120.00 on 2020-01-02
    B1 100 B @ 104.00 on 2020-01-02
    C1 100 C @  80.00 on 2020-01-02
"""
"""Losses of 2,000 (a sixth of the basis) and 400 (a twenty-sixth), a gain of 2,000; prices are 100."""

NEW = TriggerState()


@pytest.mark.parametrize(
    ("depth", "total", "names"),
    [(0.05, 2000.0, ("T-A",)), (0.03, 2400.0, ("T-A", "T-B")), (0.2, 0.0, ())],
)
def test_fixed_depth_counts_losses_by_their_share_of_the_basis(
    depth: float, total: float, names: tuple[str, ...]
) -> None:
    firing, _ = judge(LossAvailable(2000.0, 0.0, depth=depth), Day(book=LOSING).facts(), NEW)
    assert firing.reading.figure == pytest.approx(total)
    assert firing.reading.names == names
    assert firing.fired == (total >= 2000.0)
    assert f"${total:,.2f}, against $2,000.00" in firing.reading.sentence


def test_volatility_scales_the_depth_name_by_name() -> None:
    # Volatility a year: A and C sqrt(0.01 + 0.04) = 0.2236, B sqrt(0.04) = 0.2; over 365 days those are the depths.
    # A lost 0.1667 of its basis, 0.745 of its volatility; B 0.0385, 0.192 of its.
    facts = Day(book=LOSING).facts()
    for multiple, total in ((0.74, 2000.0), (0.75, 0.0), (0.19, 2400.0), (0.20, 2000.0)):
        trigger = LossAvailable(1.0, 0.0, Counted.VOLATILITY, depth=multiple, horizon_days=365)
        assert judge(trigger, facts, NEW)[0].reading.figure == pytest.approx(total), multiple


def test_the_models_bound_counts_net_of_selling_and_buying_and_only_for_losses() -> None:
    # Costs are 10 bps a side, so 20 dollars a lot of 10,000: 100 - 20 + nothing of 15 - 20; the gain does not count.
    facts = Day(book=LOSING).facts(advantage=LotAdvantage(np.array([100.0, 15.0, 500.0]), "a test's"))
    firing, _ = judge(LossAvailable(80.0, 0.0, Counted.MODEL), facts, NEW)
    assert firing.reading.figure == pytest.approx(80.0)
    assert firing.reading.names == ("T-A",)
    assert firing.fired
    assert not judge(LossAvailable(81.0, 0.0, Counted.MODEL), facts, NEW)[0].fired


def test_without_a_model_its_bound_is_not_known() -> None:
    firing, _ = judge(LossAvailable(0.0, 0.0, Counted.MODEL), Day(book=LOSING).facts(), NEW)
    assert firing.reading.figure is None
    assert not firing.fired


def test_the_larger_of_dollars_and_weight_is_the_threshold() -> None:
    # Three lots of 10,000 and 2,000 in cash: 32,000, of which a tenth is 3,200.
    firing, _ = judge(LossAvailable(2000.0, 0.1), Day(book=LOSING).facts(), NEW)
    assert firing.reading.threshold == pytest.approx(3200.0)
    assert not firing.fired


def test_losses_that_a_wash_window_locks_do_not_count() -> None:
    bought = (Fill("A", Side.BUY, Decimal(5), AS_OF),)
    firing, _ = judge(LossAvailable(1.0, 0.0), Day(book=LOSING, fills=bought).facts(), NEW)
    assert firing.reading.figure == 0.0


def test_losses_in_a_retirement_account_are_of_no_use() -> None:
    firing, _ = judge(LossAvailable(1.0, 0.0), Day(book=LOSING, kind=AccountKind.IRA).facts(), NEW)
    assert firing.reading.figure == 0.0
    assert "Nothing is taxed" in firing.reading.sentence


# Bought on 25 November 2025, long-term from 26 November 2026: six days after 20 November.
TURNING = """
    A1 10 A @ 190.00 on 2025-11-25
    B1 10 B @  70.00 on 2025-11-25
    C1 10 C @ 150.00 on 2026-06-01
"""


@pytest.mark.parametrize(("days", "loss"), [(5, 0.0), (6, 900.0)])
def test_losses_turn_long_term_on_the_day_after_a_year(days: int, loss: float) -> None:
    firing, _ = judge(TurnsLongTerm(900.0, within_days=days), Day(book=TURNING).facts(), NEW)
    assert firing.reading.figure == pytest.approx(loss)
    assert firing.fired == bool(loss)
    assert ("$300.00 of gains do too" in firing.reading.sentence) == bool(loss)


def test_what_is_long_term_already_does_not_turn() -> None:
    assert judge(TurnsLongTerm(1.0, within_days=400), Day(book=LOSING).facts(), NEW)[0].reading.figure == 0.0


def _sold(on: date) -> tuple[Fill, ...]:
    return (Fill("B", Side.SELL, Decimal(5), on, gain_usd=Decimal(-50)),)


@pytest.mark.parametrize(
    ("sold", "last_locked_session", "free"),
    [
        (date(2026, 10, 21), date(2026, 11, 20), date(2026, 11, 23)),  # the window ends on a Friday
        (date(2026, 10, 22), date(2026, 11, 20), date(2026, 11, 23)),  # on a Saturday
        (date(2026, 10, 23), date(2026, 11, 20), date(2026, 11, 23)),  # on a Sunday
        (date(2026, 10, 26), date(2026, 11, 25), date(2026, 11, 27)),  # on the day before Thanksgiving
        (date(2026, 10, 27), date(2026, 11, 25), date(2026, 11, 27)),  # on Thanksgiving
    ],
)
def test_a_wash_window_is_over_on_the_first_session_on_which_the_name_is_free(
    sold: date, last_locked_session: date, free: date
) -> None:
    before = Day(fills=_sold(sold), as_of=last_locked_session).facts()
    assert before.signals.account.locks  # it still may not be bought
    waiting, known = judge(WashWindowEnds(), before, NEW)
    assert not waiting.fired
    assert waiting.reading.names == ()
    assert waiting.reading.sentence == "0 wash-sale locks are over; 1 still hold, against 1."
    now = Day(fills=_sold(sold), as_of=free).facts()
    assert not now.signals.account.locks
    firing, known = judge(WashWindowEnds(), now, known)
    assert firing.fired
    assert firing.reading.names == ("T-B",)
    assert firing.reading.sentence == "1 wash-sale lock is over; 0 still hold, against 1 (T-B)."
    assert not judge(WashWindowEnds(), now, known)[0].fired  # once


def test_a_name_that_is_locked_anew_is_not_free() -> None:
    _, known = judge(WashWindowEnds(), Day(fills=_sold(date(2026, 10, 21))).facts(), NEW)
    again = Day(fills=(*_sold(date(2026, 10, 21)), *_sold(date(2026, 11, 20))), as_of=date(2026, 11, 23))
    assert not judge(WashWindowEnds(), again.facts(), known)[0].fired


@pytest.mark.parametrize(("within", "ends"), [(1, False), (2, True)])
def test_a_wash_window_that_is_over_within_days_is_told_before(within: int, ends: bool) -> None:
    firing, _ = judge(WashWindowEnds(within_days=within), Day(fills=_sold(date(2026, 10, 22))).facts(), NEW)
    assert firing.fired == ends  # it ends on the 21st, today is the 20th: the name is free on the 22nd
    assert f"and {int(ends)} more will be by" in firing.reading.sentence


def test_a_window_that_ended_while_the_policy_rested_is_heard_when_it_may_call() -> None:
    policy = Policy("rests", (WashWindowEnds(),), at_most_every_days=10)
    state = PolicyState(last_called=date(2026, 11, 18))
    sold = _sold(date(2026, 10, 21))
    for day in (date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24)):
        decision, state = decide(policy, Day(fills=sold, as_of=day).facts(), state)
        assert not decision.due
    decision, state = decide(policy, Day(fills=sold, as_of=date(2026, 11, 30)).facts(), state)
    assert decision.due
    assert not decide(policy, Day(fills=sold, as_of=date(2026, 12, 11)).facts(), state)[0].due
