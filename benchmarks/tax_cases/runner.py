"""From a file of cases to verdicts: each case by the answers of its kind, and never more than one case lost.

Problem: one unreadable case must not hide the others. Decision: the kind is the letters that start
the id; a case that cannot be read, or that the ledger refuses, is an ERROR with its sentence, and
the run goes on. ``expected: {"error": ...}`` passes exactly if the ledger refuses with a typed
error. Limits: ids are not checked for being unique, since a file may hold variants.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from benchmarks.tax_cases import actions, holding, mergers, returns, selection, spinoffs, transfers, wash
from benchmarks.tax_cases.answers import Answers, Difference
from benchmarks.tax_cases.given import CaseError, Given
from di_advisor.errors import DiAdvisorError

__all__ = ["KINDS", "Outcome", "Verdict", "judge", "judge_all", "read_cases"]

KINDS: Final[Mapping[str, Callable[[Given], Answers]]] = {
    "WS": wash.wash_sales,
    "HP": holding.holding_period,
    "QD": holding.qualified_dividend,
    "CO": returns.carryover,
    "TX": returns.tax_of_a_year,
    "RC": actions.return_of_capital,
    "SP": actions.split_or_rights,
    "SO": spinoffs.spin_off,
    "MG": mergers.merger,
    "ID": selection.identification,
    "GF": transfers.gift_or_inheritance,
    "CH": transfers.gift_to_charity,
    "WL": transfers.worthless,
    "TC": transfers.ticker_change,
    "ST": returns.state_tax,
}
"""What answers each kind of case."""

_PREFIX: Final = re.compile(r"[A-Za-z]+")


class Verdict(StrEnum):
    """What came of a case."""

    PASS = "pass"  # noqa: S105  (no password)
    FAIL = "FAIL"
    ERROR = "ERROR"
    UNKNOWN = "UNKNOWN PREFIX"


@dataclass(frozen=True)
class Outcome:
    """A case, judged.

    Attributes
    ----------
    case_id, title : str
        As in the file.
    verdict : Verdict
        What came of it.
    differences : tuple of Difference
        Fields that are not as expected.
    reason : str
        Why there is no answer.
    notes : tuple of str
        How the case was read where it leaves something open.
    """

    case_id: str
    title: str
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()


def read_cases(path: Path) -> list[Any]:
    """Cases of a file, numbers kept as the text they are.

    Raises
    ------
    CaseError
        If it cannot be read, or is no list.
    """
    try:
        cases = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=str)
    except (OSError, ValueError) as error:
        raise CaseError(f"{path}: {error}") from error
    if isinstance(cases, Mapping) and isinstance(cases.get("cases"), list):
        cases = cases["cases"]
    if not isinstance(cases, list):
        raise CaseError(f"{path}: a list of cases is needed, and this is {type(cases).__name__}")
    return cases


def judge_all(cases: Iterable[Any], *, only: str = "") -> list[Outcome]:
    """Outcomes of cases, in their order; of those whose id starts with a text, where given."""
    chosen = [
        (each, number)
        for number, each in enumerate(cases, 1)
        if not only or (isinstance(each, Mapping) and str(each.get("id", "")).upper().startswith(only.upper()))
    ]
    return [judge(each, number) for each, number in chosen]


def judge(case: Any, number: int = 1) -> Outcome:  # noqa: ANN401  (any JSON)
    """Judge one case.

    Parameters
    ----------
    case : object
        As read from the file.
    number : int
        Its place in the file, for a case without an id.
    """
    if not isinstance(case, Mapping):
        return Outcome(f"case {number}", "", Verdict.ERROR, reason=f"this is no object but {type(case).__name__}")
    case_id, title = str(case.get("id") or f"case {number}"), str(case.get("title", ""))
    prefix = _PREFIX.match(case_id)
    kind = KINDS.get(prefix[0].upper()) if prefix else None
    if kind is None:
        known = ", ".join(KINDS)
        return Outcome(case_id, title, Verdict.UNKNOWN, reason=f"its id starts with none of: {known}")
    try:
        expected = _expected(case)
        given = Given(case.get("input"))
        answers = kind(given)
    except DiAdvisorError as error:
        refused = isinstance(case.get("expected"), Mapping) and bool(case["expected"].get("error"))
        return Outcome(
            case_id,
            title,
            Verdict.PASS if refused else Verdict.ERROR,
            reason="" if refused else f"{type(error).__name__}: {error}",
            notes=(f"refused, as expected: {error}",) if refused else (),
        )
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        return Outcome(case_id, title, Verdict.ERROR, reason=f"{_spoken(error)}")
    differences = tuple(answers.differences(expected))
    notes = (*answers.notes, *(f"{name} was not used" for name in given.unread()))
    return Outcome(case_id, title, Verdict.FAIL if differences else Verdict.PASS, differences, notes=notes)


def _expected(case: Mapping[str, Any]) -> Mapping[str, Any]:
    expected = case.get("expected")
    if not isinstance(expected, Mapping) or not expected:
        raise CaseError("expected is missing, empty, or no object: there is nothing to compare with")
    return expected


def _spoken(error: Exception) -> str:
    return str(error) if isinstance(error, CaseError) else f"{type(error).__name__}: {error}"
