"""Optimize: a few dials and the proposal they give."""

from __future__ import annotations

from decimal import Decimal

import ipywidgets as widgets

from di_advisor.domain.mandate import Band
from di_advisor.ui.app_state import AppState
from di_advisor.ui.formatters import proposal_bundle
from di_advisor.ui.pages.page import Bundle, Host, Page
from di_advisor.units import bps_from_fraction, fraction_from_bps, fraction_from_percent, percent_from_fraction

__all__ = ["OptimizePage", "number"]


def number(label: str, highest: float, step: float, tip: str) -> widgets.BoundedFloatText:
    """A number box with a visible name; it reports when the reader is done, not at every key."""
    return widgets.BoundedFloatText(
        min=0.0, max=highest, step=step, description=label, tooltip=tip, style={"description_width": "auto"}
    )


class OptimizePage(Page):
    """Proposes."""

    title = "Optimize"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._cap = number("Tracking-error cap (bps a year)", 9999.0, 5.0, "0 sets no cap")
        self._least = number("Minimum trade ($)", 1e9, 50.0, "Nothing, or at least this")
        self._band = number("Sector band (± % of account)", 99.0, 0.25, "0 sets no band")
        self._propose = widgets.Button(description="Propose", button_style="primary")
        self._propose.on_click(lambda _: host.start(host.propose))
        grid = widgets.Box([self._cap, self._least, self._band])
        grid.add_class("di-grid")
        actions = widgets.Box([self._propose])
        actions.add_class("di-actions")
        self._box = widgets.VBox([grid, actions])
        self._showing = False
        for control in (self._cap, self._least, self._band):
            control.observe(lambda _: self._edited(), names="value")

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Show what the spec says."""
        mandate = state.spec.mandate
        self._showing = True
        try:
            cap, band = mandate.tracking_error_max, mandate.sector_band
            self._cap.value = round(bps_from_fraction(cap), 6) if cap else 0.0
            self._least.value = float(mandate.min_trade_usd)
            self._band.value = round(percent_from_fraction(band.upper), 6) if band else 0.0
        finally:
            self._showing = False
        self._propose.disabled = state.running

    def result(self, state: AppState) -> Bundle | None:
        """The proposal of the scenario at hand."""
        return None if state.answer is None else proposal_bundle(state.answer.proposal)

    def _edited(self) -> None:
        if self._showing:
            return
        band = float(f"{fraction_from_percent(self._band.value):.10g}")
        self.host.edit(
            self.host.state.spec.with_wishes(
                tracking_error_max=float(f"{fraction_from_bps(self._cap.value):.10g}") or None,
                min_trade_usd=Decimal(f"{self._least.value:.10g}"),
                sector_band=Band.within(band) if band else None,
            )
        )
