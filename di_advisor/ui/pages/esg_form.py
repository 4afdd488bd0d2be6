"""A wish on an ESG measure as controls: a tilt in dollars, or a limit on the average, with what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Uncovered
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError
from di_advisor.report.wish_views import figure_of
from di_advisor.report.wording import percent
from di_advisor.signals.measure_coverage import MeasureCoverage
from di_advisor.ui.pages.fields import choice, offer, typed_number
from di_advisor.ui.pages.wish_form import WishForm, typed_fraction
from di_advisor.ui.pages.wish_items import COUNTS_AS, out_of_reach, wish_in_words

__all__ = ["EsgForm"]

_ASKS: Final[dict[str, str]] = {
    "Tilt": "usd_per_point",
    "Better than the index, relative": "uplift_min",
    "Better than the index, points": "delta_min",
    "Cut below the index (carbon)": "cut_min",
    "Average at least": "floor",
    "Average at most": "ceiling",
    "Coverage at least": "coverage_min",
}
_AMOUNT: Final[dict[str, str]] = {
    "usd_per_point": "Worth ($ a point of the average)",
    "uplift_min": "At least (% of the index's average)",
    "delta_min": "At least (points of the average)",
    "cut_min": "At least (% of the index's average)",
    "coverage_min": "At least (% of the holdings)",
}
_IN_PERCENT: Final = frozenset({"uplift_min", "cut_min", "coverage_min"})
_LIMITS: Final = frozenset({"floor", "ceiling"})


class EsgForm(WishForm):
    """A tilt or limit on an ESG measure."""

    title = "ESG measure"

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__(changed)
        self._known: dict[str, MeasureCoverage] = {}
        self._measure = choice("Measure", [], "Averages of the holdings are compared with the index's")
        self._ask = choice("Wish", list(_ASKS.items()))
        self._ask.value = "uplift_min"
        self._amount = typed_number(_AMOUNT["uplift_min"], 10.0)
        gaps = [(text, policy) for policy, text in COUNTS_AS.items()]
        self._gaps = choice("A name without a figure counts as", gaps)
        self._has(self._measure, self._ask, self._amount, self._gaps)

    def explain(self) -> None:
        """Name the unit of the amount, and write the reason line."""
        ask, known = str(self._ask.value), self._known.get(str(self._measure.value))
        unit = known.unit if known is not None and known.unit else "the measure's unit"
        self._amount.description = _AMOUNT.get(ask, f"Limit ({unit})")
        super().explain()

    def offer(self, found: dict[str, Any]) -> None:
        """Offer the measures there are."""
        self._known = {m.measure: m for m in found["measures"]}
        offer(self._measure, list(self._known))
        self.explain()

    def wish(self) -> EsgWish:
        """The wish that the controls say."""
        if self._measure.value is None:
            raise InputError("There is no ESG measure.", hint="Open a file of them on the Account page.")
        known, ask, amount = self._known[self._measure.value], str(self._ask.value), float(self._amount.value)
        if ask in _IN_PERCENT or (ask in _LIMITS and known.unit == "%"):
            amount = typed_fraction(amount)
        direction = Direction.LOWER_IS_BETTER if known.direction is None and ask == "cut_min" else None
        more: dict[str, Any] = {ask: amount, "unit": known.unit, "uncovered": Uncovered(self._gaps.value)}
        return EsgWish(known.measure, direction=direction, **more)

    def reasons(self) -> Sequence[str]:
        """Coverage, averages, direction, and whether the wish is out of reach."""
        if self._measure.value is None:
            return ("There is no ESG measure: open a file of them on the Account page.",)
        known = self._known[self._measure.value]
        good = "The data does not say which way is good; higher is taken."
        if known.direction is not None:
            good = f"{'Higher' if known.direction is Direction.HIGHER_IS_BETTER else 'Lower'} is better."
        averages = f"index {figure_of(known.index_average, known.unit)}, "
        averages += f"account {figure_of(known.account_average, known.unit)}"
        covers = f"{known.covered:,} of {known.names:,} names of the index, {percent(known.index_coverage, 1)} % of its"
        return (
            f"Covers {covers} weight and {percent(known.account_coverage, 1)} % of the account; average: {averages}.",
            f"{good} Names without a figure: {COUNTS_AS[Uncovered(self._gaps.value)]}.",
            out_of_reach(self.wish(), known),
        )

    def label(self) -> str:
        """The wish in words."""
        return wish_in_words(self.wish())

    def applied(self, mandate: Mandate) -> Mandate:
        """The mandate with the wish in the place of one of the same kind on the same measure."""
        wish, ask = self.wish(), str(self._ask.value)
        reach = out_of_reach(wish, self._known[wish.measure])
        if reach:
            raise InputError(reach, hint="Ask for less.")
        rest = [w for w in mandate.esg if not (w.measure == wish.measure and _only(w, ask))]
        return mandate.with_changes(esg=(*rest, wish))


def _only(wish: EsgWish, ask: str) -> bool:
    """Whether a wish asks for one thing and nothing else, so that a new one can take its place."""
    return [a for a in (*_ASKS.values(), "pathway") if getattr(wish, a) not in {None, 0.0}] == [ask]
