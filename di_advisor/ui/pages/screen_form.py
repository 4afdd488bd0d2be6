"""A screen that clients ask for by name, as controls: told by a measure, or by industries that stand in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from di_advisor.domain.exclusions import Unknown
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.screen_presets import PRESETS, screen
from di_advisor.errors import InputError
from di_advisor.report.wording import percent
from di_advisor.signals.measure_coverage import MeasureCoverage
from di_advisor.ui.pages.fields import choice, offer, typed_number
from di_advisor.ui.pages.wish_form import WishForm, typed_fraction
from di_advisor.units import percent_from_fraction

__all__ = ["ScreenForm"]

_BY_INDUSTRY: Final = "industry, as a stand-in"


class ScreenForm(WishForm):
    """A screen that clients ask for by name."""

    title = "Screen"

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__(changed)
        self._known: dict[str, MeasureCoverage] = {}
        self._industries: frozenset[str] = frozenset()
        self._preset = choice("Screen", sorted(PRESETS), "What the client does not want to own")
        self._by = choice("Told by", [_BY_INDUSTRY], "A measure that holds the share of revenue, or a flag")
        self._threshold = typed_number("Leaves from this share of revenue on (%)", 5.0, 0.5)
        strictness = [("stays (lenient)", Unknown.LENIENT), ("leaves too (strict)", Unknown.STRICT)]
        self._unknown = choice("A name without a figure", strictness)
        self._has(self._preset, self._by, self._threshold, self._unknown)
        self._preset.observe(lambda _: self._usual(), names="value")
        self._preset.value = "tobacco"

    def offer(self, found: dict[str, Any]) -> None:
        """Offer the measures that are shares of revenue, and the industries there are."""
        self._known = {m.measure: m for m in found["measures"] if m.unit in {"%", ""}}
        self._industries = frozenset(found["industries"])
        if tuple(self._by.options) != (*self._known, _BY_INDUSTRY):
            offer(self._by, [*self._known, _BY_INDUSTRY])
            self._usual()
        self.explain()

    def _usual(self) -> None:
        """The preset's usual threshold, and the measure that is called like it, where there is one."""
        preset = PRESETS[self._preset.value]
        self._threshold.value = percent_from_fraction(preset.threshold)
        first = preset.screen.replace("defence", "defense").replace(" ", "_").partition(":")[0]
        like = [m for m, known in self._known.items() if (known.topic or m).startswith(first)]
        self._by.value = like[0] if like else _BY_INDUSTRY

    def reasons(self) -> Sequence[str]:
        """What tells who is in the business, and what that gets wrong."""
        preset = PRESETS[self._preset.value]
        if self._by.value != _BY_INDUSTRY:
            known = self._known[self._by.value]
            covers = f"{known.covered:,} of {known.names:,} names of the index, {percent(known.index_coverage, 1)} %"
            usual = f"{percent(preset.threshold, 1)} % of revenue or more" if preset.threshold else "any involvement"
            return (f"{known.measure} covers {covers} of its weight.", f"Usual threshold: {usual}.")
        if not preset.labels:
            return (f"No classification stands in for {preset.screen}: choose a measure.",)
        there = sorted(set(preset.labels) & self._industries)
        found = f"Industries: {', '.join(there)}." if there else "None of its industries is in this universe."
        caution = f"A stand-in, not a share of revenue: {preset.caution}." if preset.caution else ""
        return (found, caution)

    def label(self) -> str:
        """The screen's name."""
        return f"no {self._preset.value}"

    def applied(self, mandate: Mandate) -> Mandate:
        """The mandate with the screen in the place of one of the same name."""
        preset = PRESETS[self._preset.value]
        if self._by.value == _BY_INDUSTRY:
            if preset.labels and not set(preset.labels) & self._industries:
                raise InputError(
                    f"None of the industries of {preset.screen} is in this universe.", hint="Choose a measure."
                )
            made = screen(preset.screen, by_label=True)
        else:
            known = self._known[self._by.value]
            at = typed_fraction(self._threshold.value)
            threshold = None if at == preset.threshold else at
            made = screen(preset.screen, measure=known.measure, threshold=threshold, source=known.provider)
        made = replace(made, unknown=Unknown(self._unknown.value))
        rest = [e for e in mandate.exclusions if e.screen != made.screen]
        return mandate.with_changes(exclusions=(*rest, made))
