"""``di-advisor costs``: past orders, and cost models that are trained on them, compared, chosen and watched.

Problem: a cost model is as good as the orders behind it, and a desk wants the same steps from cron that it takes in
the notebook. Decision: each command reads orders as the app does, shows the same tables, and keeps models on the same
shelf; a model is promoted only by the rule on its card. Limits: training runs in this process; Ctrl-C leaves nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.files import order_columns
from di_advisor.cli.parsing import day
from di_advisor.cli.screen import Screen
from di_advisor.errors import InputError

if TYPE_CHECKING:
    from di_advisor.domain.trade_history import TradeHistory
    from di_advisor.domain.trained_costs import CostModelCard
    from di_advisor.runs.past_orders import OrderFiles, PastOrders

__all__ = ["add_costs", "check_orders", "compare_models", "promote_model", "show_card", "train_model", "watch_model"]

_CSV = "csv"
_ORDERS = 'orders, or orders with their fills; a table that "costs check --out" wrote; or "sample"'
_MODEL = 'folder of a model, its id on the shelf, or "learned", which ships'


def add_costs(command: argparse.ArgumentParser) -> None:
    """Add the commands about trading costs."""
    command.description = "Past orders, what they cost, and models that learn from them."
    actions = command.add_subparsers(title="commands", required=True, metavar="COMMAND")
    checking = actions.add_parser(
        "check",
        help="read past orders: what was dropped and why, overlaps, implementation shortfall",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=order_columns(),
    )
    _add_orders(checking)
    checking.add_argument("--out", type=Path, metavar="FILE", help="write what is kept, as Parquet")
    checking.set_defaults(run=check_orders)
    training = actions.add_parser(
        "train", help="train a model on past orders, test it by walking forward, show its card"
    )
    _add_orders(training, needed=False)
    training.add_argument("--recipe", type=Path, metavar="FILE", help="TOML of day, seed, blocks, prior and orders")
    training.add_argument("--trained-on", type=day, metavar="DATE", help="day to write on the card, without a recipe")
    training.add_argument("--seed", type=int, metavar="N", help="everything random follows from it (0)")
    training.add_argument(
        "--patience", type=int, metavar="N", help="stop early: N trees without a better error on the last training days"
    )
    training.add_argument("--out", type=Path, metavar="DIR", help="folder of the model; else it goes to the shelf")
    training.set_defaults(run=train_model)
    card = actions.add_parser("card", help="show the card of a model, after every byte was checked")
    card.add_argument("model", metavar="MODEL", help=_MODEL)
    card.set_defaults(run=show_card)
    comparing = actions.add_parser("compare", help="two models side by side")
    comparing.add_argument("first", metavar="MODEL", help=_MODEL)
    comparing.add_argument("second", metavar="MODEL", help=_MODEL)
    comparing.set_defaults(run=compare_models)
    promoting = actions.add_parser("promote", help="put a model on the shelf if it beats the prior; refuse it if not")
    promoting.add_argument("model", metavar="MODEL", help=_MODEL)
    promoting.set_defaults(run=promote_model)
    watching = actions.add_parser(
        "watch", help="predicted against paid by month, drift, alarms; exit code 1 on an alarm"
    )
    watching.add_argument("model", metavar="MODEL", help=_MODEL)
    _add_orders(watching)
    watching.add_argument("--since", type=day, required=True, metavar="DATE", help="first day that it did not see")
    watching.set_defaults(run=watch_model)


def _add_orders(command: argparse.ArgumentParser, *, needed: bool = True) -> None:
    command.add_argument("orders", type=Path, nargs=None if needed else "?", metavar="ORDERS", help=_ORDERS)
    command.add_argument("--reader", default=_CSV, metavar="NAME", help="csv, ibkr_flex, or an installed one (csv)")
    command.add_argument("--fills", type=Path, metavar="FILE", help="fills, where they stand in a file of their own")
    for name, what in (("daily", "daily conditions"), ("quotes", "quotes"), ("minutes", "minute averages")):
        command.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"CSV or Parquet of {what}")
    command.add_argument(
        "--zone", default="", metavar="ZONE", help="of times that carry none, such as America/New_York"
    )
    command.add_argument(
        "--mapping", type=Path, metavar="FILE", help="TOML of columns, sides, order types and zone (csv)"
    )


def check_orders(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show what became of a file of orders, and what they cost; refuse it where none is left."""
    from di_advisor.runs.past_orders import NONE_LEFT, refuse_none

    found = _read(_files(arguments, arguments.orders), screen)
    for sentence in found.sentences:
        if sentence == NONE_LEFT:
            continue  # it is why the command ends as it does, and is said there
        screen.show(sentence)
        if found.quality is not None and sentence == found.quality.sentence:
            _show_findings(found, screen)
    refuse_none(found)
    if arguments.out is not None:
        _write(found.read, arguments.out)
        screen.show(str(arguments.out))


