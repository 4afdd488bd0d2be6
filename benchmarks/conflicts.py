"""Conflicts of wishes in which numbers of names or trades, or a minimum trade, take part: taken apart, and how fast.

Problem: an irreducible set of wishes that clash is easy to name in a tiny account and hard in a real one. Decision:
accounts of `di_advisor.testing.random_cases` with mandates of four kinds that few plans keep, by committed seeds; what
counts is every account whose conflict is none without a discrete wish, or where nothing was decided. Limits: drawn
accounts, 3 lots a name; accounts that have a plan, or whose numbers alone refuse, are drawn again.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

import numpy as np

from benchmarks.bars import Bar
from di_advisor.domain.mandate import NameBand
from di_advisor.errors import InfeasibleError, UndecidedError
from di_advisor.formulate import formulate
from di_advisor.solve import solve
from di_advisor.testing.random_cases import RandomCase, random_case

__all__ = ["AREA", "bars", "clashing_case"]

AREA = "optimizer"

_KINDS = 4
_STREAM = 77
_LOTS_A_NAME = 3
_STYLES = 7
_ACCOUNTS = {60: 12, 150: 12, 500: 4}
_SHARE = {60: 0.95, 150: 0.95, 500: 0.95}
_SECONDS = {60: 3.0, 150: 3.0, 500: 30.0}


def clashing_case(seed: int, names: int) -> RandomCase:
    """An account with a mandate that few plans keep, or none.

    Parameters
    ----------
    seed : int
        Everything follows from it, the kind of mandate too.
    names : int
        Size.
    """
    g = np.random.default_rng([seed, names, _STREAM])
    case = random_case(seed, names=names, lots_a_name=_LOTS_A_NAME, styles=_STYLES)
    few = int(g.integers(2, max(names // 12, 4)))
    changes: dict[str, Any] = {
        "max_trades": None,
        "max_names": None,
        "turnover_max": None,
        "tracking_error_max": None,
        "cash_min": 0.0,
        "cash_max": 0.05,
        "name_band": NameBand(active_max=0.03),
        "sector_band": None,
        "factor_bands": {},
        "participation_max": None,
    }
    kind = seed % _KINDS
    if kind == 0:
        changes |= {"max_trades": few, "tracking_error_max": float(g.uniform(0.003, 0.01))}
    elif kind == 1:
        taken = Decimal(int(case.signals.account.value_usd * g.uniform(0.15, 0.4)))
        changes |= {"max_trades": few, "withdrawal_usd": taken}
    elif kind == 2:
        least = float(g.uniform(0.02, 0.08))
        changes |= {"min_trade_weight": least, "tracking_error_max": float(g.uniform(0.003, 0.012))}
    else:
        changes |= {
            "max_names": int(g.integers(names // 8, names // 4)),
            "tracking_error_max": float(g.uniform(0.005, 0.02)),
            "name_band": NameBand(active_max=0.2),
        }
    return RandomCase(case.signals, case.mandate.with_changes(**changes), case.tax)


@dataclass(frozen=True)
class _Taken:
    """One conflict: CPU seconds of the whole solve, and whether the set named is irreducible."""

    seconds: float
    irreducible: bool


def _taken_apart(seed: int, names: int) -> _Taken | None:
    case = clashing_case(seed, names)
    problem = formulate(case.signals, case.mandate, case.tax)
    start = time.process_time()
    try:
        solve(problem)
    except InfeasibleError as error:
        seconds = time.process_time() - start
        if "stuck" in error.facts or "leave" in error.facts:
            return None
        if "irreducible" not in error.facts and "rules" in error.facts:
            return None  # the convex rules clash by themselves
        return _Taken(seconds, bool(error.facts.get("irreducible")))
    except UndecidedError:
        return _Taken(time.process_time() - start, irreducible=False)
    return None


def bars() -> list[Bar]:
    """Share of irreducible conflicts, and CPU seconds, at three sizes."""
    found: list[Bar] = []
    for names, accounts in _ACCOUNTS.items():
        taken: list[_Taken] = []
        for seed in count():
            one = _taken_apart(seed, names)
            if one is not None:
                taken.append(one)
            if len(taken) == accounts:
                break
        where = f"{accounts} conflicts at {names} names"
        share = statistics.mean(t.irreducible for t in taken)
        middle = statistics.median(t.seconds for t in taken)
        longest = max(t.seconds for t in taken)
        name = f"{AREA}.conflicts_{names}"
        found += [
            Bar.at_least(f"{name}_irreducible", share, _SHARE[names], unit="share", compared_to=where),
            Bar.at_most(f"{name}_cpu", middle, _SECONDS[names], unit="CPU s", compared_to=f"median, {where}"),
            Bar.at_most(f"{name}_cpu_worst", longest, 5 * _SECONDS[names], unit="CPU s", compared_to=where),
        ]
    return found
