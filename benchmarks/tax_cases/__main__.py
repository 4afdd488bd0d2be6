"""``python -m benchmarks.tax_cases FILE [--only WS-] [--json] [--notes]``: a verdict for every case of a file.

FILE is a JSON list of ``{id, title, input, expected, notes?, ...}``; the letters that start an id
say what kind of case it is. Every answer comes from the public functions of `di_advisor.ledger`,
through a replay of events wherever lots are involved, and is computed before ``expected`` is looked
at. Exit code 0 exactly if every case passes, 1 if one does not, 2 if the file cannot be read or
holds no case.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.tax_cases.given import CaseError
from benchmarks.tax_cases.runner import Outcome, Verdict, judge_all, read_cases
from di_advisor.errors import InputWarning

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases that the arguments choose, print the verdicts, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tax_cases",
        description="Judge worked tax cases by the ledger's public functions.",
    )
    parser.add_argument("file", type=Path, help="a JSON list of cases")
    parser.add_argument("--only", default="", metavar="ID", help="only cases whose id starts with this, such as WS-")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    parser.add_argument("--notes", action="store_true", help="also say how cases were read where they leave it open")
    chosen = parser.parse_args(arguments)
    try:
        cases = read_cases(chosen.file)
    except CaseError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        outcomes = judge_all(cases, only=chosen.only)
    if chosen.json:
        sys.stdout.write(json.dumps([_as_record(each) for each in outcomes], indent=1) + "\n")
    else:
        for each in outcomes:
            sys.stdout.write("\n".join(_lines(each, with_notes=chosen.notes)) + "\n")
        sys.stdout.write(_summary(outcomes) + "\n")
    if not outcomes:
        return 2
    return int(any(each.verdict is not Verdict.PASS for each in outcomes))


def _lines(outcome: Outcome, *, with_notes: bool) -> list[str]:
    lines = [f"{outcome.case_id:<8} {outcome.verdict.value:<6} {outcome.title}".rstrip()]
    if outcome.reason:
        lines.append(f"         {outcome.reason}")
    lines += [f"         {d.field}: expected {_told(d.expected)}, got {d.got}" for d in outcome.differences]
    if with_notes or outcome.verdict is not Verdict.PASS:
        lines += [f"         note: {note}" for note in outcome.notes]
    return lines


def _told(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _summary(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(each.verdict for each in outcomes)
    parts = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict] or verdict is Verdict.PASS]
    return f"{len(outcomes)} cases: {', '.join(parts)}. Not tax advice."


def _as_record(outcome: Outcome) -> dict[str, object]:
    return {
        "id": outcome.case_id,
        "title": outcome.title,
        "verdict": outcome.verdict.value,
        "reason": outcome.reason,
        "differences": [{"field": d.field, "expected": d.expected, "got": d.got} for d in outcome.differences],
        "notes": list(outcome.notes),
    }


if __name__ == "__main__":
    raise SystemExit(main())
