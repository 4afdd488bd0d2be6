"""A training as Python: lines that read the same orders and train the same model, made from the values."""

from __future__ import annotations

from di_advisor.domain.trained_costs import CostTraining
from di_advisor.runs.code import python_value
from di_advisor.runs.past_orders import OrderFiles
from di_advisor.runs.spec import KernelSource, Source

__all__ = ["python_of_training"]


def python_of_training(source: Source, files: OrderFiles | None, training: CostTraining) -> str:
    """Lines that run in a fresh kernel and give the same model on the same shelf.

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
    lines = {*imports, "from di_advisor.runs.trained_costs import train_into_shelf"}
    if files is not None:
        needed, named = python_value(files)
        lines |= {*needed, "from di_advisor.runs.past_orders import orders_of_files"}
        orders = f"orders_of_files({named})"
    else:
        lines |= {"from di_advisor.runs.past_orders import orders_of_frame"}
        opened = "facts"
        if not isinstance(source, KernelSource):
            needed, named = python_value(source)
            lines |= {*needed, "from di_advisor.runs.facts import facts_of"}
            opened = f"facts_of({named})"
        orders = f"orders_of_frame({opened}.orders)"
    return "\n".join(
        [*sorted(lines), "", f"orders = {orders}", f"card = train_into_shelf(orders.history, {how})", "card.verdict"]
    )
