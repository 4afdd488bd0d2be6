"""Frontiers and surfaces: what each value of one dial, or each pair of values of two, would do.

Problem: "what does a tighter cap cost, and what does more ESG" is asked in tables and pictures.
Decision: a dial is a field of the mandate with its values, or a `Dial` that says what each value
changes; every value is a full proposal, so that the points are plans that could be traded. The answer
is a table (a pandas frame) that notebooks draw. Limits: points are as exact as their certificates;
what is between them was not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

import pandas as pd

from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InfeasibleError, InputError, SettlementError, UndecidedError
from di_advisor.propose.proposal import Proposal
from di_advisor.propose.term_columns import snake_columns

__all__ = ["Dial", "Frontier", "as_number", "esg_uplift", "swept"]

_ENDS = ("benefit_usd", "gap_usd")


@dataclass(frozen=True)
class Dial:
    """A dial whose values are not values of one field.

    Attributes
    ----------
    values : tuple of float or str
        Where it is turned to, as it stands in the table; names ("no tobacco") are drawn as bars.
    changes : tuple of Mapping
        Fields of the mandate that each value changes.
    """

    values: tuple[float | str, ...]
    changes: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.changes):
            raise InputError("A dial has as many changes as values.", hint="Give one mapping of fields a value.")


def esg_uplift(measure: str, values: Iterable[float], others: Iterable[EsgWish] = ()) -> Dial:
    """A dial of the uplift of an ESG measure over the index; other ESG wishes stay."""
    chosen, kept = tuple(values), tuple(w for w in others if w.measure != measure)
    return Dial(chosen, tuple({"esg": (*kept, EsgWish(measure, uplift_min=v)) if v > 0 else kept} for v in chosen))


class Frontier(pd.DataFrame):
    """A table of plans, one row a value of the dials; notebooks draw it. Parts of it are ordinary frames."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    @property
    def dials(self) -> tuple[str, ...]:
        """Columns that were turned."""
        return tuple(self.attrs.get("dials", ()))


def swept(
    change: Callable[[Mapping[str, Any]], Mandate],
    ask: Callable[[Mandate], Proposal],
    dials: Mapping[str, Any],
    progress: Callable[[int, int], None] | None = None,
) -> Frontier:
    """Every combination of the dials' values, in the given order.

    Parameters
    ----------
    change : callable
        The mandate with fields changed; asked for all values first, so that a wrong one costs nothing.
    ask : callable
        The proposal under a mandate.
    dials : Mapping of str to iterable or Dial
        By column; a plain iterable holds values of the field of this name.
    progress : callable, optional
        Told how many plans are done, of how many.

    Returns
    -------
    Frontier
        Columns: the dials, ``tracking_error``, each term's change in USD, each ESG measure after trading
        (``score_after``), ``benefit_usd``, ``gap_usd``, ``trades``, ``refused``.
    """
    turned = {name: _steps(name, given) for name, given in dials.items()}
    points = list(product(*turned.values()))
    mandates = [change({field: v for _, fields in point for field, v in fields.items()}) for point in points]
    rows: list[dict[str, Any]] = []
    for done, (point, mandate) in enumerate(zip(points, mandates, strict=True), start=1):
        row: dict[str, Any] = dict(zip(turned, (value for value, _ in point), strict=True))
        try:
            row |= _figures(ask(mandate))
        except (InfeasibleError, SettlementError, UndecidedError) as error:
            row |= {"trades": 0, "refused": str(error)}
        rows.append(row)
        if progress is not None:
            progress(done, len(points))
    seen = dict.fromkeys(c for row in rows for c in row)
    terms = [c for c in seen if c.endswith("_usd") and c not in _ENDS and c not in turned]
    known = {*turned, "tracking_error", *terms, *_ENDS, "trades", "refused"}
    ends = [c for c in _ENDS if c in seen]
    columns = [*turned, "tracking_error", *terms, *(c for c in seen if c not in known), *ends, "trades", "refused"]
    frame = Frontier(rows, columns=columns)
    frame.attrs["dials"] = tuple(turned)
    return frame


def _steps(name: str, given: Any) -> list[tuple[Any, Mapping[str, Any]]]:  # noqa: ANN401 - values of some field
    if isinstance(given, Dial):
        return list(zip(given.values, given.changes, strict=True))
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InputError(f"The dial {name} is {given!r}, not several values.", hint=f"Such as {name}=[{given!r}, ...].")
    return [(value, {name: value}) for value in given]


def _figures(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a row."""
    measured = snake_columns([fact.measure for fact in proposal.esg], end="_after")
    esg = {measured[fact.measure]: fact.after for fact in proposal.esg}
    columns = snake_columns(proposal.terms_usd, ["benefit_usd", "gap_usd"])
    return {
        "tracking_error": proposal.after.tracking_error,
        **{columns[name]: float(change) for name, change in proposal.terms_usd.items()},
        **esg,
        "benefit_usd": float(proposal.benefit_usd),
        "gap_usd": proposal.certificate.gap_usd,
        "trades": len(proposal.trade_list),
        "refused": "",
    }


def as_number(value: Any) -> float | None:  # noqa: ANN401 - a value of some field
    """A value of a dial on an axis, also where it was given as text ("50000"); None where it has no place on one."""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            return None
        return float(value) if value.is_finite() else None
    return float(value) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None
