"""Announced changes shape today's trades: what leaves is not bought, what enters is, wash windows are kept."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor import Mandate
from di_advisor.domain.allocation import Allocation
from di_advisor.domain.portfolio import Fill, Side
from di_advisor.domain.signals import LockKind
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.errors import InputError
from di_advisor.policy.ahead import ahead_sentence, target_ahead
from di_advisor.policy.ahead_lots import When, choices_ahead, waiting_locks
from di_advisor.policy.index_events import IndexChange, index_known_on
from tests.policy.trading_world import RATES, TODAY, UNIVERSE, net_shares, owner, workspace

START = IndexWeights(date(2026, 1, 2), {"A": 0.3, "B": 0.25, "C": 0.2, "D": 0.25})
FRIDAY_NEXT = date(2026, 11, 27)
NAMED = {s.security_id: s.ticker for s in UNIVERSE.securities}
CHANGE = IndexChange(date(2026, 11, 18), FRIDAY_NEXT, "E for D", enters={"E": None}, leaves=("D",))
# Sessions after Friday 20: 23, 24, 25, 27 (the 26th is Thanksgiving): the change is four sessions away.
TARGET = index_known_on(TODAY, START, [CHANGE]).target("index")
HELD = """
    A1 280 A @ 100.00 on 2020-01-02
    B1 250 B @ 100.00 on 2020-01-02
    C1 200 C @ 100.00 on 2020-01-02
    D1 150 D @ 100.00 on 2020-01-02
"""
"""Cash of 12,000: D stands ten points under its target, and leaves in four sessions."""


def test_the_target_moves_in_equal_steps_and_is_there_on_the_last_session() -> None:
    e = [
        target_ahead(TARGET, date(2026, 11, day), 4).target.weights_on(date(2026, 11, day)).get("E", 0.0)
        for day in (19, 20, 23, 24, 25, 27)
    ]
    assert e == pytest.approx([0.0, 0.0625, 0.125, 0.1875, 0.25, 0.25])
    at_once = target_ahead(TARGET, date(2026, 11, 24), 1).target
    assert at_once.weights_on(date(2026, 11, 24)) == TARGET.weights_on(date(2026, 11, 24))


def test_what_leaves_is_not_bought_and_what_enters_is() -> None:
    who = owner(HELD, [("12000", TODAY)])
    as_ever = net_shares(workspace(who, TARGET).propose())
    assert as_ever["D"] > 80  # who does not look ahead fills D up, and knows nothing of E
    assert "E" not in as_ever
    ahead = target_ahead(TARGET, TODAY, 4, tickers=NAMED)
    plan = ahead.explained(workspace(who, ahead.target, locks=ahead.locks).propose())
    net = net_shares(plan)
    assert "D" not in net or net["D"] < 0
    assert net["E"] > 30
    bought = next(t for t in plan.trade_list if t.security_id == "E")
    assert bought.sentence.endswith(
        "T-E enters the target on 2026-11-27, in 4 sessions, and counts 625.0 bps of 2,500.0 bps today."
    )
    assert [k.reason for k in plan.locks if k.security_id == "D"] == [
        "T-D leaves the target on 2026-11-27, in 4 sessions: it is not bought any more."
    ]
    assert ahead_sentence(ahead, NAMED) == (
        "Announced for the target: 1 leave (T-D) and 1 enter (T-E); today's weights are on their way there."
    )


def test_what_is_not_traded_is_told_in_the_notes_and_the_dollars_stay() -> None:
    ahead = target_ahead(TARGET, TODAY, 4, tickers=NAMED)
    plain = workspace(owner(HELD, [("12000", TODAY)]), ahead.target, locks=ahead.locks).propose()
    plan = ahead.explained(plain)
    told = [n for n in plan.notes if n.startswith("T-D leaves")]
    assert bool(told) == ("D" not in net_shares(plain))
    assert [t.dollars for t in plan.trade_list] == [t.dollars for t in plain.trade_list]


def test_on_the_last_session_the_leaver_is_sold_down_and_the_entrant_bought() -> None:
    wednesday = date(2026, 11, 25)
    ahead = target_ahead(TARGET, wednesday, 4)
    who = owner(HELD, [("12000", TODAY)])
    plan = workspace(who, ahead.target, locks=ahead.locks, as_of=wednesday).propose()
    net = net_shares(plan)
    assert net["D"] < -100
    assert net["E"] > 150


def test_an_entrant_sold_at_a_loss_within_thirty_days_is_not_bought_before_the_window_ends() -> None:
    sold = Fill("E", Side.SELL, Decimal(5), date(2026, 11, 2), Decimal(-400))
    ahead = target_ahead(TARGET, TODAY, 4, tickers=NAMED)
    work = workspace(owner(HELD, [("12000", TODAY)], [sold]), ahead.target, locks=ahead.locks)
    assert "E" not in net_shares(work.propose())
    choice = next(c for c in choices_ahead(ahead, work.signals, RATES) if c.security_id == "E")
    assert choice.then == date(2026, 12, 3)  # 30 days after 2 November is 2 December; the next session
    assert choice.sentence.startswith(
        "T-E enters on 2026-11-27 and may not be bought before 2026-12-03, 4 sessions after it enters: "
        "5 shares of T-E were sold at a loss of 400.00 USD"
    )


LEAVER = """
    A1 300 A @ 100.00 on 2020-01-02
    B1 250 B @ 100.00 on 2020-01-02
    C1 200 C @ 100.00 on 2020-01-02
