"""Runs watched on polled quotes: the worklist as it changes, for a notebook, a command and a panel.

>>> from di_advisor.runs.polled import Polling, watch_quotes
>>> for poll in watch_quotes(run, "quotes.csv", Polling(state=Path("polled.json"))):  # doctest: +SKIP
...     print(poll.at, [i.label for i in poll.called])

Decision: facts, risk and costs are opened once a session; each poll only replaces prices. What is remembered is
written before a call is given out, so that a restart on the same file does not give it out again (it stays listed as
standing). Limits: trades made during a session are seen from the next on, or by a new start with new files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from di_advisor.domain.cells import EXCHANGE_ZONE
from di_advisor.domain.market import Market
from di_advisor.errors import InputError, why_unreadable
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.intraday import IntradayRules, Poll, Watched, poll
from di_advisor.policy.intraday_memory import PollMemory, memory_from_json, memory_to_json
from di_advisor.policy.policies import Policy
from di_advisor.policy.polling import Clock, never, polls, silent
from di_advisor.policy.sessions import sessions_between
from di_advisor.ports import QuoteSource
from di_advisor.registry import quote_source
from di_advisor.report.output_files import write_text
from di_advisor.runs.facts import Facts, facts_of
from di_advisor.runs.run import advisor_of, workspace_of
from di_advisor.runs.spec import RunSpec

__all__ = [
    "Polling",
    "SystemClock",
    "WatchedRun",
    "age_of",
    "kept_memory",
    "quotes_from",
    "watch_polls",
    "watch_quotes",
    "watched_run",
]


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The moment, UTC."""
        return datetime.now(UTC)  # noqa: TID251  # at the rim: everything else is told the time

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True)
class WatchedRun:
    """A run of which one account, or every account of its source, is watched.

    Attributes
    ----------
    spec : RunSpec
        Source, account, wishes, taxpayer, models.
    prefix : str
        Before the labels of its accounts, where several runs are watched.
    every_account : bool
        Whether all accounts of the source are, under the run's wishes.
    facts : Facts or None
        Already opened, for values of a kernel; they are then not opened anew for a later session.
    last_rebalance : date or None
        Of all its accounts; without it, each account's latest trade.
    """

    spec: RunSpec
    prefix: str = ""
    every_account: bool = False
    facts: Facts | None = None
    last_rebalance: date | None = None


@dataclass(frozen=True)
class Polling:
    """How it is polled.

    Attributes
    ----------
    every : timedelta
        From one poll to the next.
    sessions : int
        How many sessions are polled through; the present or the next one is the first.
    state : Path or None
        File of what is remembered, read at the start and written at every poll.
    rules : IntradayRules
        How polls become calls, and which quotes are used.
    """

    every: timedelta = timedelta(minutes=5)
    sessions: int = 1
    state: Path | None = None
    rules: IntradayRules = field(default_factory=IntradayRules)


def quotes_from(given: str | Path | QuoteSource) -> QuoteSource:
    """A source of quotes: a file or folder, an installed source as ``name`` or ``name:path``, or a source itself.

    Raises
    ------
    PluginError, InputError
        If there is no such source.
    """
    if isinstance(given, Path):
        return quote_source(path=given)
    if not isinstance(given, str):
        return given
    from di_advisor.registry import QUOTE_SOURCES, available

    name, apart, rest = given.partition(":")
    if name in available(QUOTE_SOURCES):
        return quote_source(name, path=rest) if apart else quote_source(name)
    return quote_source(path=given)


def watched_run(run: WatchedRun) -> Watched:
    """A run's accounts on its market; risk and costs are estimated here, once.

    Parameters
    ----------
    run : WatchedRun
        What is watched.

    Raises
    ------
    DiAdvisorError
        As `facts_of` and the models.
    """
    known = run.facts if run.facts is not None else facts_of(run.spec.source)
    advisor = advisor_of(run.spec.models)
    risk = known.risk or advisor.estimate_risk(known.market, known.returns, known.exposures)
    known = replace(known, risk=risk, costs=known.costs or advisor.estimate_costs(known.market))
    labels = list(known.accounts) if run.every_account else [run.spec.account]

    def accounts(market: Market) -> Iterator[DayFacts]:
        for label in labels:
            workspace = workspace_of(run.spec.with_changes(account=label), replace(known, market=market))
            yield DayFacts.of(workspace, f"{run.prefix}{label}", last_rebalance=run.last_rebalance)

    return Watched(run.prefix or "market", known.market, accounts)


