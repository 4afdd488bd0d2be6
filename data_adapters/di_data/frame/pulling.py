"""From a question to records: the requests of a plan, the pages and steps that follow, one after another.

Problem: some answers come in pages, some in two steps, some for five hundred names, and one symbol that a
source does not know must not cost the other 499. Decision: requests are answered in order; what follows an
answer is asked next, up to a bound; "not found" among several is listed and not raised, everything else is
raised unless the caller wants what there is. What came is stored, so that a second try is short. Limits:
no parallel requests: budgets, not latency, are what bounds these services.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from di_advisor.domain.source_query import SourceQuery
from di_advisor.domain.source_reports import Pulled, PulledBody
from di_advisor.errors import InputError, SourceContentError, SourceError, SourceRefusedError, UnfinishedError
from di_data.frame.adapter import Adapter
from di_data.frame.client import Answer, SourceClient
from di_data.frame.exchange import Request

__all__ = ["MOST_FOLLOWING", "PullSettings", "answers_of", "planned", "pull"]

MOST_FOLLOWING: Final = 500
"""More pages than this after one request are a loop, not an answer."""

_NOT_FOUND: Final = 404

Progress = Callable[[str, int, int], None]
"""Called with what is asked, how many are done, and how many are known of."""


@dataclass(frozen=True)
class PullSettings:
    """How a question is asked.

    Attributes
    ----------
    progress : callable, optional
        Called with what is asked, how many are done, and how many are known of.
    cancel : callable, optional
        Asked before each request; True ends with an error.
    partial : bool
        List what fails instead of raising.
    accept_fewer : bool
        Believe far fewer records than last time.
    as_fetched : datetime, optional
        Give what was known then, from the store.
    """

    progress: Progress | None = None
    cancel: Callable[[], bool] | None = None
    partial: bool = False
    accept_fewer: bool = False
    as_fetched: datetime | None = None


@dataclass
class _Gathered:
    """What came so far."""

    answers: list[Answer] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def planned(adapter: Adapter[Any], query: SourceQuery) -> tuple[Request, ...]:
    """Requests of a question, after a look at its options.

    Raises
    ------
    InputError
        If the source does not know one of the options, or the question leads to no request.
    """
    unknown = sorted(set(query.options) - set(adapter.facts.options))
    if unknown:
        raise InputError(
            f"{adapter.facts.name} does not know the option {', '.join(unknown)}.",
            hint=f"It knows: {', '.join(adapter.facts.options) or 'none'}.",
        )
    requests = tuple(adapter.plan(query))
    if not requests:
        raise InputError(f"{adapter.facts.name} has nothing to ask for this question.", hint="Name subjects or days.")
    return requests


def answers_of(
    client: SourceClient, adapter: Adapter[Any], query: SourceQuery, settings: PullSettings | None = None
) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """Answers to a question, and sentences about what is missing; as `pull`."""
    ask = settings or PullSettings()
    first = planned(adapter, query)
    gathered = _Gathered()
    several, following = len(first) > 1, 0
    waiting, total = deque(first), len(first)
    while waiting:
        request = waiting.popleft()
        if ask.cancel is not None and ask.cancel():
            raise UnfinishedError(
                f"{adapter.facts.name}: cancelled after {len(gathered.answers)} answers.",
                hint="What came is stored: the same question continues from there.",
            )
        if ask.progress is not None:
            ask.progress(request.label or request.address, len(gathered.answers) + len(gathered.missing), total)
        try:
            answer = client.answer(adapter, request, accept_fewer=ask.accept_fewer, as_fetched=ask.as_fetched)
        except SourceError as e:
            not_there = isinstance(e, SourceRefusedError) and e.facts.get("status") == _NOT_FOUND and several
            if not (not_there or (ask.partial and several)):
                raise
            gathered.missing.append(f"{request.label or request.address}: {e}")
            continue
        gathered.answers.append(answer)
        more = tuple(adapter.following(answer.body, answer.received))
        following += len(more)
        total += len(more)
        if following > MOST_FOLLOWING * len(first):
            raise SourceContentError(
                f"{adapter.facts.name}: over {MOST_FOLLOWING} pages follow {request.address}.",
                hint="The service, or its adapter, leads in a circle.",
                source=adapter.facts.name,
            )
        waiting.extendleft(reversed(more))
    if not gathered.answers and gathered.missing:
        raise SourceRefusedError(
            f"{adapter.facts.name}: nothing of what was asked is there: {gathered.missing[0]}",
            hint="Check the symbols.",
            source=adapter.facts.name,
            missing=tuple(gathered.missing),
        )
    return tuple(gathered.answers), tuple(gathered.missing)


def pull(
    client: SourceClient, adapter: Adapter[Any], query: SourceQuery, settings: PullSettings | None = None
) -> Pulled:
    """Pull the records of a question.

    Parameters
    ----------
    client : SourceClient
        Answers requests.
    adapter : Adapter
        Of the source.
    query : SourceQuery
        What is asked.
    settings : PullSettings, optional
        How.

    Raises
    ------
    InputError
        If the source cannot answer such a question.
    SourceError
        If it does not.
    UnfinishedError
        If it was cancelled.
    """
    answers, missing = answers_of(client, adapter, query, settings)
    return Pulled(
        records=tuple(record for each in answers for record in each.records),
        received=tuple(
            PulledBody(each.received.request.label, each.received.provenance, len(each.records), each.received.stale)
            for each in answers
        ),
        warnings=tuple(note for each in answers for note in each.notes),
        missing=missing,
    )
