"""What became of a trade history on its way in: what was dropped, what was noted, and why.

Problem: a history that lost a third of its orders without a word trains a model on the rest of the
truth. Decision: every order that is read is kept or counted under one reason, with examples; the
counts must add up, or the report cannot be made. Limits: an order with several flaws is counted under
the first that was found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Finding", "Flaw", "HistoryQuality", "QualityTally", "ReadHistory", "Treatment"]

_EXAMPLES = 5


class Treatment(StrEnum):
    """What was done about a flaw."""

    ORDER_DROPPED = "order dropped"
    FILL_DROPPED = "fill dropped"
    QUOTE_NOT_USED = "quote not used"
    NOTED = "kept, noted"


class Flaw(StrEnum):
    """Why something was dropped or noted."""

    NO_ORDER_ID = "no order id"
    NOT_A_STOCK = "not a stock"
    NOT_USD = "not in USD"
    CANCELLED = "cancelled or corrected trade"
    ROWS_DISAGREE = "rows of one order disagree"
    UNKNOWN_SECURITY = "unknown security"
    NO_ARRIVAL_TIME = "no arrival time"
    NOTHING_FILLED = "nothing filled"
    BAD_FIGURE = "shares or price not above zero"
    OVERFILLED = "more filled than ordered"
    FILL_OUTSIDE = "fill outside arrival to end"
    CONTRADICTORY_EXECUTION = "execution id repeated with other figures"
    DUPLICATE_EXECUTION = "execution id repeated"
    FILL_WITHOUT_ORDER = "fill of no order"
    FAR_FROM_MID = "fill further than 1 % from the middle"
    SPLIT_SUSPECTED = "split-adjusted price against raw shares suspected"
    FAR_FROM_MARKET = "price far from the market"
    ONE_SIDED_QUOTE = "one-sided quote"
    CROSSED_QUOTE = "crossed quote"
    NO_ARRIVAL_PRICE = "no arrival price"
    NO_HALF_SPREAD = "no half-spread"
    NO_VOLATILITY = "no volatility"
    NO_VOLUME = "no average volume"
    SIZE_ASSUMED = "order size taken as what was filled"
    WEAK_ARRIVAL_PRICE = "arrival price is not the middle at arrival"
    FILLS_NOT_CHECKED = "fills not compared with quotes"
    UNKNOWN_ORDER_TYPE = "order type not known"


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw and what was done about it.

    Attributes
    ----------
    flaw : Flaw
        Why.
    treatment : Treatment
        What was done.
    count : int
        Of orders, fills or quotes, as the treatment says; of orders where it is noted only.
    examples : tuple of str
        At most five, each with its id and figures.
    """

    flaw: Flaw
    treatment: Treatment
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class HistoryQuality:
    """Report on a history that was read.

    Attributes
    ----------
    source : str
        Name of the file.
    orders_read, orders_kept : int
        Parent orders.
    fills_read, fills_used : int
        Fills; 0 where orders came with averages only.
    findings : tuple of Finding
        Everything that was dropped or noted.

    Raises
    ------
    InputError
        If the orders that were dropped do not account for the difference.
    """

    source: str
    orders_read: int
    orders_kept: int
    fills_read: int
    fills_used: int
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        if self.orders_read - self.orders_dropped != self.orders_kept:
            raise InputError(
                f"{self.source}: {self.orders_read} orders were read, {self.orders_kept} kept and "
                f"{self.orders_dropped} dropped for a reason.",
                hint="This is a fault of the reader: every order is kept or counted once.",
                source=self.source,
            )

    @property
    def orders_dropped(self) -> int:
        """Parent orders that were dropped, each counted once."""
        return sum(f.count for f in self.findings if f.treatment is Treatment.ORDER_DROPPED)

    def count(self, flaw: Flaw) -> int:
        """How often a flaw was found."""
        return sum(f.count for f in self.findings if f.flaw is flaw)

    @property
    def sentence(self) -> str:
        """The report in one sentence."""
        told = "; ".join(f"{f.count:,} {_counted(f)} ({f.flaw})" for f in self.findings)
        return f"{self.source}: {self.orders_kept:,} of {self.orders_read:,} orders kept{': ' + told if told else ''}."

    def to_frame(self) -> pd.DataFrame:
        """One row a finding: flaw, treatment, count, examples."""
        import pandas as pd

        rows = [(str(f.flaw), str(f.treatment), f.count, "; ".join(f.examples)) for f in self.findings]
        return pd.DataFrame(rows, columns=["flaw", "treatment", "count", "examples"])


def _counted(finding: Finding) -> str:
    """The treatment of so many: "2 orders dropped"."""
    noun, _, rest = finding.treatment.partition(" ")
    return f"{noun}s {rest}" if finding.count > 1 and finding.treatment is not Treatment.NOTED else finding.treatment


@dataclass(frozen=True)
class ReadHistory:
    """A trade history, and what became of the rest.

    Attributes
    ----------
    history : TradeHistory
        The orders that can be used.
    quality : HistoryQuality
        What was dropped and noted.
    """

    history: TradeHistory
    quality: HistoryQuality


@dataclass
class QualityTally:
    """Counts flaws while a file is read.

    Attributes
    ----------
    source : str
        Name of the file.
    fills_read, fills_used : int
        Fills so far.
    dropped : dict of str to Flaw
        Orders that were dropped, with their first flaw.
    """

    source: str
    fills_read: int = 0
    fills_used: int = 0
    dropped: dict[str, Flaw] = field(default_factory=dict)
    _counts: Counter[tuple[Flaw, Treatment]] = field(default_factory=Counter)
    _examples: defaultdict[tuple[Flaw, Treatment], list[str]] = field(default_factory=lambda: defaultdict(list))

    def drop(self, order: str, flaw: Flaw, told: str = "") -> None:
        """Drop an order; a second flaw of the same order is not counted."""
        if order not in self.dropped:
            self.dropped[order] = flaw
            self.note(flaw, f"{order}{': ' + told if told else ''}", Treatment.ORDER_DROPPED)

    def note(self, flaw: Flaw, told: str, treatment: Treatment = Treatment.NOTED, *, count: int = 1) -> None:
        """Count something, with an example."""
        self._counts[flaw, treatment] += count
        examples = self._examples[flaw, treatment]
        if len(examples) < _EXAMPLES:
            examples.append(told)

    def report(self, *, kept: int) -> HistoryQuality:
        """The frozen report, in the order of `Flaw`."""
        order = list(Flaw)
        found = tuple(
            Finding(flaw, treatment, count, tuple(self._examples[flaw, treatment]))
            for (flaw, treatment), count in sorted(self._counts.items(), key=lambda item: order.index(item[0][0]))
        )
        return HistoryQuality(self.source, kept + len(self.dropped), kept, self.fills_read, self.fills_used, found)
