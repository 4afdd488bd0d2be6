"""What a plan does to every ESG measure, what each screen took out, and what is not known.

Problem: a score without its coverage, and an exclusion without its evidence, cannot be checked by
anybody. Decision: averages are over covered names, for portfolio and index alike, whatever policy a
wish has for gaps, with the covered share beside them; a screen says what left, how much weight that
moved, what locks or a glide path still hold, and for which names it could not tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Signals
from di_advisor.domain.trades import Trade
from di_advisor.domain.wording import counted
from di_advisor.formulate.plan import Holdings, Plan
from di_advisor.signals.esg import APART, disagreements
from di_advisor.signals.screens import Screened, screened
from di_advisor.units import percent_from_fraction

__all__ = ["EsgFact", "NameEsg", "ScreenFact", "esg_facts", "esg_notes", "name_esg", "screen_facts", "with_reasons"]

_HELD = 1e-12
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class EsgFact:
    """One measure, before and after the plan and in the index; averages over covered names.

    Attributes
    ----------
    measure, unit, direction, provider : str
        As the data says; empty where it does not.
    index, before, after : float
        Weighted averages; NaN where nothing is covered.
    index_coverage, before_coverage, after_coverage : float
        Share of the weight that is covered.
    """

    measure: str
    unit: str
    direction: str
    provider: str
    index: float
    before: float
    after: float
    index_coverage: float
    before_coverage: float
    after_coverage: float


@dataclass(frozen=True, slots=True)
class ScreenFact:
    """One screen on names that the account holds or the index has.

    Attributes
    ----------
    screen : str
        Its name.
    reasons : tuple of str
        One line for each name that is out: rule, evidence, source, date.
    index_weight, before, after : float
        Weight of these names in the index, and in the account before and after.
    left : tuple of str
        Tickers of which something is left after the plan (locks, a glide path, the minimum trade).
    unknown : tuple of str
        Tickers that stay because a figure is not known.
    unknown_weight : float
        Their weight in the account after the plan.
    """

    screen: str
    reasons: tuple[str, ...]
    index_weight: float
    before: float
    after: float
    left: tuple[str, ...]
    unknown: tuple[str, ...]
    unknown_weight: float


@dataclass(frozen=True, slots=True)
class NameEsg:
    """What is known of one name on one measure, beside the index; figures are NaN where not known.

    Attributes
    ----------
    measure, unit, direction, provider : str
        As the data says; empty where it does not.
    value, index : float
        The name's own figure, and the index's average over covered names.
    evidence : str
        What stands behind the name's figure, where the source says; empty else.
    source : str
        Where the measure comes from and since when it was known, where that was recorded.
    wished : bool
        Whether a wish or a screen of the mandate is about it.
    """

    measure: str
    unit: str
    direction: str
    provider: str
    value: float
    index: float
    evidence: str
    source: str
    wished: bool


def name_esg(signals: Signals, mandate: Mandate, security_id: str) -> tuple[NameEsg, ...]:
    """Every measure of one name, those that a wish is about first."""
    market, target = signals.market, signals.account.target_weight
    wished = _wished(mandate)
    at = market.universe.positions[security_id]
    found = []
    for measure, values in market.esg.items():
        scale = market.esg_scale.get(measure)
        found.append(
            NameEsg(
                measure=measure,
                unit="" if scale is None else scale.unit,
                direction="" if scale is None else scale.direction.value,
                provider="" if scale is None else scale.provider,
                value=float(values[at]),
                index=_average(values, np.isfinite(values), target)[0],
                evidence="" if scale is None else scale.evidence.get(security_id, ""),
                source=market.provenance.get(f"esg: {measure}", ""),
                wished=measure in wished,
            )
        )
    return tuple(sorted(found, key=lambda one: not one.wished))


def _wished(mandate: Mandate) -> set[str]:
    return {w.measure for w in mandate.esg} | {c.measure for e in mandate.exclusions for c in e.conditions}


def _average(values: FloatArray, covered: NDArray[np.bool_], weight: FloatArray) -> tuple[float, float]:
    """Average over covered names, and the covered share."""
    inside, total = float(weight[covered].sum()), float(weight.sum())
    average = float(values[covered] @ weight[covered]) / inside if inside > 0 else float("nan")
    return average, inside / total if total > 0 else 0.0


def _after(holdings: Holdings, plan: Plan) -> FloatArray:
    """Weights after a plan, shape (n,); what is round-off is nothing."""
    held = holdings.held + plan.net(holdings.lot_name)
    return np.where(held > _HELD, held, 0.0)


def esg_facts(signals: Signals, holdings: Holdings, plan: Plan) -> tuple[EsgFact, ...]:
    """Every measure of the signals."""
    held = _after(holdings, plan)
    facts = []
    for measure, values in signals.market.esg.items():
        covered = np.isfinite(values)
        index, before, after = (_average(values, covered, w) for w in (holdings.target, holdings.held, held))
        scale = signals.market.esg_scale.get(measure)
        facts.append(
            EsgFact(
                measure=measure,
                unit="" if scale is None else scale.unit,
                direction="" if scale is None else scale.direction.value,
                provider="" if scale is None else scale.provider,
                index=index[0],
                before=before[0],
                after=after[0],
                index_coverage=index[1],
                before_coverage=before[1],
                after_coverage=after[1],
            )
        )
    return tuple(facts)


def screen_facts(signals: Signals, mandate: Mandate, holdings: Holdings, plan: Plan) -> tuple[ScreenFact, ...]:
    """Every screen of a mandate."""
    held = _after(holdings, plan)
    return tuple(_fact(s, signals, holdings, held) for s in screened(mandate.exclusions, signals.market))


def _fact(screen: Screened, signals: Signals, holdings: Holdings, held: FloatArray) -> ScreenFact:
    securities = signals.market.universe.securities
    matters = (holdings.target > 0) | (holdings.held > 0)
    out, unknown = screen.out & matters, screen.unknown & matters

    def tickers(where: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(securities[i].ticker for i in np.flatnonzero(where).tolist())

    return ScreenFact(
        screen=screen.exclusion.screen,
        reasons=tuple(screen.reasons[i] for i in np.flatnonzero(out).tolist()),
        index_weight=float(holdings.target[out].sum()),
        before=float(holdings.held[out].sum()),
        after=float(held[out].sum()),
        left=tickers(out & (held > 0)),
        unknown=tickers(unknown),
        unknown_weight=float(held[unknown].sum()),
    )


def with_reasons(trades: tuple[Trade, ...], signals: Signals, mandate: Mandate) -> tuple[Trade, ...]:
    """The trades, each with its reason lines.

    A sale of an excluded name carries those of the screens that take it out. A trade in the good direction of a
    wished measure that brings evidence (a combined score) carries what stands behind the name's figure.
    """
    ids = signals.market.universe.security_ids
    lines: dict[str, list[str]] = {}
    for screen in screened(mandate.exclusions, signals.market):
        for at, reason in screen.reasons.items():
            lines.setdefault(ids[at], []).append(reason)
    return tuple(_with_score(_with_exclusion(t, lines), signals, mandate) for t in trades)


def _with_exclusion(t: Trade, lines: dict[str, list[str]]) -> Trade:
    if t.side is not Side.SELL or t.security_id not in lines:
        return t
    told = lines[t.security_id]
    return replace(t, sentence=f"{t.sentence} {'. '.join(told)}.", facts={**t.facts, "excluded": "; ".join(told)})


def _with_score(t: Trade, signals: Signals, mandate: Mandate) -> Trade:
    market = signals.market
    at, told = market.universe.positions[t.security_id], []
    for measure in dict.fromkeys(w.measure for w in mandate.esg):
        scale = market.esg_scale.get(measure)
        if scale is None or t.security_id not in scale.evidence:
            continue
        good = scale.direction.sign * float(market.esg[measure][at])
        if (good > 0) == (t.side is Side.BUY) and good != 0:
            told.append(f"TILTED {t.ticker}: {measure} {scale.evidence[t.security_id]}")
    if not told:
        return t
    return replace(t, sentence=f"{t.sentence} {'. '.join(told)}.", facts={**t.facts, "tilted": "; ".join(told)})


def esg_notes(signals: Signals, screens: tuple[ScreenFact, ...], mandate: Mandate) -> tuple[str, ...]:
    """What the reader must know of screens, gaps and providers, one sentence each; only where a wish asks for ESG."""
    notes = [_screen_note(s) for s in screens]
    named = _wished(mandate)
    for pair in disagreements(signals.market, named) if named else ():
        if len(pair.names):
            securities = signals.market.universe.securities
            apart = _list(tuple(securities[int(i)].ticker for i in pair.names))
            notes.append(
                f"{pair.first} and {pair.second} disagree on {len(pair.names)} of {counted(pair.both, 'name')} "
                f"(more than {APART:g} standard deviations apart in their sectors), such as {apart}."
            )
    return tuple(notes)


def _screen_note(s: ScreenFact) -> str:
    before, after, index = (f"{percent_from_fraction(x):.2f} %" for x in (s.before, s.after, s.index_weight))
    count = counted(len(s.reasons), "name is", "names are")
    said = f"Screen {s.screen}: {count} out, {index} of the index, {before} of the account before and {after} after"
    if s.left:
        said += f"; something is left of {_list(s.left)}"
    if s.unknown:
        weight = f"{percent_from_fraction(s.unknown_weight):.2f} %"
        names = counted(len(s.unknown), "name")
        said += f"; not known for {names}, {weight} of the account, such as {_list(s.unknown)}"
    return f"{said}."


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
