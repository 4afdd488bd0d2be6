"""The cost-model lab as Python: the same orders read, the same models trained, shown, compared, chosen, watched."""

from __future__ import annotations

from datetime import date

from di_advisor.domain.trained_costs import CostTraining
from di_advisor.runs.code import import_lines, python_value
from di_advisor.runs.past_orders import OrderFiles
from di_advisor.runs.spec import KernelSource, Source

__all__ = [
    "python_of_cards",
    "python_of_choice",
    "python_of_orders",
    "python_of_shelf",
    "python_of_training",
    "python_of_watched_costs",
]

_SHELF = "di_advisor.runs.trained_costs"


def _orders(source: Source, files: OrderFiles | None) -> tuple[set[str], str]:
    """Import lines, and an expression for the orders of files, or else of a source."""
    if files is not None:
        needed, named = python_value(files)
        return {*needed, "from di_advisor.runs.past_orders import orders_of_files"}, f"orders_of_files({named})"
    lines = {"from di_advisor.runs.past_orders import orders_of_frame"}
    opened = "facts"
    if not isinstance(source, KernelSource):
        needed, named = python_value(source)
        lines |= {*needed, "from di_advisor.runs.facts import facts_of"}
        opened = f"facts_of({named})"
    return lines, f"orders_of_frame({opened}.orders)"


def python_of_orders(source: Source, files: OrderFiles | None) -> str:
    """Past orders, with what was dropped and why."""
    lines, orders = _orders(source, files)
    return "\n".join([*import_lines(lines), "", orders])


def python_of_shelf() -> str:
    """The trained models that there are."""
    return f"from {_SHELF} import shelf\n\nshelf()"


def python_of_cards(*models: str) -> str:
    """Cards of models by their ids."""
    calls = ", ".join(f"cost_model_card({model!r})" for model in models)
    return f"from {_SHELF} import cost_model_card\n\n{calls}"


def python_of_choice(model: str) -> str:
    """Whether the rule of promotion lets a model be used: its verdict, or the refusal."""
    return "\n".join(
        [
            f"from {_SHELF} import cost_model_card, refuse_unproven",
            "",
            f"card = cost_model_card({model!r})",
            "refuse_unproven(card)",
            "card.verdict",
        ]
    )


def python_of_watched_costs(source: Source, files: OrderFiles | None, model: str, since: date) -> str:
    """How a model does on orders since a day."""
    lines, orders = _orders(source, files)
    needed, day = python_value(since)
    lines |= {*needed, f"from {_SHELF} import cost_model_folder", "from di_advisor.registry import cost_trainer"}
    return "\n".join(
        [
            *import_lines(lines),
            "",
            f"orders = {orders}",
            f"cost_trainer().watch(cost_model_folder({model!r}), orders.history, since={day})",
        ]
    )


def python_of_training(source: Source, files: OrderFiles | None, training: CostTraining) -> str:
    """Lines that run in a fresh kernel and give the same model on the same shelf, of orders until the day of training.

    Parameters
    ----------
    source : Source
        Whose orders, where no files are given; of a kernel's values, ``facts`` are those that were given.
    files : OrderFiles or None
        Files of orders.
    training : CostTraining
        Day, seed, blocks, prior.
    """
    imports, how = python_value(training)
    lines, orders = _orders(source, files)
    lines |= {*imports, f"from {_SHELF} import train_into_shelf"}
    return "\n".join(
        [
            *import_lines(lines),
            "",
            f"training = {how}",
            f"orders = {orders}.until(training.trained_on)",
            "card = train_into_shelf(orders.history, training)",
            "card.verdict",
        ]
    )
