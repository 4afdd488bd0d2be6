"""Index weights and targets from the rows of a table.

Problem: a sheet of weights may repeat a name, hold percent, or sum to 99.9 percent. Decision:
weights are fractions, one for each name and day, and sum to 1: nothing is rescaled unless that is
asked for. Rows may name an effective date (a path of announced changes), an index and the fraction
of the account that tracks it (a target made of several). Limits: float64, as everywhere in the solver.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date

from di_advisor.domain.cells import Notation, float_of, is_blank, text_of
from di_advisor.domain.market_rows import figure, not_negative
from di_advisor.domain.rows import Findings, Row
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.errors import InputError

__all__ = ["target_from_rows", "weights_of"]

_SUM_TOLERANCE = 1e-6


def weights_of(rows: Iterable[Row], notation: Notation, findings: Findings) -> dict[str, float]:
    """Weight by security id; errors go to the findings."""
    first: dict[str, Row] = {}
    weights: dict[str, float] = {}
    for row in rows:
        with findings.at(row, "security_id"):
            security_id = text_of(row["security_id"])
            if not security_id.strip():
                raise InputError("it is empty.", hint="Each weight names its security.")
            if security_id in first:
                raise InputError(
                    f"{security_id} has a weight already in {first[security_id].label}.",
                    hint="Keep one weight for each security.",
                )
            first[security_id] = row
            weight = figure(row, "weight", notation, findings, not_negative)
            weights[security_id] = weight
    return weights


def target_from_rows(
    rows: Iterable[Row],
    notation: Notation,
    findings: Findings,
    *,
    index: str,
    effective: date,
    rescaled: bool = False,
) -> Target:
    """Target of one index or several, with the sets of weights of one day or several.

    Parameters
    ----------
    rows : iterable of Row
        Cells by the names of `di_advisor.domain.columns.WEIGHT_COLUMNS`.
    notation : Notation
        How cells are written.
    findings : Findings
        Knows the table's name, and may hold errors already; all are raised together.
    index : str
        Name of the index where a row names none.
    effective : date
        First day of the weights where a row names none.
    rescaled : bool, default False
        Whether each set is rescaled to sum 1, on purpose.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong, and every set that does not sum to 1.
    """
    groups: dict[tuple[str, float], dict[date, list[Row]]] = {}
    for row in rows:
        name, fraction, day = index, 1.0, effective
        with findings.at(row, "index"):
            name = text_of(row["index"], index)
        with findings.at(row, "fraction"):
            fraction = 1.0 if is_blank(row["fraction"]) else float_of(row["fraction"], notation)
        with findings.at(row, "effective"):
            day = effective if is_blank(row["effective"]) else notation.day(row["effective"])
        groups.setdefault((name, fraction), {}).setdefault(day, []).append(row)
    sets = {key: {day: weights_of(of, notation, findings) for day, of in days.items()} for key, days in groups.items()}
    if not sets:
        findings.wrong("", "", "there are no weights in it.", "Give one row for each security of the index.")
    findings.raise_any()
    for (name, _), days in sets.items():
        for day, weights in days.items():
            total = math.fsum(weights.values())
            if not (total > 0 if rescaled else abs(total - 1.0) <= _SUM_TOLERANCE):
                findings.wrong(
                    "",
                    "weight",
                    f"the weights of {name} effective {day} sum to {total:.6f}, not 1.",
                    "Weights are fractions (0.0705, not 7.05); correct them, "
                    "or ask on purpose for rescaling (--rescale-index).",
                )
    findings.raise_any()
    make = IndexWeights.rescaled if rescaled else IndexWeights
    return Target(
        tuple(
            TargetComponent(name, fraction, tuple(make(day, weights) for day, weights in days.items()))
            for (name, fraction), days in sets.items()
        )
    )
