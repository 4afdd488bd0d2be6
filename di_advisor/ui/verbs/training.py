"""Training: past orders read and checked, a cost model trained on them, cards, the choice of one, and watching it.

Problem: a training takes a minute and must be ended at once when the reader says so. Decision: it runs here, in the
child process, and tells every tree; Cancel ends the process, and a model is stored only when it is whole. Every request
names its orders, so that a new process answers as the old one would. Limits: the shelf of models is the folder of
`di_advisor.runs.trained_costs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.domain.trained_costs import CostModelCard
from di_advisor.registry import cost_trainer
from di_advisor.report.cost_card_view import card_bundle, cards_bundle
from di_advisor.report.past_orders_view import orders_bundle, watched_bundle
from di_advisor.runs.past_orders import PastOrders, orders_of_files, orders_of_frame
from di_advisor.runs.trained_costs import (
    SHIPPED,
    cost_model_card,
    cost_model_folder,
    refuse_unproven,
    shelf,
    train_into_shelf,
)
from di_advisor.runs.training_code import python_of_cards, python_of_training
from di_advisor.ui.desk import Desk, Say
from di_advisor.ui.equivalents import files_of_orders

__all__ = ["choose_costs", "compare_costs", "cost_card", "cost_shelf", "load_orders", "train_costs", "watch_costs"]

_TOLD_EVERY = 0.01


def load_orders(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Read past orders and say what became of them.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``; ``files``, an `OrderFiles`, or None for the orders of the open source.
    say : Say
        Told the phase.

    Returns
    -------
    dict
        ``orders`` (how many can be learnt from), ``simulated``, ``bundle``.

    Raises
    ------
    InputError
        If there are none, or a file cannot be used.
    """
    found = _orders(desk, request, say)
    label = desk.facts(request["spec"].source, say).label if files_of_orders(request) is None else ""
    bundle = orders_bundle(found.history, found.quality, found.sentences, label)
    return {"orders": len(found.history), "simulated": found.history.simulated, "bundle": bundle}


def train_costs(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Train a cost model, keep it on the shelf, and give its card.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec`` and ``files`` as for `load_orders`; ``training``, a `CostTraining`.
    say : Say
        Told after each hundredth of the trees, and what they are for.

    Returns
    -------
    dict
        ``model_id``, ``promoted``, ``bundle``, ``left_out`` (a sentence on orders after the day of training; empty
        where there are none), and ``shelf`` as of `cost_shelf`.

    Raises
    ------
    DiAdvisorError
        If the orders cannot be used, none is of the day of training or earlier, or the model cannot be kept.
    """
    found = _orders(desk, request, say).until(request["training"].trained_on)
    last = 0.0

    def told(share: float, stage: str) -> None:
        nonlocal last
        if share - last >= _TOLD_EVERY or share >= 1.0:
            last = share
            say.progress(share, stage)

    say.progress(0.0, "Training")
    card = train_into_shelf(found.history, request["training"], told=told)
    code = python_of_training(request["spec"].source, files_of_orders(request), request["training"])
    return {
        "model_id": card.model_id,
        "promoted": card.promoted,
        "left_out": found.later,
        "bundle": card_bundle(card, found.sentences, code=code),
        "shelf": cost_shelf(desk, request, say),
    }


def cost_shelf(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:  # noqa: ARG001 - a verb
    """The models there are.

    Returns
    -------
    dict
        ``models``: (id, short label, what it is in a sentence) of each, the shipped one last; ``damaged``:
        sentences; ``folder``.
    """
    known = shelf()
    shipped = cost_model_card(SHIPPED)
    models = [(card.model_id, card.model_id, _described(card)) for card in known.cards]
    return {
        "models": (*models, (SHIPPED, "The model that ships", _described(shipped))),
        "damaged": known.damaged,
        "folder": str(known.folder),
    }


def cost_card(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, str]:  # noqa: ARG001 - a verb
    """The card of a model by ``model``, as a bundle.

    Raises
    ------
    StoreError
        If there is none, or it was changed.
    """
    return card_bundle(cost_model_card(request["model"]), code=python_of_cards(request["model"]))


def compare_costs(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, str]:  # noqa: ARG001 - a verb
    """Two models, ``first`` and ``second``, side by side, as a bundle.

    Raises
    ------
    StoreError
        If one is not there, or was changed.
    """
    first, second = str(request["first"]), str(request["second"])
    return cards_bundle(cost_model_card(first), cost_model_card(second), code=python_of_cards(first, second))


def choose_costs(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:  # noqa: ARG001 - a verb
    """Let ``model`` be used, if the rule of promotion allows it.

    Returns
    -------
    dict
        ``model`` and the rule's ``verdict``.

    Raises
    ------
    InputError
        If it does not beat the prior.
    StoreError
        If it is not there, or was changed.
    """
    card = cost_model_card(request["model"])
    refuse_unproven(card)
    return {"model": request["model"], "verdict": card.verdict}


def watch_costs(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """How ``model`` does on orders ``since`` a day, of ``spec`` and ``files`` as for `load_orders`.

    Returns
    -------
    dict
        ``alarms`` (sentences) and ``bundle``.

    Raises
    ------
    InputError
        If no order is of that day or later.
    """
    found, name = _orders(desk, request, say), request["model"]
    say.phase("Comparing predicted with paid")
    watched = cost_trainer().watch(cost_model_folder(name), found.history, since=request["since"])
    return {"alarms": watched.alarms, "bundle": watched_bundle(watched, name)}


def _orders(desk: Desk, request: Mapping[str, Any], say: Say) -> PastOrders:
    files = files_of_orders(request)
    say.phase("Reading past orders")
    if files is not None:
        return orders_of_files(files)
    return orders_of_frame(desk.facts(request["spec"].source, say).orders)


def _described(card: CostModelCard) -> str:
    data = card.facts["data"]
    source = "simulated orders" if card.simulated else "orders"
    verdict = "beats the prior" if card.promoted else "does not beat the prior, so it is not used"
    seed = card.facts["seed"]
    return f"Trained on {data['orders']:,} {source} on {card.facts['trained_on']}, seed {seed}; {verdict}."
