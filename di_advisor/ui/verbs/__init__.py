"""What a child process can be asked: one function a verb, ``(desk, request, say) -> value``.

A request is a mapping of values, ``spec`` among them wherever an account is meant; an answer is a value of
the domain, or a mapping of such and of bundles ready to show. A verb writes nothing but files it is told to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from di_advisor.ui.desk import Desk, Say
from di_advisor.ui.verbs import (
    esg_files,
    explaining,
    exporting,
    fleets,
    lots,
    measuring,
    opening,
    polling,
    proposing,
    sweeping,
    training,
    watching,
    wishing,
    year_ending,
)

__all__ = ["VERBS"]

Verb = Callable[[Desk, Mapping[str, Any], Say], Any]

VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "account_of_fleet": fleets.account_of_fleet,
        "choose_costs": training.choose_costs,
        "compare_costs": training.compare_costs,
        "cost_card": training.cost_card,
        "cost_shelf": training.cost_shelf,
        "esg_head": esg_files.esg_head,
        "explain": explaining.explain,
        "export_orders": exporting.export_orders,
        "fleet_page": fleets.fleet_page,
        "frontier": sweeping.frontier,
        "give": opening.give,
        "load_orders": training.load_orders,
        "lots": lots.lots,
        "measure": measuring.measure,
        "open": opening.open_source,
        "poll_quotes": polling.poll_quotes,
        "price_all": wishing.price_all,
        "price_wish": wishing.price_wish,
        "propose": proposing.propose,
        "start_fleet": fleets.start_fleet,
        "train_costs": training.train_costs,
        "try_esg": esg_files.try_esg,
        "watch": watching.watch,
        "watch_costs": training.watch_costs,
        "why_not": explaining.why_not,
        "wishable": wishing.wishable,
        "year_end": year_ending.year_end,
    }
)
