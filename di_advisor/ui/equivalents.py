"""Every question of the app as Python: the lines that ask in a fresh kernel what a press asked of the child process.

Problem: a click whose Python is not shown can be neither checked nor repeated. Decision: one table from verbs to the
lines made of the very request that is sent; a verb stands in it or in `WITHOUT`, with the reason, and a test runs the
lines of each and compares with what the verb answers. Limits: values of a kernel are named ``facts``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from di_advisor.fleet.worklist import BY_URGENCY, Shown
from di_advisor.runs import question_code as questions
from di_advisor.runs import reading_code as reading
from di_advisor.runs import training_code as training
from di_advisor.runs.code import python_of
from di_advisor.runs.of_fleet import python_of_fleet
from di_advisor.runs.past_orders import OrderFiles
from di_advisor.runs.spec import FileSource, RunSpec
from di_advisor.runs.watching import Watching

__all__ = ["ROWS_A_PAGE", "WITHOUT", "WRITTEN", "files_of_orders", "python_of_question"]

ROWS_A_PAGE: Final = 200
"""Accounts on a page of a fleet's list."""

Request = Mapping[str, Any]

WITHOUT: Final[Mapping[str, str]] = MappingProxyType(
    {"give": "It carries values of the kernel to the process that computes; in Python they are there, as facts."}
)
"""Verbs that no press asks for: why there is no Python."""


def files_of_orders(request: Request) -> OrderFiles | None:
    """Files of orders; a source of files names its own, which are read again, so that what was dropped is told."""
    files: OrderFiles | None = request["files"]
    source = request["spec"].source
    if files is None and isinstance(source, FileSource) and source.orders is not None:
        return OrderFiles(source.orders)
    return files


def _watched(request: Request) -> RunSpec:
    """The spec, with the policy that is asked with."""
    policy, spec = request["policy"], request["spec"]
    watching = policy if isinstance(policy, Watching) else Watching.of(policy.name, policy)
    asked: RunSpec = spec.with_changes(watching=watching)
    return asked


def _fleet_page(request: Request) -> str:
    return reading.python_of_fleet_page(
        Path(request["folder"]),
        number=request.get("number", 1),
        size=ROWS_A_PAGE,
        shown=Shown(request.get("shown", Shown.ALL)),
        find=request.get("find", ""),
        by=request.get("by", BY_URGENCY),
        descending=request.get("descending", False),
    )


def _export(request: Request) -> str:
    return reading.python_of_export(
        request["spec"],
        Path(request["folder"]),
        basket=bool(request.get("basket")),
        accepted=bool(request.get("accepted")),
        overwrite=bool(request.get("replace")),
    )


def _poll(request: Request) -> str:
    return reading.python_of_poll(
        _watched(request),
        str(request["quotes"]),
        now=request["now"],
        memory=request["memory"],
        every=bool(request.get("every")),
    )


WRITTEN: Final[Mapping[str, Callable[[Request], str]]] = MappingProxyType(
    {
        "account_of_fleet": lambda r: reading.python_of_fleet_account(r["source"]),
        "choose_costs": lambda r: training.python_of_choice(r["model"]),
        "compare_costs": lambda r: training.python_of_cards(str(r["first"]), str(r["second"])),
        "cost_card": lambda r: training.python_of_cards(r["model"]),
        "cost_shelf": lambda _: training.python_of_shelf(),
        "esg_head": lambda r: reading.python_of_esg_head(Path(r["path"])),
        "explain": lambda r: questions.python_of_trade(r["spec"], r["trade"]),
        "export_orders": _export,
        "fleet_page": _fleet_page,
        "frontier": lambda r: questions.python_of_frontier(r["spec"], str(r["field"]), tuple(r["values"])),
        "load_orders": lambda r: training.python_of_orders(r["spec"].source, files_of_orders(r)),
        "lots": lambda r: reading.python_of_lots(r["spec"].source, r["spec"].account),
        "measure": lambda r: questions.python_of_measures(r["spec"], proposed=bool(r.get("proposed"))),
        "open": lambda r: reading.python_of_opening(r["source"]),
        "poll_quotes": _poll,
        "price_all": lambda r: questions.python_of_prices(r["spec"]),
        "price_wish": lambda r: questions.python_of_price(r["spec"], r["mandate"], str(r["wish"])),
        "propose": lambda r: python_of(r["spec"]),
        "start_fleet": lambda r: python_of_fleet(r["request"]),
        "train_costs": lambda r: training.python_of_training(r["spec"].source, files_of_orders(r), r["training"]),
        "try_esg": lambda r: reading.python_of_esg_trial(r["source"]),
        "watch": lambda r: questions.python_of_watch(_watched(r), every=bool(r.get("every"))),
        "watch_costs": lambda r: training.python_of_watched_costs(
            r["spec"].source, files_of_orders(r), r["model"], r["since"]
        ),
        "why_not": lambda r: questions.python_of_why_not(r["spec"], str(r["name"])),
        "wishable": lambda r: questions.python_of_coverage(r["spec"]),
        "year_end": lambda r: questions.python_of_year_end(r["spec"], r["wishes"]),
    }
)
"""By verb, the lines of a request."""


def python_of_question(verb: str, request: Request) -> str:
    """Lines that ask what a request asks; empty where there are none.

    Parameters
    ----------
    verb : str
        As in `di_advisor.ui.verbs.VERBS`.
    request : Mapping
        What is sent with it.
    """
    written = WRITTEN.get(verb)
    return "" if written is None else written(request)
