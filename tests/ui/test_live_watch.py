"""The switch that watches on polled quotes: with a made-up host and a clock of its own, and the verb on the sample."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from di_advisor.policy.policies import Policy, policy_named
from di_advisor.policy.triggers import LossAvailable, NameDrift
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.ui.app_state import AppState
from di_advisor.ui.desk import Desk
from di_advisor.ui.pages.triggers import TriggersPage
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.verbs import VERBS
from tests.ui.fake_host import FakeHost

SPEC = RunSpec(SampleSource(), "seasoned")
OPENS = datetime(2026, 7, 1, 13, 30, tzinfo=UTC)


def answer(**more: Any) -> dict[str, Any]:
    return {
        "memory": "remembered", "closed": "", "failed": "", "called": (), "standing": (), "ages": "",
        "bundle": {"text/html": "<p>list</p>"}, **more,
    }  # fmt: skip


class Quiet:
    def phase(self, text: str) -> None: ...

    def progress(self, fraction: float, text: str) -> None: ...

    def partial(self, content: Any) -> None: ...


def watching(host: FakeHost, seconds: int, *, quotes: str = "q.csv") -> TriggersPage:
    """A page whose live panel stops itself after so many seconds of its own clock."""
    page = TriggersPage(host)
    host.page = page
    live, passed = page.live, [0.0]

    async def pause(given: float) -> None:
        passed[0] += given
        if passed[0] >= seconds:
            live._switch.value = False

    live.pause, live.now = pause, lambda: OPENS + timedelta(seconds=passed[0])
    live._quotes.value = quotes
    return page


def test_it_polls_by_the_interval_remembers_and_stops_when_switched_off() -> None:
    host = FakeHost(SPEC, {"poll_quotes": answer(called=("seasoned",))})
    page = watching(host, 650)
    page.live._switch.value = True
    assert not page.live.on
    asked = [request for verb, request in host.asked if verb == "poll_quotes"]
    assert [a["now"] for a in asked] == [OPENS + timedelta(minutes=5 * n) for n in range(3)]
    assert [a["memory"] for a in asked] == ["", "remembered", "remembered"]
    assert asked[0]["policy"] == policy_named("threshold")
    assert restored(plain(asked[0])) == asked[0]
    assert page.live._list.value == "<p>list</p>"
    assert "Not watching." in page.live._says.value
    assert not host.shown, "it replaces no result below"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (answer(called=("a", "b")), "New: a and b."),
        (answer(standing=("a",)), "Standing: a."),
        (answer(), "Nobody calls."),
        (answer(failed="q.csv is half written."), "Nothing could be read: q.csv is half written."),
        (answer(closed="The exchange is closed for today.", bundle={}), "closed for today"),
    ],
)
def test_every_poll_says_what_it_found(found: dict[str, Any], words: str) -> None:
    host = FakeHost(SPEC, {"poll_quotes": found})
    page = watching(host, 1)
    said: list[str] = []
    page.live._says.observe(lambda change: said.append(change["new"]), names="value")
    page.live._switch.value = True
    assert words in said[0]
    assert "13:30:00 UTC" in said[0]


def test_a_poll_that_is_cancelled_or_refused_ends_the_watch() -> None:
    host = FakeHost(SPEC)
    page = watching(host, 100_000)
    page.live._switch.value = True
    assert len(host.asked) == 1
    assert "The watch ended." in page.live._says.value


def test_it_steps_back_while_another_question_runs() -> None:
    host = FakeHost(SPEC, {"poll_quotes": answer()})
    host.state.start("Proposing")
    page = watching(host, 3)
    page.live._switch.value = True
    assert host.asked == []


def test_another_account_and_a_policy_that_cannot_be_read_end_it() -> None:
    class Held(FakeHost):
        def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
            self.work = work

    host = Held(SPEC, {"poll_quotes": answer()})
    page = watching(host, 10)
    page.live._switch.value = True
    host.edit(SPEC.with_changes(account="young"))
    assert not page.live.on
    assert "Another account was chosen" in page.live._says.value
    asyncio.run(host.work())
    assert host.asked == []
    page._boxes["cash"].value = -1.0
    page.live._switch.value = True
    asyncio.run(host.work())
    assert not page.live.on
    assert 'role="alert"' in page.live._says.value


def test_another_policy_begins_with_an_empty_memory() -> None:
    host = FakeHost(SPEC, {"poll_quotes": answer()})
    page = watching(host, 1)
    page.live._switch.value = True
    page._named.value = "opportunistic"
    page.live._switch.value = True
    assert [request["memory"] for _, request in host.asked] == ["", ""]


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def test_the_verb_polls_the_sample_confirms_calls_once_and_knows_the_hours(desk: Desk, tmp_path: Path) -> None:
    market = desk.facts(SPEC.source, Quiet()).market
    quotes = tmp_path / "q.csv"
    policy = Policy("losses", (LossAvailable(least_usd=100.0), NameDrift(active_max=0.5)))

    def asked(now: datetime, memory: str = "") -> dict[str, Any]:
        named = zip(market.universe.securities, market.price_usd, strict=True)
        rows = [f"{s.ticker},{p},{now.isoformat()}" for s, p in named if p is not None]
        quotes.write_text("symbol,price,time\n" + "\n".join(rows) + "\n", encoding="utf-8")
        request = {"spec": SPEC, "policy": policy, "quotes": str(quotes), "now": now, "memory": memory}
        found: dict[str, Any] = VERBS["poll_quotes"](desk, request, Quiet())
        assert restored(plain(found)) == found
        return found

    first = asked(OPENS)
    assert first["called"] == ()
    second = asked(OPENS + timedelta(minutes=5), first["memory"])
    assert second["called"] == ("seasoned",)
    third = asked(OPENS + timedelta(minutes=10), second["memory"])
    assert (third["called"], third["standing"]) == ((), ("seasoned",))
    assert "rebalance" in third["bundle"]["text/plain"]
    closed = asked(OPENS - timedelta(hours=1), third["memory"])
    assert "opens at 2026-07-01 13:30" in closed["closed"]
    assert closed["memory"] == third["memory"]
    assert asked(OPENS + timedelta(hours=8))["closed"] == "The exchange is closed for today."


def test_the_state_of_a_page_that_watches_is_shown_without_asking() -> None:
    host = FakeHost(SPEC)
    page = watching(host, 1)
    page.show(AppState(SPEC))
    assert host.asked == []


def test_an_answer_that_comes_after_another_account_was_chosen_is_not_kept() -> None:
    class Slow(FakeHost):
        async def ask(self, verb: str, **request: Any) -> Any:
            found = await super().ask(verb, **request)
            self.edit(SPEC.with_changes(account="young"))
            return found

    host = Slow(SPEC, {"poll_quotes": answer(called=("seasoned",))})
    page = watching(host, 100)
    page.live._switch.value = True
    assert not page.live.on
    assert (page.live._memory, page.live._list.value) == ("", "")
    assert "Another account was chosen" in page.live._says.value


def test_old_facts_are_said_and_the_switch_says_what_it_does() -> None:
    host = FakeHost(SPEC, {"poll_quotes": answer(ages="The facts of market are of 2026-06-30, 101 sessions before.")})
    page = watching(host, 1)
    said: list[str] = []
    page.live._says.observe(lambda change: said.append(change["new"]), names="value")
    page.live._switch.observe(lambda change: said.append(change["new"]), names="description")
    page.live._switch.value = True
    assert said[0] == "Stop watching"
    assert "101 sessions before" in said[1]
    assert page.live._switch.description == "Watch"
