"""Cost-model lab: past orders, a model trained on them, its card, two of them side by side, and the choice of one.

Problem: what a trade costs is learnt from one's own fills, and a model that looks good and loses money is worse than
the formula. Decision: orders are read and their losses told first; training tells every tree and Cancel ends it, and
it may be asked to stop by itself where later days are no longer predicted better; the
verdict of the rule stands on top of the card, and only a model that beats the prior can be put to use. The chosen
model is part of the run: it is saved with it, and named by its bytes. Limits: models stand in one folder beside the
notebook; orders are read anew for each question, so that an ended process loses nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import ipywidgets as widgets

from di_advisor.domain.trained_costs import CostTraining
from di_advisor.errors import InputError
from di_advisor.report.wording import count_of
from di_advisor.runs.past_orders import OrderFiles
from di_advisor.runs.trained_costs import PRIOR, SHIPPED
from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.fields import actions, button, choice, folds, grid, line, offer, said, typed_number
from di_advisor.ui.pages.orders_form import OrdersForm
from di_advisor.ui.pages.page import Bundle, Host, Page

__all__ = ["CostLabPage"]

_SHIPS: Final = ("The model that ships", SHIPPED)
_PATIENCE: Final = 20


class CostLabPage(Page):
    """Trains, describes, compares and chooses cost models."""

    title = "Costs"
    empty = (
        "Nothing is shown yet. Read and check past orders, train a model on them, or show the card of one that stands "
        "above: what it learnt from, how it did on later days, and whether it may price trades."
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._orders = OrdersForm()
        self._read = button("Read and check", "What is in these orders, what was dropped and why")
        self._seed = typed_number("Seed (a whole number)", 0.0, 1.0, "Everything random follows from it")
        self._blocks = typed_number("Blocks to test on", 4.0, 1.0, "Blocks of days, each predicted by what came before")
        self._early = widgets.Checkbox(
            value=False,
            description="Stop early on later days",
            tooltip=f"Ends {_PATIENCE} trees after the error on the last training days was lowest",
            indent=False,
        )
        self._train = button("Train", "Train, test out of sample, show the card; Cancel ends it", style="primary")
        self._model = choice("Model", [_SHIPS], "Trained models, newest first")
        self._other = choice("Compare with", [_SHIPS], "Another model to stand beside it")
        self._card = button("Show card", "Data, scores, constants, limits; every byte is checked")
        self._compare = button("Compare", "Both models side by side")
        self._use = button("Use in proposals", "Only a model that beats the prior is used")
        self._prior = button("Use the prior", "Half-spread and square-root law with published constants")
        self._since = widgets.DatePicker(
            description="First day that it did not see",
            style={"description_width": "auto"},
            tooltip="Orders from then on",
        )
        self._watch = button("Compare with what was paid", "Predicted against paid by month, drift, alarms")
        self._says, self._now, self._about = line(), line(), line()
        self._described: dict[str, str] = {}
        self._model.observe(lambda _: self._describe(), names="value")
        works = {
            self._read: self._load,
            self._train: self._run,
            self._card: self._show_card,
            self._compare: self._beside,
            self._use: self._choose,
            self._watch: self._look,
        }
        for control, work in works.items():
            control.on_click(lambda _, work=work: host.start(work))
        self._prior.on_click(lambda _: self._take(PRIOR))
        self._buttons = (*works, self._prior)
        watching = widgets.VBox([grid(self._since), actions(self._watch)])
        watching.add_class("di-page")
        self._box = widgets.VBox(
            [
                self._orders.box,
                actions(self._read),
                grid(self._seed, self._blocks, self._early),
                actions(self._train),
                grid(self._model, self._other),
                self._about,
                actions(self._card, self._compare, self._use, self._prior),
                self._now,
                folds(("Watch the model", watching)),
                self._says,
            ]
        )
        self._box.add_class("di-page")
        self._bundle: Bundle | None = None
        self._listed = False
        self.show(host.state)

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Say which model prices the trades."""
        for control in self._buttons:
            control.disabled = state.running
        name = state.spec.models.cost
        self._prior.layout.display = "none" if name == PRIOR else ""
        words = {PRIOR: "the prior: published constants", SHIPPED: "the model that ships, trained on simulated orders"}
        self._now.value = said(f"Trades are priced by {words.get(name, f'the model {name}')}.")

    def result(self, state: AppState) -> Bundle | None:
        """What was shown last."""
        del state
        return self._bundle

    def opened(self) -> None:
        """List the models there are, the first time."""
        if not self._listed and not self.host.state.running:
            self.host.start(self._list)

    # --- what the reader does

    async def _list(self) -> None:
        found: dict[str, Any] | None = await self.host.ask("cost_shelf", doing="Listing cost models")
        if found is not None:
            self._offer(found)

    def _offer(self, found: dict[str, Any]) -> None:
        self._listed = True
        options = [(label, model) for model, label, _ in found["models"]]
        self._described = {model: words for model, _, words in found["models"]}
        offer(self._model, options)
        offer(self._other, options)
        self._describe()
        self._says.value = said(*found["damaged"], role="alert") if found["damaged"] else self._says.value

    def _describe(self) -> None:
        self._about.value = said(self._described.get(self._model.value, ""))

    def _tell(self, *sentences: str, role: str = "note") -> None:
        self._says.value = said(*sentences, role=role)

    def _show(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.host.show(self)

    def _files(self) -> tuple[bool, OrderFiles | None]:
        """Whether orders are named, and which files."""
        try:
            return True, self._orders.files()
        except InputError as error:
            self._tell(error.what, error.hint, role="alert")
            return False, None

    async def _load(self) -> None:
        named, files = self._files()
        if not named:
            return
        found: dict[str, Any] | None = await self.host.ask(
            "load_orders", doing="Reading past orders", spec=self.host.state.spec, files=files
        )
        if found is not None:
            source = "simulated order" if found["simulated"] else "order"
            self._tell(f"{count_of(found['orders'], source)} to learn from; the report stands below.")
            self._show(found["bundle"])

    async def _run(self) -> None:
        named, files = self._files()
        training = self._training() if named else None
        if training is None:
            return
        found: dict[str, Any] | None = await self.host.ask(
            "train_costs", doing="Training", spec=self.host.state.spec, files=files, training=training
        )
        if found is None:
            return
        self._offer(found["shelf"])
        self._model.value = found["model_id"]
        verdict = "It beats the prior: use it in proposals if you like." if found["promoted"] else "The prior stays."
        self._tell(f"Trained and kept as {found['model_id']}. {verdict}", found["left_out"])
        self._show(found["bundle"])

    def _training(self) -> CostTraining | None:
        opened: date | None = (self.host.state.opened or {}).get("as_of")
        if opened is None:
            self._tell("No source is open, so there is no day to write on the card.", "Open one first.", role="alert")
            return None
        if not all(float(box.value).is_integer() for box in (self._seed, self._blocks)):
            self._tell("Seed and blocks are whole numbers.", "Such as seed 0 and 4 blocks.", role="alert")
            return None
        try:
            return CostTraining(
                opened,
                int(self._seed.value),
                int(self._blocks.value),
                patience=_PATIENCE if self._early.value else None,
            )
        except InputError as error:
            self._tell(error.what, error.hint, role="alert")
            return None

    async def _show_card(self) -> None:
        bundle: Bundle | None = await self.host.ask("cost_card", doing="Reading the card", model=self._model.value)
        if bundle is not None:
            self._tell()
            self._show(bundle)

    async def _beside(self) -> None:
        bundle: Bundle | None = await self.host.ask(
            "compare_costs", doing="Comparing models", first=self._model.value, second=self._other.value
        )
        if bundle is not None:
            self._tell()
            self._show(bundle)

    async def _choose(self) -> None:
        found: dict[str, Any] | None = await self.host.ask(
            "choose_costs", doing="Checking the model", model=self._model.value
        )
        if found is not None:
            self._take(found["model"])
            self._tell(found["verdict"])

    def _take(self, name: str) -> None:
        spec = self.host.state.spec
        self._says.value = ""
        self.host.edit(spec.with_changes(models=replace(spec.models, cost=name)))

    async def _look(self) -> None:
        named, files = self._files()
        if not named:
            return
        if self._since.value is None:
            self._tell("No day is given.", "Give the first day whose orders the model did not see.", role="alert")
            return
        found: dict[str, Any] | None = await self.host.ask(
            "watch_costs",
            doing="Watching the model",
            spec=self.host.state.spec,
            files=files,
            model=self._model.value,
            since=self._since.value,
        )
        if found is not None:
            alarms = found["alarms"]
            self._tell(
                *(alarms or ("Nothing changed that these orders can show.",)), role="alert" if alarms else "note"
            )
            self._show(found["bundle"])
