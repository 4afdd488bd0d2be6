"""A policy on polled quotes: confirmation, hysteresis, rests, bad quotes, restarts. Every figure is worked by hand.

The account holds 400 A, 300 B, 300 C at 100 and is on target (0.4, 0.3, 0.3). With B at p, its weight is
300 p / (70,000 + 300 p): 0.30 at 100, 0.3118 at 105.71, 0.3103 at 105, and the drift fires from 100 bps on.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.quotes import Quote
from di_advisor.errors import InputError
from di_advisor.policy.intraday import IntradayRules, Poll, Watched, poll
from di_advisor.policy.intraday_memory import PollMemory, memory_from_json, memory_to_json
from di_advisor.policy.policies import Policy
from di_advisor.policy.triggers import CashOutside, LossAvailable, NameDrift, OverCap
from di_advisor.report.poll_view import poll_bundle, poll_text
from tests.policy.polled_world import CLOSES, MARKET, OPENS, Scripted, SimulatedClock, days, prices, watched

EVERY = timedelta(minutes=5)
DRIFT = Policy("drift", (NameDrift(),))
UP = prices(b=105.0)  # 0.3103: 103 bps over
NEAR = prices(b=104.5)  # 0.3093: 93 bps over, above the release of 80 bps
DOWN = prices(b=103.0)  # 0.3062: 62 bps over, released


def run(
    script: Sequence[object],
    policy: Policy = DRIFT,
    rules: IntradayRules = IntradayRules(),  # noqa: B008 a frozen value
    memory: PollMemory | None = None,
    accounts: Watched | None = None,
    *,
    restarting: bool = False,
) -> tuple[list[Poll], PollMemory]:
    """Poll every five minutes from the opening on; with ``restarting``, the memory goes through its file each time."""
    clock = SimulatedClock(OPENS)
    source, known, found = Scripted(clock, script), memory or PollMemory(), []  # type: ignore[arg-type]
    for _ in script:
        one, known = poll([accounts or watched()], source, policy, known, now=clock.now(), rules=rules)
        found.append(one)
        if restarting:
            known = memory_from_json(memory_to_json(policy.name, known), policy.name)
        clock.at += EVERY
    return found, known


def calls(found: Sequence[Poll]) -> list[int]:
    return [n for n, each in enumerate(found) if each.called]


def test_a_trigger_is_heard_once_it_was_on_at_two_polls_in_a_row() -> None:
    found, _ = run([prices(), UP, prices(), UP, UP, UP, UP])
    assert calls(found) == [4]
    assert found[0].items[0].decision.held_back == ""
    assert found[1].items[0].decision.held_back == "On, and not yet confirmed by another poll: name drift."
    assert "T-B stands 103.4 bps above its target" in found[4].standing["account"][0].reasons[0]
    assert found[6].standing == found[4].standing
    assert [each.differs(before) for each, before in zip(found[4:], found[3:], strict=False)] == [True, False, False]


@pytest.mark.parametrize("restarting", [False, True])
def test_what_hovers_at_the_threshold_calls_once_and_again_only_after_release_and_rest(*, restarting: bool) -> None:
    hovers = [UP, UP, NEAR, UP, NEAR, UP, NEAR, UP]
    assert calls(run(hovers, restarting=restarting)[0]) == [1]
    # Released at poll 2, on again from poll 3 on; the rest of an hour ends at poll 13.
    again = [UP, UP, DOWN, *[UP] * 12]
    assert calls(run(again, restarting=restarting)[0]) == [1, 13]
    short = IntradayRules(rest=timedelta(minutes=10))
    assert calls(run(again, rules=short, restarting=restarting)[0]) == [1, 4]


def test_a_file_that_is_not_written_anew_confirms_nothing() -> None:
    clock = SimulatedClock(OPENS)
    stuck = [Quote(name, price, at=OPENS) for name, price in UP.items()]
    memory, found = PollMemory(), []
    for quotes in (stuck, stuck, stuck, UP):
        one, memory = poll([watched()], Scripted(clock, [quotes]), DRIFT, memory, now=clock.now())
        memory = memory_from_json(memory_to_json("drift", memory), "drift")
        found.append(one)
        clock.at += EVERY
    assert not found[2].aside, "it is not stale yet"
    assert calls(found) == [3]


STUCK = Quote("B", UP["B"], at=OPENS)


def with_stuck(clock: SimulatedClock, **moving: float) -> list[Quote]:
    """B hangs at its price of the opening while the others go on."""
    return [STUCK, *(Quote(name, price, at=clock.at) for name, price in moving.items())]


@pytest.mark.parametrize("trigger", [NameDrift(), OverCap()])
def test_one_name_that_hangs_does_not_confirm_itself_while_the_others_go_on(trigger: NameDrift | OverCap) -> None:
    clock, memory, found = SimulatedClock(OPENS), PollMemory(), []
    policy = Policy("one", (trigger,))
    accounts = watched(days(mandate=Mandate(tracking_error_max=0.001)))
    for n in range(5):
        source = Scripted(clock, [with_stuck(clock, A=100.0, C=100.0) if n < 3 else UP])
        one, memory = poll([accounts], source, policy, memory, now=clock.now())
        memory = memory_from_json(memory_to_json("one", memory), "one")
        found.append(one)
        clock.at += EVERY
    assert not any(each.aside for each in found), "it is not stale yet"
    assert found[0].items[0].decision.firings[0].on
    assert found[2].items[0].decision.held_back == f"On, and not yet confirmed by another poll: {trigger.name}."
    assert calls(found) == [3]  # B is quoted anew, and still there


@given(st.floats(1.0, 1_000.0), st.sampled_from([frozenset("B"), frozenset("AB"), frozenset("ABC")]))
def test_a_price_that_is_not_trusted_moves_no_name_from_its_target(price: float, aside: frozenset[str]) -> None:
    shown = replace(MARKET, price_usd=(Decimal(104), Decimal(repr(price)), Decimal(100)))
    (wrong,), (right,) = (
        days(cash_usd="500")(shown),
        days(cash_usd="500")(replace(shown, price_usd=(Decimal(104), Decimal(100), Decimal(100)))),
    )
    if aside == frozenset("B"):
        moved = [replace(each, set_aside=aside).active() for each in (wrong, right)]
        assert moved[0] == pytest.approx(moved[1], abs=1e-9)
        # 41,600 of A, 30,000 of C and 500 in cash divide 0.7.
        assert moved[0] == pytest.approx([0.7 * 41_600 / 72_100 - 0.4, 0.0, 0.7 * 30_000 / 72_100 - 0.3])
    assert not replace(wrong, set_aside=frozenset("ABC")).active().any()
    assert np.isfinite(replace(wrong, set_aside=aside).active()).all()


def test_a_loss_of_a_name_that_hangs_is_not_confirmed_by_the_others() -> None:
    clock, memory, found = SimulatedClock(OPENS), PollMemory(), []
    policy = Policy("loss", (LossAvailable(least_usd=100.0, least_weight=0.0),))
    for n in range(4):
        hanging = Quote("B", 90.0, at=OPENS if n < 3 else clock.at)
        quotes = [hanging, *(Quote(name, 100.0, at=clock.at) for name in "AC")]
        one, memory = poll([watched()], Scripted(clock, [quotes]), policy, memory, now=clock.now())
        found.append(one)
        clock.at += EVERY
    assert calls(found) == [3]


def test_a_memory_of_version_one_is_read_without_its_times_of_markets() -> None:
    memory = run([UP])[1]
    assert set(memory.newest["market"]) == {"A", "B", "C"}
    given = json.loads(memory_to_json("drift", memory))
    old = {**given, "schema_version": 1, "newest": {"market": OPENS.isoformat()}}
    read = memory_from_json(json.dumps(old), "drift")
    assert read == replace(memory, newest={})
    with pytest.raises(InputError, match="version 3"):
        memory_from_json(json.dumps({**given, "schema_version": 3}), "drift")


def test_symbols_that_no_market_knows_are_told() -> None:
    clock = SimulatedClock(OPENS)
    quotes = [*(Quote(name, 100.0, at=clock.at) for name in "ABC"), Quote("X", 5.0, at=clock.at)]
    found, _ = poll([watched()], Scripted(clock, [quotes]), DRIFT, PollMemory(), now=clock.now())
    assert found.strangers == ("X",)
    assert "Quoted, but not known here: X." in poll_text(found)
    bundle = poll_bundle(found)
    assert "Quoted, but not known here: X." in bundle["text/html"]
    assert "Quoted, but not known here: X." in bundle["text/markdown"]


@pytest.mark.parametrize(
    ("was", "damaged"),
    [
        ('"B": 105.0', '"B": NaN'),
        ('"B": 105.0', '"B": 0'),
        ('"B": 105.0', '"B": -3'),
        ('"B": 105.0', '"B": 1e400'),
        ('"heard_at": "2026-11-23T14:35:00+00:00"', '"heard_at": "2026-11-23T14:35:00"'),
        ('"at": "2026-11-23T14:35:00+00:00"', '"at": "2026-11-23T14:35:00"'),
    ],
)
def test_a_memory_with_figures_that_are_no_prices_or_times_without_a_zone_is_refused(was: str, damaged: str) -> None:
    text = memory_to_json("drift", run([UP, UP])[1])
    assert was in text
    with pytest.raises(InputError, match="cannot be read"):
        memory_from_json(text.replace(was, damaged), "drift")


def test_a_restart_does_not_fire_twice_and_still_shows_the_call() -> None:
    before, memory = run([UP, UP])
    assert calls(before) == [1]
    written = memory_to_json("drift", memory)
    clock = SimulatedClock(OPENS + timedelta(minutes=10))
    again = memory_from_json(written, "drift")
    for _ in range(3):
        found, again = poll([watched()], Scripted(clock, [UP]), DRIFT, again, now=clock.now())
        assert not found.called
        assert found.standing == before[1].standing
        clock.at += EVERY


def test_the_next_day_begins_anew_but_for_what_the_policy_remembers() -> None:
    _, memory = run([UP, UP])
    clock = SimulatedClock(OPENS + timedelta(days=1))
    first, memory = poll([watched()], Scripted(clock, [UP]), DRIFT, memory, now=clock.now())
    assert not first.standing
    assert memory.accounts["account"].policy.last_called == OPENS.date()
    clock.at += EVERY
    second, _ = poll([watched()], Scripted(clock, [UP]), DRIFT, memory, now=clock.now())
    assert second.called
    weekly = Policy("weekly", (NameDrift(),), at_most_every_days=7)
    _, memory = run([UP, UP], weekly)
    for _ in range(2):
        held, memory = poll([watched()], Scripted(clock, [UP]), weekly, memory, now=clock.now())
        clock.at += EVERY
    assert not held.called
    assert "the last was on 2026-11-23" in held.items[0].decision.held_back


BAD = (float("nan"), 0.0, -1.0, 1e6, 10.0, float("inf"))


@pytest.mark.parametrize("price", BAD)
def test_nothing_is_concluded_from_a_bad_quote(price: float) -> None:
    """B's quote is wrong at every poll: whatever A and C do, B is not what the account stands out by."""
    rules = IntradayRules(confirm_polls=1, quotes=IntradayRules().quotes)
    lenient = IntradayRules(confirm_polls=1, quotes=type(rules.quotes)(covered_min=0.5))
    loss = Policy("all", (NameDrift(), LossAvailable(least_usd=1.0, depth=0.0), OverCap()), at_once=("cap",))
    found, memory = run([prices(b=price)] * 3, loss, lenient)
    assert not calls(found)
    assert [each.ticker for each in found[0].aside] == ["T-B"]
    assert "B" not in memory.accepted_usd["market"]
    strict, _ = run([prices(b=price)] * 3, loss, rules)
    assert not calls(strict)
    assert "0.700 of what it holds and wants has a usable quote, against 0.9" in strict[0].unjudged["account"]


