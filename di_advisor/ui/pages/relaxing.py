"""What stands in the way of a plan: each conflicting wish, the least it would have to give, and a button that gives it.

Problem: "infeasible" leaves a reader guessing which wish to loosen and by how much. Decision: the facts of the
refusal are shown wish by wish, those that are enough alone first; where a relaxation is a dial of the
optimize page, or the way in which wash sales enter, a button sets it and proposes again. What was refused is said
here, and the footer is silent about it. Limits: other relaxations (locks, cash, single names,
bands of one group) are words only; so are those of a refusal whose wishes have changed since.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import ipywidgets as widgets

from di_advisor.domain.mandate import Band, Mandate, WashPolicy
from di_advisor.report.wording import sentence_case, usd
from di_advisor.runs.spec import RunSpec
from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.fields import actions, button, line, said
from di_advisor.ui.verbs.wash_relief import OPEN_FROM, PRICED
from di_advisor.units import bps_from_fraction, fraction_from_bps, fraction_from_percent, percent_from_fraction

__all__ = ["ConflictBox", "Way", "ways_of"]

_SHOWN: Final = 8
_SAFE: Final = 1e-6
"""Above the least, so that the relaxed wish is not met with its last digit; a fraction of the account."""

_ROUNDING: Final = 2.0
"""Of what rounding passed a rule by: with more room the plan moves too."""

_ANY: Final = "Any one of these is enough, where it does not say otherwise; whole shares may need a little more:"
_NONE: Final = "No single one of these is enough:"
_CAP: Final = "tracking error cap"
_WHOLE: Final = "more room for whole shares"
_PASSED: Final = "There is a plan, but not in whole shares:"
_PRICE_WASHES: Final = "Price wash sales"


@dataclass(frozen=True)
class Way:
    """One conflicting wish and its cheapest relaxation.

    Attributes
    ----------
    wish, relaxation : str
        In words.
    enough : bool
        Whether it is enough alone.
    changes : Mapping
        Fields of the mandate that give; empty where no dial does.
    label : str
        What its button says.
    """

    wish: str
    relaxation: str
    enough: bool
    changes: Mapping[str, Any]
    label: str = ""


def _up(number: float, places: int) -> float:
    """The next number of so many places above, so that what is read is what is set and is enough."""
    scale = 10.0**places
    return math.ceil(number * scale - 1e-9) / scale


def _dial_of(rule: str, amount: float, mandate: Mandate, value_usd: Decimal | None) -> tuple[dict[str, Any], str]:
    """Fields that a rule's relaxation changes, and the button's words; nothing where no dial does."""
    if rule == _CAP and mandate.tracking_error_max is not None:
        bps = _up(bps_from_fraction(mandate.tracking_error_max + amount), 1)
        return {"tracking_error_max": round(fraction_from_bps(bps), 10)}, f"Allow {bps:,.1f} bps a year"
    if rule == "turnover" and mandate.turnover_max is not None:
        percent = min(_up(percent_from_fraction(mandate.turnover_max + amount + _SAFE), 2), percent_from_fraction(1.0))
        return {"turnover_max": round(fraction_from_percent(percent), 10)}, f"Allow {percent:,.2f} % turnover"
    if rule.startswith("sector band: ") and mandate.sector_band is not None:
        band = mandate.sector_band
        percent = _up(percent_from_fraction(max(band.upper, -band.lower) + amount + _SAFE), 2)
        return (
            {"sector_band": Band.within(round(fraction_from_percent(percent), 10))},
            f"Widen all sector bands to ± {percent:,.2f} % of account",
        )
    if rule == "gain budget" and mandate.gain_budget_usd is not None and value_usd is not None:
        more = math.ceil((amount + _SAFE) * float(value_usd))
        budget = Decimal(math.ceil(float(mandate.gain_budget_usd)) + more)
        return {"gain_budget_usd": budget}, f"Allow {usd(budget)} of net gain"
    return {}, ""


def ways_of(state: AppState) -> tuple[Way, ...]:
    """Relaxations of the last refusal, those that are enough alone first; none where none is known."""
    asked = state.asked
    if asked is None or asked.solved != state.spec.solved:
        return ()
    ways = (*_of_rules(state, asked), *_wash_sales(state, asked.mandate))
    return tuple(sorted(ways, key=lambda way: not way.enough))


def _wash_sales(state: AppState, mandate: Mandate) -> tuple[Way, ...]:
    """Wash sales priced instead of banned, where that is known to leave a plan; and until when to wait instead."""
    if not state.facts.get(PRICED) or mandate.wash_policy is not WashPolicy.BAN:
        return ()
    opens = state.facts.get(OPEN_FROM)
    wait = f"; or wait: the last wash-sale window of today has closed by {opens}" if opens else ""
    priced = "wash sales priced by what they defer, instead of banned: that leaves a plan"
    changes = {"wash_policy": WashPolicy.PRICE}
    return (Way("", f"{priced}{wait}", enough=True, changes=changes, label=_PRICE_WASHES),)


def _of_rules(state: AppState, asked: RunSpec) -> tuple[Way, ...]:
    """What each wish in the conflict would have to become."""
    facts = state.facts
    conflict, texts = tuple(facts.get("conflict", ())), tuple(facts.get("relaxations", ()))
    if not conflict:
        return _after_rounding(state, asked.mandate)
    if len(texts) != len(conflict):
        return tuple(Way("", text, enough=False, changes={}) for text in texts)
    rules = tuple(facts.get("rules", ())) or ("",) * len(conflict)
    amounts = tuple(facts.get("amounts", ())) or (0.0,) * len(conflict)
    enough = tuple(facts.get("enough", ())) or (False,) * len(conflict)
    same = [a for a in state.answers.values() if a.spec.mandate.withdrawal_usd == asked.mandate.withdrawal_usd]
    value_usd = same[0].proposal.weighed_usd if same else None
    found = []
    for wish, text, rule, amount, alone in zip(conflict, texts, rules, amounts, enough, strict=True):
        changes, label = _dial_of(rule, float(amount), asked.mandate, value_usd)
        said_already = rule == _CAP and "smallest" in facts  # what was refused begins with it
        found.append(Way("" if said_already else wish, text, bool(alone), changes, label))
    return tuple(found)


def _after_rounding(state: AppState, mandate: Mandate) -> tuple[Way, ...]:
    """More room in a rule that whole shares passed, where it is a dial."""
    rule, excess = state.facts.get("rule"), state.facts.get("excess")
    if not (isinstance(rule, str) and isinstance(excess, float) and excess > 0):
        return ()
    changes, label = _dial_of(rule, _ROUNDING * excess, mandate, None)
    return (Way(state.error, _WHOLE, enough=True, changes=changes, label=label),)


class ConflictBox:
    """Shows what stands in the way; hidden where nothing does.

    Parameters
    ----------
    apply : callable
        Takes the fields of a relaxation, and asks again.
    """

    def __init__(self, apply: Callable[[Mapping[str, Any]], None]) -> None:
        self._apply = apply
        self._lead, self._rest = line(), line()
        self._lines = [line() for _ in range(_SHOWN)]
        self._buttons = [button("", "Set this, and propose again") for _ in range(_SHOWN)]
        for place, each in enumerate(self._buttons):
            each.on_click(lambda _, place=place: self._clicked(place))
        self._rows = [actions(b, words) for words, b in zip(self._lines, self._buttons, strict=True)]
        self.box = widgets.VBox([self._lead, *self._rows, self._rest])
        self.box.add_class("di-page")
        self._ways: tuple[Way, ...] = ()
        self._said: tuple[str, ...] = ()
        self._what = ""
        self._fill()

    def show(self, state: AppState) -> None:
        """Show the relaxations of the last refusal."""
        ways, what = ways_of(state), state.error
        together = tuple(str(t) for t in state.facts.get("together", ())) if ways else ()
        for each in self._buttons:
            each.disabled = state.running
        if (ways, together, what) != (self._ways, self._said, self._what):
            self._ways, self._said, self._what = ways, together, what
            self._fill()

    def _fill(self) -> None:
        ways = self._ways
        self.box.layout.display = "" if ways else "none"
        enough = any(w.enough for w in ways)
        lead = _ANY if enough else _NONE
        if any(w.relaxation == _WHOLE for w in ways):
            lead = _PASSED
        self._lead.value = said(self._what, lead, role="alert") if ways else ""
        for place, (words, pressed) in enumerate(zip(self._lines, self._buttons, strict=True)):
            way = ways[place] if place < len(ways) else None
            self._rows[place].layout.display = "none" if way is None else ""
            words.value = "" if way is None else said(_sentence(way, self._what, alone=enough))
            pressed.description = "" if way is None else way.label
            pressed.layout.display = "" if way is not None and way.changes else "none"
        more = len(ways) - _SHOWN
        self._rest.value = said(
            f"And {more} more." if more > 0 else "",
            f"All of these at once would do: {'; '.join(self._said)}." if self._said else "",
        )

    def _clicked(self, place: int) -> None:
        if place < len(self._ways) and self._ways[place].changes:
            self._apply(self._ways[place].changes)


def _sentence(way: Way, what: str, *, alone: bool) -> str:
    """What a way needs; its wish only where what was refused does not name it already."""
    wish = "" if way.wish in what else f"{way.wish} "
    short = " Not enough alone." if alone and not way.enough else ""
    return f"{wish}{sentence_case(way.relaxation)}.{short}"
