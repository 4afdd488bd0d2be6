"""The plan of a transition: what is traded now, what is meant for later, and what waiting is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Side
from di_advisor.domain.transition import TransitionWish
from di_advisor.domain.wording import counted
from di_advisor.propose.proposal import Certificate, Proposal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Alternative", "LaterTrade", "PlannedStage", "PlannedYear", "TransitionPlan"]


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One date of the plan; the first is today's orders, the others are provisional.

    Attributes
    ----------
    on : date
        Tax date.
    sold_usd, bought_usd : Decimal
        Dollars traded, at the prices the plan expects.
    gain_short_usd, gain_long_usd : Decimal
        Net gain realised, by term.
    tax_usd, cost_usd, risk_usd : Decimal
        Tax at the marginal rates, trading cost, and the price of active risk until the next stage.
    tracking_error_before, tracking_error_after : float
        Ex-ante, per year, a fraction.
    done : float
        Share of the way from today's weights to the target that is behind after the stage, by the sum of
        the distances of all names; 1 is at the target.
    """

    on: date
    sold_usd: Decimal
    bought_usd: Decimal
    gain_short_usd: Decimal
    gain_long_usd: Decimal
    tax_usd: Decimal
    cost_usd: Decimal
    risk_usd: Decimal
    tracking_error_before: float
    tracking_error_after: float
    done: float


@dataclass(frozen=True, slots=True)
class PlannedYear:
    """A tax year of the plan: net gain and tax, and their budgets where there are any."""

    year: int
    gain_usd: Decimal
    tax_usd: Decimal
    gain_budget_usd: Decimal | None
    tax_budget_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class LaterTrade:
    """A provisional trade of a later stage.

    Attributes
    ----------
    on : date
        Stage.
    side : Side
        Buy or sell.
    security_id, ticker, lot_id : str
        What; the lot is empty for a buy.
    value_usd : Decimal
        Dollars traded.
    gain_usd : Decimal or None
        Gain realised; None for a buy.
    long_term : bool or None
        Its term on that date.
    turned : bool
        Whether the lot is short-term today and long-term then.
    """

    on: date
    side: Side
    security_id: str
    ticker: str
    lot_id: str
    value_usd: Decimal
    gain_usd: Decimal | None = None
    long_term: bool | None = None
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to go about it, against the plan.

    Attributes
    ----------
    name, sentence : str
        What it is.
    saves_usd : Decimal or None
        What the plan is better by, all terms over the whole time; None where the alternative breaks a rule.
    """

    name: str
    sentence: str
    saves_usd: Decimal | None


@dataclass(frozen=True, repr=False)
class TransitionPlan:
    """A transition: today's orders and the stages that they are part of.

    Attributes
    ----------
    account_id : str
        The account.
    as_of : date
        Today.
    wish, mandate : TransitionWish, Mandate
        What was asked for.
    today : Proposal
        Whole-share orders of today; their benefit is against waiting for the next stage.
    stages : tuple of PlannedStage
        Today first.
    years : tuple of PlannedYear
        By tax year.
    later : tuple of LaterTrade
        Provisional trades.
    alternatives : tuple of Alternative
        Never trading, everything today, today only, and nothing today.
    terms_usd : dict of str to Decimal
        The plan's objective by term, over the whole time.
    certificate : Certificate
        Proved distance from the best plan there is.
    sentences, notes : tuple of str
        The plan in plain words, and what the reader must know.
    cpu_seconds : float
        Of the whole plan.
    """

    account_id: str
    as_of: date
    wish: TransitionWish
    mandate: Mandate
    today: Proposal
    stages: tuple[PlannedStage, ...]
    years: tuple[PlannedYear, ...]
    later: tuple[LaterTrade, ...]
    alternatives: tuple[Alternative, ...]
    terms_usd: dict[str, Decimal]
    certificate: Certificate
    sentences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cpu_seconds: float = field(default=0.0, compare=False)

    def __repr__(self) -> str:
        last = self.stages[-1]
        return (
            f"TransitionPlan(account {self.account_id}: {counted(len(self.stages), 'stage')} from {self.as_of} "
            f"to {last.on}, "
            f"{counted(len(self.today.trade_list), 'trade')} today; .today is the proposal, .table the stages)"
        )

    @property
    def objective_usd(self) -> Decimal:
        """The plan's cost over the whole time, all terms."""
        return sum(self.terms_usd.values(), Decimal(0))

    @property
    def benefit_usd(self) -> Decimal:
        """What the plan is better by than never trading."""
        return next(a.saves_usd for a in self.alternatives if a.name == "never") or Decimal(0)

    @property
    def table(self) -> pd.DataFrame:
        """One row a stage: exact dollars, fractions for tracking error and for the share of the way done."""
        import pandas as pd

        names = PlannedStage.__slots__
        rows = [[getattr(stage, name) for name in names] for stage in self.stages]
        frame = pd.DataFrame(rows, columns=list(names))
        frame["provisional"] = [i > 0 for i in range(len(rows))]
        return frame

    @property
    def later_trades(self) -> pd.DataFrame:
        """One row a provisional trade."""
        import pandas as pd

        names = LaterTrade.__slots__
        return pd.DataFrame([[getattr(t, name) for name in names] for t in self.later], columns=list(names))
