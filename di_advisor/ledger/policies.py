"""Where the law is silent: each choice a named setting, with its default, recorded with every result.

Limits: a setting says how these programs read the law, not what a court would say. Settings of the
return (tables or formula, AMT) stand with the return; which securities are substantially identical
stands with `IdenticalGroups`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.ledger.recent_trades import SoldReplacement

__all__ = [
    "ACTION_ORDER",
    "FractionFrom",
    "LedgerPolicies",
    "MissingPercentages",
    "PartOrder",
    "RetirementPlans",
    "SpouseReplacement",
    "WashLaw",
]

ACTION_ORDER: Final = (
    "TickerChange",
    "Split",
    "ReverseSplit",
    "StockDividend",
    "Rights",
    "ReturnOfCapital",
    "SpinOff",
    "Exchange",
    "MixedMerger",
    "StockMerger",
    "CashMerger",
    "Delisting",
)
"""Order of several actions on one day: first what changes no value, last what ends a security."""


class PartOrder(StrEnum):
    """Which part of one purchase comes first when its parts carry different holding periods."""

    TACKED_FIRST = "tacked_first"
    UNTACKED_FIRST = "untacked_first"


class SpouseReplacement(StrEnum):
    """What becomes of a loss when the replacement was bought in the spouse's account."""

    BASIS_CARRIES = "basis_carries"
    LOST = "lost"


class RetirementPlans(StrEnum):
    """How purchases in a 401(k) or HSA are read: no ruling was found."""

    LIKE_AN_IRA = "like_an_ira"
    NO_REPLACEMENT = "no_replacement"


class FractionFrom(StrEnum):
    """Which lot supplies the fraction of a share that is paid in cash."""

    EARLIEST = "earliest"
    LATEST = "latest"
    HIGHEST_BASIS = "highest_basis"


class MissingPercentages(StrEnum):
    """What happens to lots when a spin-off's percentages are not published."""

    PENDING = "pending"
    BY_VALUE = "by_value"


class WashLaw(StrEnum):
    """Whether 26 USC 1091 is applied at all; without it books are a comparison, and no basis of a return."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"


@dataclass(frozen=True, slots=True)
class LedgerPolicies:
    """The settings of one replay.

    Attributes
    ----------
    sold_replacement : SoldReplacement
        Whether shares bought in the window and sold before the loss sale replace. Default: they
        do, since 26 USC 1091(a), read literally, does not ask that they are still owned.
    part_order : PartOrder
        Default: the part held longest first.
    spouse_replacement : SpouseReplacement
        Default: the disallowed loss goes into the basis of the spouse's lot.
    retirement_plans : RetirementPlans
        Default: like an IRA (Rev. Rul. 2008-5), so that the loss is gone.
    fraction_from : FractionFrom
        Default: the earliest lot of the account.
    missing_percentages : MissingPercentages
        Default: lots of both names are pending. By value: split by the values the event gives.
    action_order : tuple of str
        Names of event types, in the order in which actions of one day are applied.
    wash_law : WashLaw
        Applied; books without it serve to say what the law costs, and are recorded so.
    """

    sold_replacement: SoldReplacement = SoldReplacement.COUNTS
    part_order: PartOrder = PartOrder.TACKED_FIRST
    spouse_replacement: SpouseReplacement = SpouseReplacement.BASIS_CARRIES
    retirement_plans: RetirementPlans = RetirementPlans.LIKE_AN_IRA
    fraction_from: FractionFrom = FractionFrom.EARLIEST
    missing_percentages: MissingPercentages = MissingPercentages.PENDING
    action_order: tuple[str, ...] = ACTION_ORDER
    wash_law: WashLaw = WashLaw.APPLIED

    def __post_init__(self) -> None:
        if sorted(self.action_order) != sorted(ACTION_ORDER):
            raise InputError(
                f"The order of actions is {', '.join(self.action_order)}.",
                hint=f"Name each of these once: {', '.join(ACTION_ORDER)}.",
            )

    def recorded(self) -> Mapping[str, str]:
        """Name and value of every setting, to be kept with a result."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        if self.wash_law is WashLaw.APPLIED:
            del values["wash_law"]  # the law as it is needs no record
        return FrozenMap({name: ",".join(v) if isinstance(v, tuple) else str(v) for name, v in values.items()})