def kept_memory(state: Path | None, policy: str) -> PollMemory:
    """What a file remembers of a policy; an empty memory where there is no file.

    Raises
    ------
    InputError
        If the file is not such a memory, or is of another policy.
    """
    if state is None or not state.exists():
        return PollMemory()
    try:
        text = state.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(
            f"{state.name} cannot be read: {why_unreadable(e)}.", hint="Check the file and its permissions."
        ) from e
    return memory_from_json(text, policy)


def watch_polls(
    open_all: Callable[[], Sequence[Watched]],
    source: QuoteSource,
    policy: Policy,
    polling: Polling,
    *,
    clock: Clock,
    cancel: Callable[[], bool] = never,
    told: Callable[[str], None] = silent,
) -> Iterator[Poll]:
    """Every poll, with what is remembered kept in a file before each is given out.

    Parameters
    ----------
    open_all : callable
        Opens what is watched; called before the first poll of each session.
    source, policy
        As of `di_advisor.policy.intraday.poll`.
    polling : Polling
        How it is polled.
    clock, cancel, told
        As of `di_advisor.policy.polling.polls`.

    Raises
    ------
    InputError
        As the functions above.
    DiAdvisorError
        As ``open_all``.
    """
    state = polling.state
    memory = kept_memory(state, policy.name)
    opened: Mapping[date, Sequence[Watched]] = {}

    def ask(now: datetime) -> Poll:
        nonlocal memory, opened
        day = now.astimezone(EXCHANGE_ZONE).date()
        if day not in opened:
            opened = {day: open_all()}
            for old in filter(None, (age_of(each, day) for each in opened[day])):
                told(old)
        found, memory = poll(opened[day], source, policy, memory, now=now, rules=polling.rules)
        if state is not None:
            write_text(state.parent, state.name, memory_to_json(policy.name, memory))
        return found

    yield from polls(ask, clock, polling.every, sessions=polling.sessions, cancel=cancel, told=told)


def watch_quotes(
    runs: RunSpec | WatchedRun | Iterable[WatchedRun],
    quotes: str | Path | QuoteSource,
    polling: Polling = Polling(),
    *,
    policy: Policy | None = None,
    clock: Clock | None = None,
    cancel: Callable[[], bool] = never,
    told: Callable[[str], None] = silent,
) -> Iterator[Poll]:
    """The worklist as it changes: a generator of the polls at which it is another than before.

    Parameters
    ----------
    runs : RunSpec, WatchedRun or iterable of WatchedRun
        What is watched; a spec watches its account.
    quotes : str, Path or QuoteSource
        As of `quotes_from`.
    polling : Polling
        How often, how long, which file remembers.
    policy : Policy, optional
        The first run's own (`RunSpec.watching`) when left out.
    clock : Clock, optional
        This machine's when left out.
    cancel, told
        As of `watch_polls`.

    Raises
    ------
    DiAdvisorError
        As `watch_polls`.
    """
    given = [WatchedRun(runs)] if isinstance(runs, RunSpec) else [runs] if isinstance(runs, WatchedRun) else [*runs]
    if not given:
        raise InputError("There is no run to watch.", hint="Pass a RunSpec.")
    chosen = policy or given[0].spec.watching.as_policy()
    before: Poll | None = None
    for found in watch_polls(
        lambda: [watched_run(run) for run in given],
        quotes_from(quotes),
        chosen,
        polling,
        clock=clock or SystemClock(),
        cancel=cancel,
        told=told,
    ):
        if found.differs(before):
            yield found
        before = found


def age_of(watched: Watched, day: date) -> str:
    """A sentence where facts are older than the session before a day; empty where they are not."""
    apart = sessions_between(watched.market.as_of, day) if watched.market.as_of <= day else 0
    return f"The facts of {watched.name} are of {watched.market.as_of}, {apart} sessions before." if apart > 1 else ""
