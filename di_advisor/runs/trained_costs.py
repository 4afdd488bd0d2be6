"""Trained cost models in a folder beside the notebook: kept by their fingerprint, chosen only if they beat the prior.

Problem: a saved run names a model, and must get those bytes or none; and a model that does not beat the prior must
not price a trade because it is there. Decision: a model's folder is called by its id, which holds the beginning of
its fingerprint; whoever opens it compares both, and the rule of promotion on its card is asked first. Limits: the
folder is that of the environment variable DI_ADVISOR_COST_MODELS, or ``cost_models`` where the process runs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from di_advisor.domain.trade_history import TradeHistory
from di_advisor.domain.trained_costs import CostModelCard, CostTraining, fingerprint_of_id
from di_advisor.errors import DiAdvisorError, InputError, StoreError
from di_advisor.ports import CostModel
from di_advisor.registry import COST_MODELS, available, cost_model, cost_trainer

__all__ = [
    "PRIOR",
    "SHIPPED",
    "CostModelShelf",
    "chosen_cost_model",
    "cost_model_card",
    "cost_model_folder",
    "cost_models_folder",
    "kept_on_shelf",
    "refuse_later_orders",
    "refuse_unproven",
    "shelf",
    "train_into_shelf",
]

PRIOR: Final = "prior"
SHIPPED: Final = "learned"
"""Name of the trained model that comes with the package."""

_VARIABLE: Final = "DI_ADVISOR_COST_MODELS"
_USUAL: Final = "cost_models"


@dataclass(frozen=True)
class CostModelShelf:
    """The models of a folder.

    Attributes
    ----------
    folder : Path
        Where they are.
    cards : tuple of CostModelCard
        Of those that are whole, newest first.
    damaged : tuple of str
        What is wrong with the others, a sentence each.
    """

    folder: Path
    cards: tuple[CostModelCard, ...]
    damaged: tuple[str, ...] = ()


def cost_models_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Folder of trained models: that of the environment, or ``cost_models`` beside the notebook."""
    given = (os.environ if environment is None else environment).get(_VARIABLE, "")
    return Path(given).expanduser() if given else Path(_USUAL)


def shelf(folder: Path | None = None) -> CostModelShelf:
    """Every model of a folder, each byte of it checked; an empty shelf where there is no folder."""
    where = folder if folder is not None else cost_models_folder()
    cards, damaged = [], []
    for each in sorted(where.iterdir()) if where.is_dir() else []:
        if not fingerprint_of_id(each.name):
            continue
        try:
            cards.append(cost_model_card(each.name, where))
        except DiAdvisorError as e:
            damaged.append(str(e))
    ordered = sorted(cards, key=lambda card: card.model_id, reverse=True)
    return CostModelShelf(where, tuple(ordered), tuple(damaged))


def cost_model_folder(name: str, folder: Path | None = None) -> Path | None:
    """Folder of a model by its id; None for the shipped one.

    Raises
    ------
    InputError
        If the name is neither an id nor that of the shipped model.
    """
    if name == SHIPPED:
        return None
    if not fingerprint_of_id(name):
        raise InputError(
            f"{name!r} names no trained cost model.",
            hint=f"Give {SHIPPED}, or an id such as 2026-06-30-0123456789ab: day of training and fingerprint.",
        )
    return (folder if folder is not None else cost_models_folder()) / name


def cost_model_card(name: str, folder: Path | None = None) -> CostModelCard:
    """Card of a model by its id, or of the shipped one.

    Raises
    ------
    InputError
        If the name is none.
    StoreError
        If there is no such model, it was changed, or another one lies under its id.
    """
    place = cost_model_folder(name, folder)
    card = cost_trainer().card(place)
    if place is not None and not card.fingerprint.startswith(fingerprint_of_id(name)):
        raise StoreError(
            f"The model in {place} is {card.model_id}, not what its folder is called.",
            hint="Rename the folder to that, or take a copy of the right one.",
        )
    return card


