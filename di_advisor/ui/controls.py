"""The panel's widgets: controls only, core ipywidgets and one small anywidget.

Number boxes and not sliders: they have accessible names and take exact values. The guard (an
anywidget without state) keeps keys typed here out of the notebook's command mode, and carries the
panel's style sheet, which uses the theme's variables only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import anywidget
import ipywidgets as widgets
from markupsafe import Markup

from di_advisor.report.markup import escaped
from di_advisor.ui.choices import Choices
from di_advisor.ui.state import PanelState, Phase

__all__ = ["Controls", "Guard"]

_HERE = files("di_advisor.ui")
_STATUS = Markup('<span role="status"><b>{}</b></span>')
_REFUSED = Markup('<div class="di-error" role="alert">{}</div>')
_FAILED = Markup('<div class="di-error" role="alert">The solver process failed:<pre tabindex="0">{}</pre></div>')


class Guard(anywidget.AnyWidget):
    """Keeps keys inside the panel and gives controls their names."""

    _esm = (_HERE / "guard.js").read_text(encoding="utf-8")
    _css = (_HERE / "panel.css").read_text(encoding="utf-8")


def _number(label: str, value: float, highest: float, step: float, tip: str) -> widgets.BoundedFloatText:
    return widgets.BoundedFloatText(
        value=value,
        min=0.0,
        max=highest,
        step=step,
        description=label,
        tooltip=tip,
        style={"description_width": "auto"},
    )


class Controls:
    """The widgets.

    Parameters
    ----------
    accounts : list of str
        Labels to choose from.
    choices : Choices
        Starting values.
    simulated : bool
        Whether the sample is used.

    Attributes
    ----------
    propose, cancel : Button
        The two buttons.
    """

    def __init__(self, accounts: list[str], choices: Choices, *, simulated: bool) -> None:
        self._inputs: dict[str, Any] = {
            "account": widgets.Dropdown(
                options=accounts, value=choices.account, description="Account", style={"description_width": "auto"}
            ),
            "tracking_error_max_bps": _number(
                "Tracking-error cap (bps a year)", choices.tracking_error_max_bps, 9999.0, 5.0, "0 sets no cap"
            ),
            "min_trade_usd": _number(
                "Minimum trade ($)", choices.min_trade_usd, 1e9, 50.0, "Nothing, or at least this"
            ),
            "sector_band_percent": _number(
                "Sector band (± % of account)", choices.sector_band_percent, 99.0, 0.25, "0 sets no band"
            ),
            "short_term_rate_percent": _number(
                "Tax rate, short term (%)", choices.short_term_rate_percent, 99.0, 0.1, "Federal, investment and state"
            ),
            "long_term_rate_percent": _number(
                "Tax rate, long term (%)", choices.long_term_rate_percent, 99.0, 0.1, "Federal, investment and state"
            ),
        }
        self.propose = widgets.Button(description="Propose", button_style="primary", tooltip="Solve in a child process")
        self.cancel = widgets.Button(description="Cancel", disabled=True, tooltip="End the running solve")
        self._status = widgets.HTML(_STATUS.format("Ready"))
        self._elapsed = widgets.HTML("")
        self._elapsed.add_class("di-elapsed")
        self._error = widgets.HTML("")
        whose = "Simulated sample: invented companies and prices." if simulated else "Your portfolios."
        title = widgets.HTML(
            Markup('<div class="di-title">Propose a rebalance</div><div class="di-sub">{}</div>').format(whose)
        )
        grid = widgets.Box(list(self._inputs.values()))
        grid.add_class("di-grid")
        actions = widgets.Box([self.propose, self.cancel, self._status, self._elapsed])
        actions.add_class("di-actions")
        self._box = widgets.VBox([Guard(), title, grid, actions, self._error])
        self._box.add_class("di-app")

    def view(self) -> dict[str, Any]:
        """Media types and content that show the widgets."""
        return dict(self._box._repr_mimebundle_())

    def choices(self) -> Choices:
        """What the controls say now."""
        return Choices(**{name: control.value for name, control in self._inputs.items()})

    def on_edit(self, told: Callable[[], None]) -> None:
        """Call ``told`` after each change of a control."""
        for control in self._inputs.values():
            control.observe(lambda _: told(), names="value")

    def set(self, name: str, value: str | float) -> None:
        """Set a control, as a person would."""
        self._inputs[name].value = value

    def tick(self, started: float) -> None:
        """Show the seconds since ``started`` (of the monotonic clock)."""
        shown = f"{time.monotonic() - started:.1f} s"
        if shown != self._elapsed.value:
            self._elapsed.value = shown

    def show(self, state: PanelState) -> None:
        """Show what the panel is doing."""
        self.propose.disabled, self.cancel.disabled = state.running, not state.running
        self._status.value = _STATUS.format(escaped(state.status))
        template = _FAILED if state.phase is Phase.FAILED else _REFUSED
        self._error.value = template.format(_escaped_lines(state.error)) if state.error else ""


def _escaped_lines(text: str) -> Markup:
    """Text of several lines, each safe inside HTML."""
    return Markup("\n").join(escaped(line) for line in text.splitlines())