def test_a_quote_that_turns_bad_keeps_the_last_good_price_and_calls_for_nothing() -> None:
    lenient = IntradayRules(quotes=type(IntradayRules().quotes)(covered_min=0.5))
    found, memory = run([UP, prices(b=0.0), prices(b=0.0), prices(b=0.0)], rules=lenient)
    assert not calls(found)
    assert memory.accepted_usd["market"]["B"] == 105.0


def test_a_loss_of_a_name_that_is_set_aside_is_no_loss_to_take() -> None:
    losses = Policy("losses", (LossAvailable(),))
    rules = IntradayRules(confirm_polls=1, quotes=type(IntradayRules().quotes)(covered_min=0.3))
    fallen = {"A": 92.0, "B": 92.0, "C": 100.0}
    found, _ = run([fallen], losses, rules)
    assert found[0].called[0].decision.firings[0].reading.names == ("T-A", "T-B")
    clock = SimulatedClock(OPENS + timedelta(minutes=20))
    stale = [Quote(k, v, at=OPENS if k == "A" else clock.at) for k, v in fallen.items()]
    _, memory = run([fallen], losses, IntradayRules(confirm_polls=9, quotes=rules.quotes))
    later, _ = poll([watched()], Scripted(clock, [stale]), losses, memory, now=clock.now(), rules=rules)
    assert later.aside[0].reason == "it is stale: of 2026-11-23 14:30:00 UTC"
    assert later.called[0].decision.firings[0].reading.names == ("T-B",)


