"""The peer's account at the peer's tracking errors: one plan better on both figures at once, every rule kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bars import Bar
from benchmarks.peer_case import load, run

__all__ = ["AREA", "bars"]

AREA = "peer"

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class _Row:
    """A published row: who, its tracking error and its net benefit."""

    name: str
    who: str
    te_bps: float
    net_usd: float


_ROWS = (
    _Row("harvesting_on", "doublehq/oracle, harvesting on", 191.0, 34_574.0),
    _Row("harvesting_off", "doublehq/oracle, harvesting off", 115.0, 33_636.0),
    _Row("plain_qp", "a plain QP, sides rounded", 183.0, 36_302.0),
    _Row("plain_qp_averse", "a plain QP, more risk-averse", 117.0, 33_700.0),
)


def bars() -> list[Bar]:
    """Net benefit at most at the peer's tracking error, CPU seconds, and rules broken."""
    folder = Path(os.environ.get("DI_SHARED", _ROOT.parent / "shared")) / "cases" / "peer_rebalance"
    if not folder.is_dir():
        return [Bar.at_most("peer.folder_missing", float("nan"), 0.0, unit="folders", compared_to=folder.name)]
    case = load(folder)
    run(case, _ROWS[0].te_bps)  # the first call pays the imports
    found = []
    for row in _ROWS:
        scores = [run(case, row.te_bps) for _ in range(3)]
        cpu = sorted(s.cpu_seconds for s in scores)[1]
        score = scores[0]
        both = int(score.net_usd > row.net_usd) + int(score.te_after_bps <= row.te_bps)
        against = f"{row.who} at {row.te_bps:.0f} bps"
        found += [
            Bar.at_least(f"peer.{row.name}_net", score.net_usd, row.net_usd, unit="USD", compared_to=against),
            Bar.at_most(f"peer.{row.name}_te", score.te_after_bps, row.te_bps, unit="bps", compared_to=against),
            Bar.at_least(
                f"peer.{row.name}_at_once", both, 2, unit="figures", compared_to=f"{against}, both of them by one plan"
            ),
            Bar.at_most(f"peer.{row.name}_cpu", cpu, 0.5, unit="CPU s", compared_to="target"),
            Bar.at_most(f"peer.{row.name}_rules_broken", len(score.broken), 0, unit="rules", compared_to="its README"),
        ]
    return found
