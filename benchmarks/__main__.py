"""``python -m benchmarks [--only AREA]``: measure the bars, print them, write ``benchmarks/results.json``.

A benchmark that compares several ways writes its table to the standard output, and it is shown as it comes.
Exit code 0 also when a bar does not hold: a benchmark reports, tests forbid. Exit code 1 when a benchmark crashed.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import AREAS
from benchmarks.bars import Bar, table
from benchmarks.frame import Outcome, discover, measure, run, write_results

RESULTS = Path(__file__).resolve().parent / "results.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that the arguments choose and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the project's claims.")
    parser.add_argument("--only", metavar="AREA", choices=AREAS, help=f"one area: {', '.join(AREAS)}")
    parser.add_argument("--measure", metavar="MODULE", help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, default=RESULTS, metavar="FILE", help="where the results go")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _ended)

    if chosen.measure:
        write_results(measure(chosen.measure), chosen.into)
        return 0

    outcomes = []
    for benchmark in discover():
        if chosen.only in (None, benchmark.area):
            _say(f"{benchmark.area}: {benchmark.module} ...")
            outcomes.append(run(benchmark))
            if outcomes[-1].tables:
                _say(f"\n{outcomes[-1].tables}\n")
    bars = [bar for outcome in outcomes for bar in outcome.bars]
    write_results(bars, chosen.into)
    _say(_summary(bars, outcomes, chosen.only))
    return 1 if any(outcome.error for outcome in outcomes) else 0


def _ended(number: int, frame: object) -> None:
    """End as by an exception: what was started is ended on the way out."""
    del frame
    raise SystemExit(128 + number)


def _summary(bars: Sequence[Bar], outcomes: Sequence[Outcome], only: str | None) -> str:
    parts = []
    if bars:
        parts.append(table(bars))
    failed = [bar.bar for bar in bars if not bar.holds]
    if failed:
        parts.append(f"{len(failed)} of {len(bars)} bars do NOT hold: {', '.join(failed)}")
    elif bars:
        parts.append(f"All {len(bars)} bars hold.")
    else:
        parts.append(f"No bars{f' in the area {only}' if only else ''}.")
    parts += [f"benchmarks.{each.benchmark.module} crashed:\n{each.error}" for each in outcomes if each.error]
    return "\n" + "\n\n".join(parts)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
