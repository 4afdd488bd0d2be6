"""What is known of one account on one day: the only thing that triggers may look at.

Problem: a trigger that can reach a price history or tomorrow's index will, sooner or later, look ahead.
Decision: a frozen value with the day's signals, lots, target as announced so far, and the events of the day;
everything older that a trigger needs comes in its own state. Limits: the target's path must hold only what
was announced by the day, and events only what was known; both are checked for dates where they have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.domain.events import Event
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import Account
from di_advisor.domain.signals import Signals
from di_advisor.domain.target import Target
from di_advisor.errors import InputError
from di_advisor.signals.waiting import Harvesting, lot_states

if TYPE_CHECKING:
    from di_advisor.workspace import Workspace

__all__ = ["DayFacts", "LotAdvantage", "last_traded"]

_NOTHING_LEFT = 1e-6
"""Share of an account below which the rest of it is none."""


@dataclass(frozen=True)
class LotAdvantage:
    """What a harvest model says of selling each lot now against waiting, USD.

    Attributes
    ----------
    lower_usd : ndarray of shape (L,)
        Advantage less the model's margin, before today's trading cost; 0 for lots the model was not asked of.
    provenance : str
        Which model.
    """

    lower_usd: FloatArray
    provenance: str


@dataclass(frozen=True)
class DayFacts:
    """One account on one day.

    Attributes
    ----------
    label : str
        What people call the account.
    account : Account
        Lots, dated cash, recent fills.
    signals : Signals
        Prices, risk, costs, ESG measures, lots with gains and locks, target weights; of the same day.
    target : Target
        With the path as announced so far.
    mandate : Mandate
        The wishes.
    events : tuple of Event
        Dividends, flows and corporate actions of the day.
    last_rebalance : date or None
        When the account was last rebalanced, where known.
    advantage : LotAdvantage or None
        A harvest model's answer, where there is a model.
    set_aside : frozenset of str
        Security ids whose price of this moment is not to be trusted: their distance from the target counts as none.

    Raises
    ------
    InputError
        If an event or the last rebalance is of a later day: that would be a look ahead.
    """

    label: str
    account: Account
    signals: Signals
    target: Target
    mandate: Mandate
    events: tuple[Event, ...] = ()
    last_rebalance: date | None = None
    advantage: LotAdvantage | None = None
    set_aside: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        later = [e for e in self.events if e.on > self.as_of]
        if later:
            raise InputError(
                f"Event {later[0].event_id!r} is of {later[0].on}, after {self.as_of}.",
                hint="Give the events up to the day only.",
                event_id=later[0].event_id,
            )
        if self.last_rebalance is not None and self.last_rebalance > self.as_of:
            raise InputError(
                f"The last rebalance is of {self.last_rebalance}, after {self.as_of}.", hint="Give one of the past."
            )
        if self.advantage is not None and len(self.advantage.lower_usd) != len(self.signals.account.lots):
            raise InputError("The model's answer is not aligned to the lots.", hint="Use DayFacts.of.")

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        label: str = "",
        *,
        events: Iterable[Event] = (),
        last_rebalance: date | None = None,
        harvesting: Harvesting | None = None,
    ) -> DayFacts:
        """The facts of a workspace on its day; without a last rebalance, the last trade stands in.

        Raises
        ------
        InputError
            As the class, and as the harvest model.
        """
        signals = workspace.signals
        account = workspace.portfolio.account(signals.account.account_id)
        as_of = signals.market.as_of
        return cls(
            label=label or account.account_id,
            account=account,
            signals=signals,
            target=workspace.target,
            mandate=workspace.mandate,
            events=tuple(events),
            last_rebalance=last_rebalance or last_traded(account, as_of),
            advantage=None if harvesting is None else _advantage(signals, harvesting),
        )

    @property
    def as_of(self) -> date:
        """The day."""
        return self.signals.market.as_of

    @property
    def value_usd(self) -> float:
        """What weights refer to: the account's value without what is to be withdrawn, USD.

        Where a withdrawal takes all of it, the account's whole value: shares of nothing say nothing.
        """
        whole = self.signals.account.value_usd
        left = whole - float(self.mandate.withdrawal_usd)
        return left if left > _NOTHING_LEFT * whole else whole

    def active(self) -> FloatArray:
        """Weight held less target weight, shape (n,).

        Names that are set aside count as if they stood at their target, and the others divide what is left: a price
        that is not to be trusted moves the weights of all names.
        """
        account = self.signals.account
        held = np.asarray(account.held_usd() / self.value_usd, dtype=np.float64)
        target = account.target_weight
        if not self.set_aside:
            return held - target
        at = self.signals.market.universe.positions
        out = np.zeros(len(held), dtype=np.bool_)
        out[[at[name] for name in self.set_aside if name in at]] = True
        left = 1.0 - float(held[out].sum())
        scale = (1.0 - float(target[out].sum())) / left if left > _NOTHING_LEFT else 1.0
        return np.where(out, 0.0, held * scale - target)

    def tickers(self, positions: Iterable[int]) -> tuple[str, ...]:
        """What people call the names at some positions of the universe."""
        securities = self.signals.market.universe.securities
        return tuple(securities[i].ticker for i in positions)

    def ticker_of(self, security_id: str) -> str:
        """What people call a name; the id itself where the universe does not hold it."""
        at: Mapping[str, int] = self.signals.market.universe.positions
        return self.signals.market.universe.securities[at[security_id]].ticker if security_id in at else security_id


def last_traded(account: Account, as_of: date) -> date | None:
    """The day of the latest purchase or fill on or before a day; None where no date is known."""
    days = [lot.acquired for lot in account.lots if lot.acquired is not None] + [f.on for f in account.fills]
    return max((d for d in days if d <= as_of), default=None)


def _advantage(signals: Signals, harvesting: Harvesting) -> LotAdvantage:
    states, rows = lot_states(signals.account, signals.market)
    worth = harvesting.model.worth(states, harvesting.client, review_days=harvesting.review_days)
    lower = np.zeros(len(signals.account.lots))
    lower[rows] = worth.advantage_usd()
    return LotAdvantage(lower, worth.provenance)
