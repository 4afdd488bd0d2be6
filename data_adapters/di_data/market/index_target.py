"""From a sheet of holdings to a target and its universe, with everything that was left out stated.

Problem: a sheet holds cash, futures and names that nobody can resolve; dropping them and rescaling the
rest in silence is how a target comes to hold what no index holds. Decision: only equities can be targets;
what is left out is listed with its weight and reason, the factor by which the rest was scaled is a figure
of the result, and it may not be more than the caller allows; names that the security master does not know
on the sheet's day are an error that lists all of them, unless leaving them out was asked for. Limits: what
a ticker without a mark means (BRKB) is known only through the master's own tickers; nothing is guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

from di_advisor.domain.class_tickers import ticker_key
from di_advisor.domain.identifiers import IdentifierScheme
from di_advisor.domain.index_holdings import HoldingKind, HoldingsSheet, IndexHolding
from di_advisor.domain.rows import some_of
from di_advisor.domain.security_master import ResolvedBy, SecurityMaster
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError, UnknownSecurityError
from di_advisor.units import fraction_from_percent, percent_from_fraction

__all__ = ["IndexTarget", "LeftOut", "index_target"]

_LEFT_OUT_MAX: Final = fraction_from_percent(1.0)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row of the sheet that is not in the target.

    Attributes
    ----------
    holding : IndexHolding
        As published.
    reason : str
        Why.
    """

    holding: IndexHolding
    reason: str


@dataclass(frozen=True)
class IndexTarget:
    """A target made of a sheet.

    Attributes
    ----------
    target : Target
        One index, effective on the sheet's day, weights that sum to 1.
    universe : Universe
        Its names, in the order of the sheet.
    sheet : HoldingsSheet
        What it was made of.
    left_out : tuple of LeftOut
        Rows that are not in it.
    scale : float
        What published weights were multiplied by to sum to 1.
    respelled : tuple of (str, str)
        Tickers as published and as the security master has them, where they differ.
    """

    target: Target
    universe: Universe
    sheet: HoldingsSheet
    left_out: tuple[LeftOut, ...]
    scale: float
    respelled: tuple[tuple[str, str], ...]

    @property
    def left_out_weight(self) -> float:
        """Published weight of what is not in it, a fraction."""
        return math.fsum(x.holding.weight for x in self.left_out)

    @property
    def sentence(self) -> str:
        """What was done, in words."""
        rows = [
            f"{x.holding.name} ({percent_from_fraction(x.holding.weight):.2f} %, {x.reason})" for x in self.left_out
        ]
        out = f"left out: {some_of(rows)}" if rows else "nothing left out"
        return (
            f"{self.sheet.fund} as of {self.sheet.as_of}: {len(self.universe)} names; {out}; published weights of the "
            f"names kept sum to {percent_from_fraction(1 / self.scale):.2f} % and were multiplied by {self.scale:.6f}."
        )


def index_target(
    sheet: HoldingsSheet,
    master: SecurityMaster,
    *,
    leave_out_unresolved: bool = False,
    left_out_max: float = _LEFT_OUT_MAX,
) -> IndexTarget:
    """Target and universe of a sheet.

    Parameters
    ----------
    sheet : HoldingsSheet
        As read.
    master : SecurityMaster
        Says which security a row's identifiers mean on the sheet's day.
    leave_out_unresolved : bool, default False
        Whether names that it does not know are left out, on purpose.
    left_out_max : float, default 0.01
        Most weight, a fraction, that may be left out in all.

    Raises
    ------
    UnknownSecurityError
        Naming all equities that are not known, unless they may be left out.
    InputError
        If identifiers of a row mean different securities, two rows mean one security, or more is left out
        than allowed.
    """
    weights: dict[str, float] = {}
    securities: list[Security] = []
    left_out, respelled = list[LeftOut](), list[tuple[str, str]]()
    for holding in sheet.holdings:
        if holding.kind is not HoldingKind.EQUITY:
            left_out.append(LeftOut(holding, holding.kind.value))
            continue
        resolution = master.resolve(*holding.identifiers, on=sheet.as_of)
        if resolution.by is ResolvedBy.CONFLICT:
            raise InputError(
                f"{holding.name} on {sheet.as_of}: {resolution.note}.", hint="Decide in the file of overrides."
            )
        if not resolution.resolved:
            left_out.append(LeftOut(holding, "not resolved"))
            continue
        security_id = resolution.security_id
        if security_id in weights:
            named = next(s.name for s in securities if s.security_id == security_id)
            raise InputError(
                f"{sheet.fund}: {holding.name} and {named} are both {security_id}.",
                hint="Correct the security master: two rows of a sheet are two securities.",
            )
        published = next((i.value for i in holding.identifiers if i.scheme is IdentifierScheme.TICKER), "")
        ticker = _ticker(published, security_id, master, sheet.as_of)
        if ticker != published:
            respelled.append((published, ticker))
        weights[security_id] = holding.weight
        securities.append(Security(security_id, ticker, holding.name, sector=holding.sector))
    _require_allowed(sheet, left_out, leave_out_unresolved=leave_out_unresolved, left_out_max=left_out_max)
    path = (IndexWeights.rescaled(sheet.as_of, weights),)
    return IndexTarget(
        target=Target((TargetComponent(sheet.fund, 1.0, path),)),
        universe=Universe(tuple(securities)),
        sheet=sheet,
        left_out=tuple(left_out),
        scale=1.0 / math.fsum(weights.values()),
        respelled=tuple(respelled),
    )


def _ticker(published: str, security_id: str, master: SecurityMaster, on: date) -> str:
    """The security's ticker on a day as the master has it, else as published in its canonical writing."""
    spans = master.tickers.spans_of(published) if published else ()
    known = (ticker_key(s.ticker) for s in spans if s.security_id == security_id and s.covers(on))
    return next(known, ticker_key(published))


def _require_allowed(
    sheet: HoldingsSheet, left_out: list[LeftOut], *, leave_out_unresolved: bool, left_out_max: float
) -> None:
    unknown = [x.holding.identifiers[0].value for x in left_out if x.holding.kind is HoldingKind.EQUITY]
    if unknown and not leave_out_unresolved:
        raise UnknownSecurityError.from_missing(unknown, f"The sheet of {sheet.fund}")
    without = math.fsum(x.holding.weight for x in left_out)
    if without > left_out_max:
        raise InputError(
            f"{sheet.fund}: {percent_from_fraction(without):.2f} percent of the weight would be left out, more than "
            f"{percent_from_fraction(left_out_max):.2f}.",
            hint="Resolve the names, or allow more on purpose (left_out_max).",
            left_out=[x.holding.name for x in left_out],
        )
