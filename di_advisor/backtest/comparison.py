"""Policies compared on the same past, the same vintages, the same wishes and the same taxpayer, in one call.

Problem: a policy that looks better on one start date is a story, not a finding. Decision: every policy is replayed from
every start, and a difference between two policies is a mean over vintages with an interval that knows that vintages
overlap. Finished runs are kept in a folder, so a longer comparison goes on where a shorter one ended. Limits: one
mandate for all; what is compared is when to act, not what to wish.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.backtest.attribution import Attribution, attribution_of
from di_advisor.backtest.bootstrap import Difference, mean_difference
from di_advisor.backtest.past import Past
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.results import ReplayResults, results_frame, results_of
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.vintages import Vintage, replay_vintages, vintage_grid
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError
from di_advisor.execution.jobs import never
from di_advisor.execution.local import quiet
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.policy.policies import Policy

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ComparedRun", "PolicyComparison", "compare_policies"]


@dataclass(frozen=True)
class ComparedRun:
    """One replay with its figures.

    Attributes
    ----------
    run : Vintage
        What was asked.
    replayed : Replayed
        What happened.
    results : ReplayResults
        Its figures.
    attribution : Attribution
        Where its advantage over the twin comes from.
    """

    run: Vintage
    replayed: Replayed
    results: ReplayResults
    attribution: Attribution


@dataclass(frozen=True)
class PolicyComparison:
    """Every policy on every vintage.

    Attributes
    ----------
    past : str
        Label of the past.
    runs : tuple of ComparedRun
        Finished ones, by policy in the order asked for, then by start.
    failures : Mapping of str to str
        What went wrong, by the name of a run.
    """

    past: str
    runs: tuple[ComparedRun, ...]
    failures: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "failures", FrozenMap(dict(self.failures)))

    @property
    def policies(self) -> tuple[str, ...]:
        """Names in the order asked for."""
        return tuple(dict.fromkeys(r.run.policy.name for r in self.runs))

    def of(self, policy: str, *, wash_sales: bool = True) -> tuple[ComparedRun, ...]:
        """Runs of a policy, by start."""
        return tuple(r for r in self.runs if r.run.policy.name == policy and r.run.settings.wash_sales is wash_sales)

    def to_frame(self) -> pd.DataFrame:
        """One row a run: policy, start, whether wash sales count, and all figures of `ReplayResults.figures`."""
        frame = results_frame([r.results for r in self.runs])
        frame.insert(1, "start", [r.run.start for r in self.runs])
        frame.insert(2, "wash_sales", [r.run.settings.wash_sales for r in self.runs])
        return frame

    def table(self) -> pd.DataFrame:
        """Means over vintages, one row a policy (and law of wash sales), figures as columns."""
        frame = self.to_frame()
        keys = ["policy", "wash_sales"]
        means = frame.groupby(keys, sort=False).mean(numeric_only=True)
        means.insert(0, "vintages", frame.groupby(keys, sort=False).size())
        return means

    def difference(
        self,
        ours: str,
        theirs: str,
        figure: str = "wealth_liquidation_usd",
        *,
        seed: int,
        mean_block: float = 1.0,
        wash_sales: bool = True,
    ) -> Difference:
        """Mean difference of a figure between two policies over the vintages both finished.

        Parameters
        ----------
        ours, theirs : str
            Names of policies.
        figure : str
            One of `ReplayResults.figures`.
        seed : int
            Of the bootstrap.
        mean_block : float
            As many vintages as overlap.
        wash_sales : bool
            Whether of the runs under the law of wash sales, or of those without.

        Raises
        ------
        InputError
            If fewer than two vintages were finished by both, or the figure is none.
        """
        rows = [{r.run.start: r.results.figures() for r in self.of(p, wash_sales=wash_sales)} for p in (ours, theirs)]
        both = sorted(set(rows[0]) & set(rows[1]))
        unknown = [figure for start in both[:1] if not isinstance(rows[0][start].get(figure), float | int)]
        if unknown:
            known = [k for k, v in rows[0][both[0]].items() if isinstance(v, float | int)]
            raise InputError(f"There is no figure {figure!r}.", hint=f"There are: {', '.join(known)}.")
        a, b = ([float(row[start][figure]) for start in both] for row in rows)  # type: ignore[arg-type]
        return mean_difference(a, b, seed=seed, mean_block=mean_block)


def compare_policies(  # noqa: PLR0913 - the facts of a comparison
    past: Past | Callable[[], Past],
    policies: Iterable[Policy],
    starts: Sequence[date],
    end: date | Callable[[date], date],
    mandate: Mandate,
    tax: Taxpayer,
    settings: ReplaySettings | None = None,
    *,
    wash_sales: Sequence[bool] = (True,),
    folder: Path | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] = quiet,
    cancel: Callable[[], bool] = never,
) -> PolicyComparison:
    """Replay every policy from every start, and measure each.

    Parameters
    ----------
    past : Past, or callable that makes it
        As of `replay_vintages`.
    policies : iterable of Policy
        With distinct names; such as ``[policy_named(p) for p in POLICIES]``.
    starts, end, mandate, tax, settings, wash_sales
        As of `vintage_grid`.
    folder : Path, optional
        Where finished runs are kept; without one they are forgotten.
    workers, progress, cancel
        As of `replay_vintages`; where cancelled, what is finished is compared.

    Raises
    ------
    InputError
        If two policies share a name, or no run came to an end.
    """
    chosen = tuple(policies)
    runs = vintage_grid(starts, end, chosen, mandate, tax, settings, wash_sales=wash_sales)
    with tempfile.TemporaryDirectory() as passing:
        where = Path(passing) if folder is None else folder
        done = replay_vintages(past, runs, where, workers=workers, progress=progress, cancel=cancel)
        failures = {name: str(failure.what) for name, failure in done.failures.items()}
        found = []
        for run in runs:
            if run.name in done:
                try:
                    found.append(_measured(run, done[run.name]))
                except InputError as error:  # one run without figures, such as one never invested, ends no comparison
                    failures[run.name] = error.what
    if not found:
        first = next(iter(failures.values()), "it was cancelled")
        raise InputError(f"No run came to an end: {first}", hint="Replay one of them by itself to see more.")
    return PolicyComparison(found[0].replayed.past, tuple(found), failures)


def _measured(run: Vintage, replayed: Replayed) -> ComparedRun:
    replayed = replace(replayed, label=replayed.label or run.name)
    return ComparedRun(
        run,
        replayed,
        results_of(replayed, run.tax, run.settings),
        attribution_of(replayed, run.tax, run.settings),
    )
