"""The cost-model lab: its page with a made-up host, its verbs with the sample and with files."""

from __future__ import annotations

from datetime import date
from html import unescape
from typing import Any

import pytest

from di_advisor.domain.trained_costs import CostTraining
from di_advisor.errors import InputError
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.past_orders import OrderFiles, orders_of_files
from di_advisor.runs.spec import FileSource, Models
from di_advisor.runs.trained_costs import train_into_shelf
from di_advisor.runs.training_code import python_of_training
from di_advisor.testing.random_orders import random_names, random_orders
from di_advisor.ui.desk import Desk
from di_advisor.ui.pages.cost_lab import CostLabPage
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.verbs import VERBS
from tests.ui.fake_host import FakeHost

SPEC = RunSpec(SampleSource(), "young")
DAY = date(2026, 6, 30)
BUNDLE = {"text/html": "<p>card</p>", "text/markdown": "card", "text/plain": "card"}
SHELF = {
    "models": (
        ("2026-06-30-0123456789ab", "2026-06-30-0123456789ab", "Trained on 300 orders; beats the prior."),
        ("2026-06-30-00000000beef", "2026-06-30-00000000beef", "Does not beat the prior."),
        ("learned", "The model that ships", "Trained on simulated orders."),
    ),
    "damaged": (),
    "folder": "cost_models",
}


class Heard:
    """Keeps what a verb says."""

    def __init__(self) -> None:
        self.shares: list[float] = []
        self.stages: list[str] = []

    def phase(self, text: str) -> None:
        self.stages.append(text)

    def progress(self, fraction: float, text: str) -> None:
        self.shares.append(fraction)
        self.stages.append(text)

    def partial(self, content: Any) -> None: ...


def page_of(answers: dict[str, Any] | None = None, spec: RunSpec = SPEC) -> tuple[FakeHost, CostLabPage]:
    host = FakeHost(spec, {"cost_shelf": SHELF, **(answers or {})})
    host.state.opened = {"as_of": DAY}
    page = CostLabPage(host)
    host.page = page
    return host, page


def test_models_are_listed_once_when_the_page_opens() -> None:
    host, page = page_of()
    page.opened()
    page.opened()
    assert [verb for verb, _ in host.asked] == ["cost_shelf"]
    assert [value for _, value in page._model.options] == [model for model, _, _ in SHELF["models"]]


def test_a_damaged_model_is_told_with_what_is_wrong() -> None:
    _, page = page_of({"cost_shelf": {**SHELF, "damaged": ("params.json is not what was written <b>",)}})
    page.opened()
    assert 'role="alert"' in page._says.value
    assert "&lt;b&gt;" in page._says.value


def test_orders_are_read_and_their_report_is_shown_and_stays() -> None:
    host, page = page_of({"load_orders": {"orders": 2, "simulated": True, "bundle": BUNDLE}})
    page._read.click()
    assert host.asked == [("load_orders", {"spec": SPEC, "files": None})]
    assert "2 simulated orders to learn from" in page._says.value
    assert host.shown == [BUNDLE]
    assert page.result(host.state) == BUNDLE


def test_files_that_are_named_travel_to_the_child() -> None:
    host, page = page_of({"load_orders": {"orders": 1, "simulated": False, "bundle": BUNDLE}})
    page._orders.kind.value = "My files"
    page._read.click()
    assert not host.asked
    assert "No file of orders is named." in page._says.value
    page._orders._paths["orders"].value = " orders.csv "
    page._orders._zone.value = "America/New_York"
    page._read.click()
    ((_, request),) = host.asked
    files = restored(plain(request["files"]))
    assert files == request["files"]
    assert (str(files.orders), files.zone, files.fills) == ("orders.csv", "America/New_York", None)


def test_training_asks_with_the_day_of_the_source_and_offers_what_came_of_it() -> None:
    found = {"model_id": "2026-06-30-00000000beef", "promoted": False, "left_out": "", "bundle": BUNDLE, "shelf": SHELF}
    host, page = page_of({"train_costs": found})
    page._seed.value = 3.0
    page._train.click()
    ((verb, request),) = host.asked
    assert (verb, request["training"]) == ("train_costs", CostTraining(DAY, 3, 4))
    assert restored(plain(request["training"])) == request["training"]
    assert page._model.value == "2026-06-30-00000000beef"
    assert "Does not beat the prior." in page._about.value
    assert "The prior stays." in page._says.value
    assert host.state.spec.models.cost == "prior"


def test_training_that_is_to_stop_early_asks_so() -> None:
    found = {"model_id": "2026-06-30-00000000beef", "promoted": False, "left_out": "", "bundle": BUNDLE, "shelf": SHELF}
    host, page = page_of({"train_costs": found})
    page._early.value = True
    page._train.click()
    ((_, request),) = host.asked
    assert request["training"] == CostTraining(DAY, patience=20)
    assert restored(plain(request["training"])) == request["training"]


