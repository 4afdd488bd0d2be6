"""Many taxpayers: accounts stream in, proposals stream out; joint size, blocks of orders, a desk that sees all of them.

>>> from di_advisor import fleet, sample
>>> world = sample.load()  # doctest: +SKIP
>>> accounts, facts = fleet.SampleFleet(world, 12), fleet.sample_facts_of(world)  # doctest: +SKIP
>>> run = fleet.propose(accounts, facts, into="tonight", scheduler="in-process")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from di_advisor.fleet.account import FleetAccount
    from di_advisor.fleet.blocks import Allocation, Block, BlockFill, Rotation, allocate, blocks_of
    from di_advisor.fleet.desk import Desk
    from di_advisor.fleet.facts import FleetFacts
    from di_advisor.fleet.fairness import Fairness, fairness_of
    from di_advisor.fleet.generated import SampleFleet, sample_facts_of
    from di_advisor.fleet.running import FleetProgress, FleetRun, propose
    from di_advisor.fleet.sources import ParquetAccounts, write_accounts
    from di_advisor.fleet.store_accounts import StoreAccounts
    from di_advisor.fleet.warm import WarmAccounts
    from di_advisor.fleet.worklist import Shown, Worklist, WorklistPage, page_of

__all__ = [
    "Allocation",
    "Block",
    "BlockFill",
    "Desk",
    "Fairness",
    "FleetAccount",
    "FleetFacts",
    "FleetProgress",
    "FleetRun",
    "ParquetAccounts",
    "Rotation",
    "SampleFleet",
    "Shown",
    "StoreAccounts",
    "WarmAccounts",
    "Worklist",
    "WorklistPage",
    "allocate",
    "blocks_of",
    "fairness_of",
    "page_of",
    "propose",
    "sample_facts_of",
    "write_accounts",
]

_HOME = {
    "account": ("FleetAccount",),
    "blocks": ("Allocation", "Block", "BlockFill", "Rotation", "allocate", "blocks_of"),
    "desk": ("Desk",),
    "facts": ("FleetFacts",),
    "fairness": ("Fairness", "fairness_of"),
    "generated": ("SampleFleet", "sample_facts_of"),
    "running": ("FleetProgress", "FleetRun", "propose"),
    "sources": ("ParquetAccounts", "write_accounts"),
    "store_accounts": ("StoreAccounts",),
    "warm": ("WarmAccounts",),
    "worklist": ("Shown", "Worklist", "WorklistPage", "page_of"),
}
_WHERE = {name: f"{__name__}.{module}" for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
