"""Runs that a folder holds no result of, and why: not run yet, or run with other settings, and with which.

Problem: a folder of hours of results is worth nothing where its runs are not recognised, and "0 of 224" tells nobody
what to change. Decision: a run that is missing is compared with the results of its name that are there; the nearest
one is told, setting by setting. Limits: results of earlier versions do not hold what they were asked; of those only
what a replay shows is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from di_advisor.backtest.asked import Facts, in_words
from di_advisor.backtest.past import Past
from di_advisor.backtest.stored import asked_in, from_bytes
from di_advisor.backtest.vintages import Vintage, asked_of, key_of
from di_advisor.errors import DiAdvisorError
from di_advisor.execution.local import ResultFiles
from di_advisor.policy.sessions import sessions_between

__all__ = ["NOT_RUN", "unfinished"]

NOT_RUN: Final = "not run yet"
"""What is said of a run that the folder knows nothing of."""


def unfinished(past: Past | Callable[[], Past], runs: Sequence[Vintage], folder: Path) -> dict[str, str]:
    """Why there is no result of a run, by its name; runs that are finished are left out.

    Parameters
    ----------
    past, runs, folder
        As of `di_advisor.backtest.vintages.replay_vintages`; nothing is run and nothing is written.

    Raises
    ------
    InputError
        If two runs share a name.
    StoreError
        If a result cannot be read.
    """
    if not folder.is_dir():
        return {run.name: NOT_RUN for run in runs}
    files = ResultFiles(folder)
    found = {}
    for name, facts in asked_of(past, runs).items():
        key = key_of(name, facts)
        if files.read(key) is None:
            found[name] = _why(files, name, key, facts)
    return found


def _why(files: ResultFiles, name: str, key: str, facts: Facts) -> str:
    if files.path(key).exists():
        return "its file is damaged"
    told = sorted(_others(files, name, facts), key=lambda each: (each.count("; "), each))
    return told[0] if told else NOT_RUN


def _others(files: ResultFiles, name: str, facts: Facts) -> Iterator[str]:
    """How each result of the name differs."""
    digits = len(key_of("", facts)) - 1
    for path in sorted(files.folder.glob(f"{name}-{'[0-9a-f]' * digits}{files.path(name).suffix}")):
        body = files.read(path.stem)
        if body is None:
            continue
        try:
            then = asked_in(body)
            yield _of_earlier(body, facts) if then is None else f"run with other settings: {in_words(facts, then)}"
        except DiAdvisorError as error:
            yield error.what


def _of_earlier(body: bytes, facts: Facts) -> str:
    """What a replay shows of what it was asked."""
    then = from_bytes(body)
    told = "run by an earlier version, which did not keep its settings"
    if then.past != facts["past"]:
        return f"{told}: the past is {facts['past']}, was {then.past}"
    run = facts["run"][1]
    first, last = (date.fromisoformat(run[name][1]) for name in ("start", "end"))
    if sessions_between(last, then.days[-1].day) or sessions_between(first, then.days[0].day):
        return f"{told}: from {then.days[0].day} to {then.days[-1].day}"
    return f"{told}, over the same days"