@pytest.mark.parametrize(("seed", "blocks", "says"), [(0.5, 4.0, "whole numbers"), (0.0, 0.0, "0 blocks")])
def test_a_slip_is_told_and_nothing_is_asked(seed: float, blocks: float, says: str) -> None:
    host, page = page_of()
    page._seed.value, page._blocks.value = seed, blocks
    page._train.click()
    assert not host.asked
    assert says in page._says.value


def test_without_an_open_source_there_is_no_day_for_the_card() -> None:
    host, page = page_of()
    host.state.opened = None
    page._train.click()
    assert not host.asked
    assert "Open one first." in page._says.value


def test_a_model_is_chosen_only_where_the_rule_lets_it_and_becomes_part_of_the_run() -> None:
    host, page = page_of({"choose_costs": None})
    page.opened()
    page._use.click()
    assert host.state.spec == SPEC
    host.answers["choose_costs"] = {"model": "2026-06-30-0123456789ab", "verdict": "The model replaces the prior: x."}
    page._use.click()
    assert host.state.spec == SPEC.with_changes(models=Models(cost="2026-06-30-0123456789ab"))
    assert "priced by the model 2026-06-30-0123456789ab" in page._now.value
    assert "The model replaces the prior: x." in page._says.value
    page._prior.click()
    assert host.state.spec == SPEC
    assert page._prior.layout.display == "none"


def test_two_models_are_compared_and_a_card_is_shown() -> None:
    host, page = page_of({"cost_card": BUNDLE, "compare_costs": BUNDLE})
    page.opened()
    page._model.value = "2026-06-30-0123456789ab"
    page._card.click()
    page._compare.click()
    assert host.asked[1:] == [
        ("cost_card", {"model": "2026-06-30-0123456789ab"}),
        ("compare_costs", {"first": "2026-06-30-0123456789ab", "second": "learned"}),
    ]
    assert host.shown == [BUNDLE, BUNDLE]


def test_watching_needs_a_day_and_tells_the_alarms() -> None:
    host, page = page_of({"watch_costs": {"alarms": ("Since May all orders cost 20% more.",), "bundle": BUNDLE}})
    page._watch.click()
    assert not host.asked
    page._since.value = date(2026, 1, 1)
    page._watch.click()
    assert host.asked[0][1]["since"] == date(2026, 1, 1)
    assert "Since May all orders cost 20% more." in page._says.value


# --- verbs


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("DI_ADVISOR_COST_MODELS", str(tmp_path / "models"))
    random_orders(random_names(9), 300, 9).history.to_frame().to_parquet(tmp_path / "orders.parquet", index=False)
    return OrderFiles(tmp_path / "orders.parquet")


def test_the_samples_orders_are_read_with_their_label(desk: Desk) -> None:
    found = VERBS["load_orders"](desk, {"spec": SPEC, "files": None}, Heard())
    assert found["orders"] == 20_000
    assert found["simulated"]
    assert "simulated" in found["bundle"]["text/plain"]


def test_a_training_tells_each_stage_and_its_card_says_all_that_a_reader_needs(desk: Desk, files) -> None:
    heard = Heard()
    asked = {"spec": SPEC, "files": files, "training": CostTraining(DAY, blocks=2)}
    found = restored(plain(VERBS["train_costs"](desk, restored(plain(asked)), heard)))
    assert heard.shares == sorted(heard.shares)
    assert heard.shares[-1] == 1
    assert [*dict.fromkeys(heard.stages)][1:] == [
        "Training",
        "Testing block 1 of 2",
        "Testing block 2 of 2",
        "Training on all 300 orders",
    ]
    assert found["shelf"]["models"][0][0] == found["model_id"]
    text = found["bundle"]["text/plain"]
    for part in (
        "Skill against the prior",
        "Dollars predicted over",
        "resolve a mean cost",
        "Share of prior",
        "Window",
    ):
        assert part in text
    html = found["bundle"]["text/html"]
    assert "data:image/png;base64," in html
    assert "Limits" in html
    assert "<script" not in html
    assert "Python that repeats this" in html


def test_the_python_of_a_training_gives_the_same_model(desk: Desk, files) -> None:
    training = CostTraining(DAY, blocks=2)
    found = VERBS["train_costs"](desk, {"spec": SPEC, "files": files, "training": training}, Heard())
    code = python_of_training(SPEC.source, files, training)
    known: dict[str, Any] = {}
    exec(code, known)  # noqa: S102  what the page shows is what is run
    assert known["card"].model_id == found["model_id"]
    assert "facts_of(SampleSource())" in python_of_training(SPEC.source, None, training)