def refuse_unproven(card: CostModelCard) -> None:
    """Let pass only a model that beats the prior by the rule fixed in advance.

    Raises
    ------
    InputError
        If it does not, with the rule's verdict.
    """
    if not card.promoted:
        raise InputError(
            f"The cost model {card.model_id} is not used. {card.verdict}",
            hint="Bring more orders, or stay with the prior; nothing overrides the rule.",
            model=card.model_id,
        )


def chosen_cost_model(name: str, folder: Path | None = None) -> CostModel:
    """A registered cost model by its name, or a trained one by its id.

    Raises
    ------
    InputError
        If a trained one does not beat the prior, or the name is none.
    StoreError
        If there is no such model, or it was changed.
    """
    if name in available(COST_MODELS) or not fingerprint_of_id(name):
        return cost_model(name)
    refuse_unproven(cost_model_card(name, folder))
    return cost_model(SHIPPED, path=cost_model_folder(name, folder), fingerprint=fingerprint_of_id(name))


def kept_on_shelf(card: CostModelCard, place: Path | None, folder: Path | None = None) -> Path:
    """Copy a model's folder onto the shelf under its id, unless it is there, and give its place there.

    Parameters
    ----------
    card : CostModelCard
        Of the model.
    place : Path or None
        Where it is; None for the shipped one, which every installation has.
    folder : Path, optional
        Of the shelf.

    Raises
    ------
    StoreError
        If it cannot be copied, or was changed on the way.
    """
    if place is None:
        return Path(SHIPPED)
    where = folder if folder is not None else cost_models_folder()
    target = where / card.model_id
    if not target.exists():
        fresh = where / f".copy-{os.getpid()}"
        try:
            where.mkdir(parents=True, exist_ok=True)
            shutil.copytree(place, fresh)
            fresh.rename(target)
        except OSError as e:
            shutil.rmtree(fresh, ignore_errors=True)
            raise StoreError(f"The model could not be kept in {where}: {e}.", hint="Check the folder.") from e
    cost_model_card(card.model_id, where)
    return target


def refuse_later_orders(history: TradeHistory, trained_on: date) -> None:
    """Refuse orders that nobody could have known on the day that a model's card will name.

    Parameters
    ----------
    history : TradeHistory
        What a model is to learn from.
    trained_on : date
        The day of training.

    Raises
    ------
    InputError
        If an order arrived after that day; it names the last one.
    """
    after = history.day > np.datetime64(trained_on)
    if after.any():
        last = int(np.argmax(history.day))
        raise InputError(
            f"{int(after.sum()):,} of {len(history):,} orders arrived after {trained_on}, the day of training; the "
            f"last on {history.day[last]}: {history.order_id[last]}.",
            hint="Give the day on which all of them were known (--trained-on, or the recipe's), correct their times, "
            "or leave them out (PastOrders.until).",
            day=trained_on,
        )


def train_into_shelf(
    history: TradeHistory,
    training: CostTraining,
    folder: Path | None = None,
    *,
    told: Callable[[float, str], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> CostModelCard:
    """Train and keep a model under its id; the same orders and seed give the same id.

    Raises
    ------
    InputError
        If an order arrived after the day of training: nobody knew it then.
    UnfinishedError
        If it was cancelled; nothing is kept.
    StoreError
        If the folder cannot be written.
    """
    refuse_later_orders(history, training.trained_on)
    where = folder if folder is not None else cost_models_folder()
    try:
        where.mkdir(parents=True, exist_ok=True)
        # Nothing is there until the training is done, so that one whose process was ended leaves nothing.
        fresh = where / f".training-{os.getpid()}"
        card = cost_trainer().train(history, training, fresh, told=told, cancel=cancel)
        target = where / card.model_id
        if target.exists():
            shutil.rmtree(fresh)
        else:
            fresh.rename(target)
    except OSError as e:
        raise StoreError(f"The model could not be kept in {where}: {e}.", hint="Check the folder.") from e
    return card