def test_a_source_that_fails_is_said_and_changes_no_memory() -> None:
    found, memory = run([UP, None, UP])
    assert found[1].failed == "quotes.csv is half written."
    assert not found[1].items
    assert calls(found) == [2]
    assert memory.polled_at == OPENS + 2 * EVERY


def test_an_account_that_called_rests_and_the_cap_does_not_wait_for_it() -> None:
    capped = Mandate(tracking_error_max=0.006)
    both = Policy("both", (NameDrift(), CashOutside(), OverCap()), at_once=("cap",))
    accounts = watched(days(mandate=capped))
    # With B at 105: active -41, +103, -62 bps; ex ante 0.0026. With B at 112: -135, +243, -108 bps; 0.0060.
    found, _ = run([UP, UP, prices(b=113.0), prices(b=113.0), prices(b=113.0)], both, accounts=accounts)
    assert calls(found) == [1, 3]
    assert found[3].standing["account"][1].triggers == ("cap",)
    weekly = Policy("weekly", (NameDrift(), CashOutside()), at_most_every_days=7)
    once, _ = run([UP, UP, DOWN, *[UP] * 15], weekly)
    assert calls(once) == [1]
    assert "At most once a day: it called at 14:35 UTC." in once[-1].items[0].decision.held_back


def test_several_accounts_are_judged_each_by_its_own_memory() -> None:
    calm = days("calm", "A1 400 A @ 100 on 2020-01-02\nB1 295 B @ 100 on 2020-01-02\nC1 305 C @ 100 on 2020-01-02")
    found, memory = run([UP, UP], accounts=watched(days(), calm))
    assert [i.label for i in found[1].called] == ["account"]
    assert set(memory.accounts) == {"account", "calm"}
    with pytest.raises(InputError, match="Two accounts are called account"):
        run([UP], accounts=watched(days(), days()))


def test_moments_at_which_the_exchange_is_closed_and_facts_of_a_later_day_are_refused() -> None:
    for now in (OPENS - timedelta(seconds=1), CLOSES + timedelta(seconds=1), OPENS + timedelta(days=3)):
        with pytest.raises(InputError, match="The exchange is closed"):
            poll([watched()], Scripted(SimulatedClock(now), [UP]), DRIFT, PollMemory(), now=now)
    early = OPENS - timedelta(days=4)  # Thursday, before the facts' Friday
    with pytest.raises(InputError, match="The facts are of 2026-11-20, and the quotes of 2026-11-19"):
        poll([watched()], Scripted(SimulatedClock(early), [UP]), DRIFT, PollMemory(), now=early)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ('{"schema_version": 1, "policy": "drift", "accounts": {}}', "one of its own for polled quotes"),
        (memory_to_json("weekly", PollMemory()), "policy weekly"),
    ],
)
def test_files_of_another_kind_or_policy_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        memory_from_json(text, "drift")