def test_a_model_of_a_day_learns_from_no_order_after_it_in_the_panel_and_in_code(desk: Desk, files, tmp_path) -> None:
    days = random_orders(random_names(9), 300, 9).history.day
    day = days[len(days) // 2].astype("datetime64[D]").item()
    after = int((days > day).sum())
    assert 0 < after < 300
    asked = {"spec": SPEC, "files": files, "training": CostTraining(day, blocks=2)}
    found = VERBS["train_costs"](desk, asked, Heard())
    assert found["left_out"] == f"{after} of 300 orders arrived after {day} and are left out: then unknown."
    assert found["left_out"] in found["bundle"]["text/plain"]
    known: dict[str, Any] = {}
    exec(python_of_training(SPEC.source, files, asked["training"]), known)  # noqa: S102  what the page shows is what is run
    assert known["card"].model_id == found["model_id"]
    assert known["card"].facts["data"]["orders"] == 300 - after
    frame = random_orders(random_names(9), 300, 9).history.to_frame()
    until = tmp_path / "until" / files.orders.name  # a card names its file
    until.parent.mkdir()
    frame[days <= day].to_parquet(until, index=False)
    alone = {**asked, "files": OrderFiles(until)}
    assert VERBS["train_costs"](desk, alone, Heard())["model_id"] == found["model_id"], "the others change no byte"
    _, page = page_of({"train_costs": found})
    page._train.click()
    assert f"{after} of 300 orders arrived after {day}" in page._says.value


def test_orders_that_are_all_later_and_a_training_that_is_given_later_ones_are_refused(desk: Desk, files) -> None:
    early = CostTraining(date(1999, 1, 1), blocks=2)
    with pytest.raises(
        InputError, match="300 of 300 orders arrived after 1999-01-01, the day of training: none is left"
    ):
        VERBS["train_costs"](desk, {"spec": SPEC, "files": files, "training": early}, Heard())
    with pytest.raises(InputError, match="arrived after 1999-01-01, the day of training; the last on"):
        train_into_shelf(orders_of_files(files).history, early)


def test_orders_of_a_source_of_files_are_read_from_its_own_file(desk: Desk, files) -> None:
    here = files.orders.parent
    source = FileSource(here / "lots.csv", here / "prices.csv", here / "index.csv", DAY, orders=files.orders)
    asked = {"spec": RunSpec(source, "mine"), "files": None, "training": CostTraining(DAY, blocks=2)}
    found = VERBS["load_orders"](desk, asked, Heard())
    assert found["orders"] == 300
    assert "None of 300 orders overlaps" in found["bundle"]["text/plain"]
    trained = VERBS["train_costs"](desk, asked, Heard())
    assert "orders_of_files(OrderFiles(" in trained["bundle"]["text/html"]


def test_the_shipped_model_may_be_used_and_a_model_below_the_prior_may_not(desk: Desk, files) -> None:
    assert VERBS["choose_costs"](desk, {"model": "learned"}, Heard())["model"] == "learned"
    asked = {"spec": SPEC, "files": files, "training": CostTraining(DAY, blocks=2)}
    found = VERBS["train_costs"](desk, asked, Heard())
    assert not found["promoted"]
    with pytest.raises(InputError, match="is not used"):
        VERBS["choose_costs"](desk, {"model": found["model_id"]}, Heard())


def test_cards_are_compared_and_a_model_is_watched(desk: Desk, files) -> None:
    asked = {"spec": SPEC, "files": files, "training": CostTraining(DAY, blocks=2)}
    model = VERBS["train_costs"](desk, asked, Heard())["model_id"]
    both = VERBS["compare_costs"](desk, {"first": model, "second": "learned"}, Heard())
    assert f"cost_model_card('{model}'), cost_model_card('learned')" in unescape(both["text/html"])
    assert "different orders" in both["text/plain"]
    watched = VERBS["watch_costs"](desk, {**asked, "model": model, "since": date(2020, 1, 15)}, Heard())
    assert "Predicted against paid, by month" in watched["bundle"]["text/plain"]


def test_proposals_are_priced_by_the_model_that_was_chosen(desk: Desk) -> None:
    spec = SPEC.with_changes(models=Models(cost="learned"))
    facts = desk.estimated(spec, Heard())
    assert "20,000 simulated orders" in facts.costs.provenance
    assert desk.estimated(SPEC, Heard()).risk is facts.risk
    assert "simulated orders" not in desk.estimated(SPEC, Heard()).costs.provenance


def test_names_from_a_file_are_escaped_in_the_card(desk: Desk, files, tmp_path) -> None:
    frame = random_orders(random_names(9), 300, 9).history.to_frame().assign(venue="<img src=x onerror=alert(1)>")
    frame.to_parquet(tmp_path / "odd.parquet", index=False)
    asked = {"spec": SPEC, "files": OrderFiles(tmp_path / "odd.parquet"), "training": CostTraining(DAY, blocks=2)}
    bundle = VERBS["train_costs"](desk, asked, Heard())["bundle"]
    assert "<img src=x" not in bundle["text/html"]
    assert "<img" not in bundle["text/markdown"]