"""


@pytest.mark.parametrize(
    ("lot", "better", "now", "then", "words"),
    [
        # a loss of 5,000: short-term today, long-term on the 25th
        ("D1 250 D @ 120.00 on 2025-11-24", When.NOW, -2000.0, -1000.0, "now is better"),
        # a gain of 5,000: short-term today, long-term on the 25th
        ("D1 250 D @ 80.00 on 2025-11-24", When.THEN, 2000.0, 1000.0, "then is better"),
        ("D1 250 D @ 120.00 on 2020-01-02", When.EITHER, -1000.0, -1000.0, "no difference"),
    ],
)
def test_a_leavers_lot_is_compared_now_and_then(lot: str, better: When, now: float, then: float, words: str) -> None:
    ahead = target_ahead(TARGET, TODAY, 4)
    work = workspace(owner(LEAVER + lot), ahead.target, locks=ahead.locks)
    (choice,) = choices_ahead(ahead, work.signals, RATES)
    assert (choice.better, choice.then) == (better, date(2026, 11, 25))
    assert (choice.tax_now_usd, choice.tax_then_usd) == pytest.approx((now, then))
    assert words in choice.sentence


def test_a_loss_that_a_window_locks_today_waits_for_its_day_and_is_then_taken() -> None:
    book = LEAVER + "D1 200 D @ 120.00 on 2020-01-02\n D2 1 D @ 100.00 on 2026-10-25"
    ahead = target_ahead(TARGET, TODAY, 4)  # 30 days after 25 October is 24 November
    work = workspace(owner(book), ahead.target, locks=ahead.locks)
    by_lot = {c.lot_id: c for c in choices_ahead(ahead, work.signals, RATES)}
    assert by_lot["D1"].better is When.THEN
    assert by_lot["D1"].tax_now_usd is None
    assert by_lot["D1"].tax_then_usd == pytest.approx(-800)
    assert "is kept from it by a wash window" in by_lot["D1"].sentence
    assert all(t.lot_id != "D1" for t in work.propose().trade_list)
    wednesday = date(2026, 11, 25)
    later = target_ahead(TARGET, wednesday, 4)
    plan = workspace(owner(book), later.target, locks=later.locks, as_of=wednesday).propose()
    assert any(t.lot_id == "D1" for t in plan.trade_list)


def test_a_name_whose_lots_all_wait_is_locked_against_a_sale_today() -> None:
    ahead = target_ahead(TARGET, TODAY, 4)
    who = owner(LEAVER + "D1 250 D @ 80.00 on 2025-11-24")
    work = workspace(who, ahead.target, locks=ahead.locks)
    (lock,) = waiting_locks(choices_ahead(ahead, work.signals, RATES))
    assert (lock.security_id, lock.kind) == ("D", LockKind.NO_SELL)
    assert "D" not in net_shares(workspace(who, ahead.target, locks=(*ahead.locks, lock)).propose())


def test_an_entrant_without_a_price_is_left_out_and_said_to_be() -> None:
    priced = set(UNIVERSE.security_ids) - {"E"}
    ahead = target_ahead(TARGET, TODAY, 4, priced=priced, tickers=NAMED)
    assert "E" not in ahead.target.weights_on(TODAY)
    assert ahead.notes["E"].endswith("has no price yet: it cannot be bought today.")


def test_a_change_of_allocation_is_on_its_way_too() -> None:
    stocks = TargetComponent("stocks", 0.8, (IndexWeights(date(2026, 1, 2), {"A": 0.5, "B": 0.5}),))
    others = TargetComponent("others", 0.2, (IndexWeights(date(2026, 1, 2), {"C": 1.0}),))
    target = Target((stocks, others), (Allocation(FRIDAY_NEXT, {"stocks": 0.6, "others": 0.4}),))
    ahead = target_ahead(target, date(2026, 11, 23), 4)
    assert ahead.target.fractions_on(date(2026, 11, 23)) == pytest.approx({"stocks": 0.7, "others": 0.3})
    assert ahead.target.weights_on(date(2026, 11, 23)) == pytest.approx({"A": 0.35, "B": 0.35, "C": 0.3})
    assert ahead.target.fractions_on(FRIDAY_NEXT) == pytest.approx({"stocks": 0.6, "others": 0.4})
    assert not ahead.locks


def test_a_horizon_without_a_session_is_refused() -> None:
    with pytest.raises(InputError, match="0 sessions"):
        target_ahead(TARGET, TODAY, 0)


sheets = st.dictionaries(st.sampled_from("ABCDEFGH"), st.floats(0.01, 1), min_size=1)


@given(sheets, st.lists(st.tuples(st.integers(1, 12), sheets), max_size=3), st.integers(1, 10))
def test_weights_in_transition_sum_to_one_and_lie_between_the_sheets(first, later, horizon) -> None:
    path, on = [IndexWeights.rescaled(START.effective, first)], TODAY
    for gap, sheet in later:
        on = date.fromordinal(on.toordinal() + gap)
        path.append(IndexWeights.rescaled(on, sheet))
    target = Target((TargetComponent("i", 1.0, tuple(path)),))
    ahead = target_ahead(target, TODAY, horizon)
    now = ahead.target.weights_on(TODAY)
    assert sum(now.values()) == pytest.approx(1.0)
    for k in "ABCDEFGH":
        each = [w.weights.get(k, 0.0) for w in path]
        assert min(each) - 1e-9 <= now.get(k, 0.0) <= max(each) + 1e-9
    assert {k.security_id for k in ahead.locks} == set(ahead.leaves)
    for w in target.components[0].path[1:]:
        assert ahead.target.weights_on(w.effective) == target.weights_on(w.effective)


def test_nothing_announced_changes_nothing() -> None:
    target = Target((TargetComponent("i", 1.0, (START,)),))
    ahead = target_ahead(target, TODAY)
    assert (ahead.target, ahead.locks, ahead_sentence(ahead)) == (target, (), "")
    plan = workspace(owner(HELD, [("12000", TODAY)]), target, mandate=Mandate(cash_max=0.01)).propose()
    assert replace(ahead.explained(plan), stages=()) == replace(plan, stages=())