def train_model(arguments: argparse.Namespace, screen: Screen) -> None:
    """Train a model, keep it, and show its card."""
    from di_advisor.domain.trained_costs import CostTraining
    from di_advisor.registry import cost_trainer
    from di_advisor.report.cost_card_view import card_bundle
    from di_advisor.runs.trained_costs import refuse_later_orders, train_into_shelf

    trainer, orders = cost_trainer(), arguments.orders
    if arguments.recipe is not None:
        training, named = trainer.recipe(arguments.recipe)
        orders = orders or named
    elif arguments.trained_on is None:
        raise InputError("No day to write on the card is given.", hint="Give --trained-on DATE, or a --recipe.")
    else:
        training = CostTraining(arguments.trained_on)
    if orders is None:
        raise InputError("No orders are given.", hint='Name a file, or "sample".')
    if arguments.seed is not None:
        training = replace(training, seed=arguments.seed)
    if arguments.patience is not None:
        training = replace(training, patience=arguments.patience)
    found = _read(_files(arguments, orders), screen)
    for sentence in found.sentences:
        screen.show(sentence)
    said: set[str] = set()

    def told(_: float, stage: str) -> None:
        if stage not in said:
            said.add(stage)
            screen.note(f"{stage} ...")

    if arguments.out is not None:
        refuse_later_orders(found.history, training.trained_on)
        card = trainer.train(found.history, training, arguments.out, told=told)
    else:
        card = train_into_shelf(found.history, training, told=told)
    screen.show(card_bundle(card)["text/plain"])
    screen.show(f"Kept as {arguments.out or card.model_id}")


def show_card(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show a model's card."""
    from di_advisor.report.cost_card_view import card_bundle

    screen.show(card_bundle(_card(arguments.model))["text/plain"])


def compare_models(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show two models side by side."""
    from di_advisor.report.cost_card_view import cards_bundle

    screen.show(cards_bundle(_card(arguments.first), _card(arguments.second))["text/plain"])


def promote_model(arguments: argparse.Namespace, screen: Screen) -> None:
    """Put a model on the shelf under its id, if it beats the prior."""
    from di_advisor.runs.trained_costs import kept_on_shelf, refuse_unproven

    card = _card(arguments.model)
    refuse_unproven(card)
    place = _place(arguments.model)
    kept = kept_on_shelf(card, place)
    name = "learned" if place is None else card.model_id
    screen.show(f"{card.verdict}\nKept as {kept}.")
    screen.show(f"Named in a run: Models(cost={name!r}); here: di-advisor propose --cost-model {name}")


def watch_model(arguments: argparse.Namespace, screen: Screen) -> int:
    """Show how a model does on orders that it did not see.

    Returns
    -------
    int
        1 where there is an alarm, else 0.
    """
    from di_advisor.registry import cost_trainer
    from di_advisor.report.past_orders_view import watched_bundle

    found = _read(_files(arguments, arguments.orders), screen)
    card = _card(arguments.model)
    watched = cost_trainer().watch(_place(arguments.model), found.history, since=arguments.since)
    screen.show(watched_bundle(watched, card.model_id)["text/plain"])
    return int(bool(watched.alarms))


def _files(arguments: argparse.Namespace, orders: Path) -> OrderFiles:
    from di_advisor.runs.past_orders import OrderFiles

    names = ("reader", "fills", "daily", "quotes", "minutes", "zone", "mapping")
    return OrderFiles(orders, **{name: getattr(arguments, name) for name in names})


def _read(files: OrderFiles, screen: Screen) -> PastOrders:
    from di_advisor.runs.past_orders import orders_of_files

    with screen.noting_warnings():
        return orders_of_files(files)


def _show_findings(found: PastOrders, screen: Screen) -> None:
    for finding in found.quality.findings if found.quality is not None else ():
        screen.show(f"  {finding.count:>8,}  {finding.treatment}: {finding.flaw}")
        for example in finding.examples:
            screen.show(f"            {example}")


def _place(model: str) -> Path | None:
    """Folder of a model that is named by its path or id; None for the shipped one."""
    from di_advisor.runs.trained_costs import cost_model_folder

    return Path(model) if Path(model).is_dir() else cost_model_folder(model)


def _card(model: str) -> CostModelCard:
    from di_advisor.registry import cost_trainer
    from di_advisor.runs.trained_costs import cost_model_card

    return cost_trainer().card(Path(model)) if Path(model).is_dir() else cost_model_card(model)


def _write(history: TradeHistory, path: Path) -> None:
    from di_advisor.cli.outputs import write_parquet

    write_parquet(path, history.to_frame())
