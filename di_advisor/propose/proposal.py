"""The proposal: trades with their reasons, and the account before and after.

A result is data: it shows itself in a notebook because `ui` registers formatters by type name,
and it imports nothing upward.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.signals import Lock, UnpricedPosition
from di_advisor.domain.trades import Trade
from di_advisor.domain.wording import counted
from di_advisor.errors import InputError
from di_advisor.propose.esg_facts import EsgFact, ScreenFact
from di_advisor.propose.term_columns import snake_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Certificate", "Measures", "Proposal", "RuleCheck", "ShadowPrice", "Stage"]

DISCLAIMER = "Not tax advice."


class _Asked(Protocol):
    """Who can solve a proposal's problem again."""

    def what_if(self, **changes: Any) -> Proposal:
        """Trades with some wishes changed."""
        ...


@dataclass(frozen=True)
class Measures:
    """The account at one moment, against its target.

    Attributes
    ----------
    tracking_error : float
        Ex-ante, per year, a fraction.
    value_usd, cash_usd : Decimal
        Account value (holdings plus cash) and cash.
    names : int
        Names held.
    sector_active : Mapping of str to float
        Active weight by sector.
    factor_active : Mapping of str to float
        Active exposure by factor of the risk model.
    objective_usd : Mapping of str to Decimal
        Objective by term, in cents: "active risk", "tax", "trading cost", ...
    set_aside_usd : Decimal
        Cash that is left aside for the withdrawal, and in neither value nor cash.
    """

    tracking_error: float
    value_usd: Decimal
    cash_usd: Decimal
    names: int
    sector_active: Mapping[str, float]
    factor_active: Mapping[str, float]
    objective_usd: Mapping[str, Decimal]
    set_aside_usd: Decimal = Decimal("0.00")

    def __post_init__(self) -> None:
        for name in ("sector_active", "factor_active", "objective_usd"):
            object.__setattr__(self, name, FrozenMap(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Certificate:
    """How far the plan can be from the best there is.

    Attributes
    ----------
    solver : str
        What solved it, and what stood in when something did not certify.
    objective_usd : float
        Objective of the plan before rounding to shares.
    bound_usd : float
        Proved lower bound of the objective of any plan that keeps the rules.
    gap_usd, gap_bps : float
        Their difference, in USD and in bps of account value.
    rounding_usd : float
        What rounding to shares added to the objective.
    rounded_gap_usd, rounded_gap_bps : float
        How far the proposed orders can be from the best orders in whole shares: their objective less a
        proved lower bound over all plans on the same lattice of shares.
    """

    solver: str
    objective_usd: float
    bound_usd: float
    gap_usd: float
    gap_bps: float
    rounding_usd: float
    rounded_gap_usd: float = 0.0
    rounded_gap_bps: float = 0.0


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One rule after rounding.

    Attributes
    ----------
    rule : str
        Its name ("tracking error cap", "cash", "sector band: Energy").
    sentence : str
        What it says, with its limit, in plain words.
    before, after : float
        The limited quantity before and after trading, in the rule's own unit.
    slack : float
        Room left, in the same unit; negative would be a violation.
    binding : bool
        Whether it holds the plan back.
    unit : str
        Unit of the quantity where it is not told by the rule's name ("t/$M", "times"; "%" for a fraction
        that is shown as percent).
    """

    rule: str
    sentence: str
    before: float
    after: float
    slack: float
    binding: bool
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ShadowPrice:
    """What one more unit of a rule's room would be worth: a slope, before rounding and with the choices kept.

    Attributes
    ----------
    rule : str
        Its name, as in `RuleCheck`.
    side : str
        "upper" or "lower" limit.
    price_usd : float
        USD per unit.
    unit : str
        What one unit is called: "bp", "percentage point", "dollar".
    step : float
        Units that the sentence speaks of.
    sentence : str
        Such as "5 bps more tracking error would free up to about $1,930."; not escaped.
    security_id : str
        The name, for a limit of a single name; empty otherwise.
    """

    rule: str
    side: str
    price_usd: float
    unit: str
    step: float
    sentence: str
    security_id: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """CPU seconds of one stage."""

    name: str
    cpu_seconds: float


@dataclass(frozen=True, repr=False)
class Proposal:
    """What to trade, and why.

    Attributes
    ----------
    account_id : str
        The account.
    as_of : date
        Tax date of the trades.
    mandate : Mandate
        The wishes it came from.
    trade_list : tuple of Trade
        Sales first, largest benefit first; the frame is `trades`.
    before, after : Measures
        Doing nothing, and the plan after rounding.
    certificate : Certificate
        Proved distance from the optimum.
    checks : tuple of RuleCheck
        Every rule, re-checked on the rounded trades.
    locks : tuple of Lock
        What could not be traded, and why.
    unpriced : tuple of UnpricedPosition
        Positions left alone.
    accounts_seen : tuple of str
        Accounts searched for wash sales.
    notes : tuple of str
        What the reader must know (assumptions, fallbacks), one sentence each.
    stages : tuple of Stage
        CPU seconds by stage.
    esg : tuple of EsgFact
        Every ESG measure before and after the plan and in the index; the frame is `esg_frame`.
    screens : tuple of ScreenFact
        What each exclusion took out, with the reasons; the frame is `screen_frame`.
    provenance : Mapping of str to str
        Models and data behind it.
    shadow_prices : tuple of ShadowPrice
        What more room would be worth in each rule that holds the plan back, largest first.
    memo_usd : Mapping of str to Decimal
        Amounts beside the objective, in cents: the withdrawal, a tax that was not to be weighed, what a
        plan was worth that was not proposed.
    workspace : Workspace or None
        Who made it, for further questions; it does not travel to other processes.
    """

    account_id: str
    as_of: date
    mandate: Mandate
    trade_list: tuple[Trade, ...]
    before: Measures
    after: Measures
    certificate: Certificate
    checks: tuple[RuleCheck, ...] = ()
    locks: tuple[Lock, ...] = ()
    unpriced: tuple[UnpricedPosition, ...] = ()
    accounts_seen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    shadow_prices: tuple[ShadowPrice, ...] = ()
    memo_usd: Mapping[str, Decimal] = field(default_factory=dict)
    esg: tuple[EsgFact, ...] = ()
    screens: tuple[ScreenFact, ...] = ()
    workspace: _Asked | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "provenance", FrozenMap(self.provenance))
        object.__setattr__(self, "memo_usd", FrozenMap(self.memo_usd))

    def __repr__(self) -> str:
        return (
            f"Proposal(account {self.account_id} on {self.as_of}: {counted(len(self.trade_list), 'trade')} worth "
            f"{'-' if self.benefit_usd < 0 else ''}${abs(self.benefit_usd):,.2f} over doing nothing; "
            ".trades is the frame)"
        )

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"workspace": None}

    def what_if(self, **changes: Any) -> Proposal:
        """Trades with some wishes changed and everything else kept, such as ``tracking_error_max=0.008``.

        Only what the wish touches is done again: the market's signals are kept. ``workspace`` answers more
        (`why_not`, `explain_trade`, `frontier`, ...).

        Parameters
        ----------
        **changes
            Fields of `Mandate`.

        Raises
        ------
        InputError
            If the proposal came from another process, or there is no such wish.
        DiAdvisorError
            As `Advisor.propose`.
        """
        if self.workspace is None:
            raise InputError(
                "This proposal is apart from the workspace that made it, and cannot be solved again.",
                hint="Ask Advisor.workspace(...).what_if(...), which starts from the same facts.",
            )
        return self.workspace.what_if(**changes)

    @property
    def esg_frame(self) -> pd.DataFrame:
        """One row an ESG measure: averages over covered names in the index, before and after, and coverage."""
        return _frame(EsgFact, self.esg)

    @property
    def screen_frame(self) -> pd.DataFrame:
        """One row a screen: reasons, weight in the index, before and after, what is left and what is not known."""
        return _frame(ScreenFact, self.screens)

    @property
    def benefit_usd(self) -> Decimal:
        """Objective of doing nothing minus objective of the plan, in cents."""
        return sum(self.before.objective_usd.values(), Decimal(0)) - sum(self.after.objective_usd.values(), Decimal(0))

    @property
    def weighed_usd(self) -> Decimal:
        """What weights and limits are fractions of: the account's value less the withdrawal."""
        liquidated = self.mandate.mode is TradingMode.LIQUIDATE
        return self.before.value_usd - (Decimal(0) if liquidated else self.after.set_aside_usd)

    @property
    def terms_usd(self) -> dict[str, Decimal]:
        """Change of each objective term, in cents; positive hurts. Sums to minus the benefit."""
        names = dict.fromkeys([*self.before.objective_usd, *self.after.objective_usd])
        zero = Decimal(0)
        return {k: self.after.objective_usd.get(k, zero) - self.before.objective_usd.get(k, zero) for k in names}

    @property
    def trades(self) -> pd.DataFrame:
        """One row a trade, dollars by term as columns ending in ``_usd``; amounts are exact decimals.

        `trade_figures` has the same as floats, for plots and arithmetic.
        """
        import pandas as pd

        terms = list(self.terms_usd)
        columns = ["side", "ticker", "name", "sector", "security_id", "lot_id", "acquired", "shares", "price_usd"]
        columns += ["value_usd", "term", "gain_usd"]
        columns += [*snake_columns(terms, [*columns, "benefit_usd"]).values(), "benefit_usd", "why"]
        rows = [
            [
                t.side.value,
                t.ticker,
                t.name,
                t.sector,
                t.security_id,
                t.lot_id,
                t.acquired,
                t.shares,
                t.price_usd,
                t.value_usd,
                "" if t.long_term is None else ("long" if t.long_term else "short"),
                t.gain_usd,
                *(t.dollars.get(k, Decimal(0)) for k in terms),
                t.benefit_usd,
                t.sentence,
            ]
            for t in self.trade_list
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def trade_figures(self) -> pd.DataFrame:
        """`trades` with shares and dollars as floats; NaN where there is no gain (a buy)."""
        frame = self.trades
        figures = [c for c in frame.columns if c == "shares" or c.endswith("_usd")]
        return frame.astype(dict.fromkeys(figures, "float64"))

    @property
    def shadow_price_frame(self) -> pd.DataFrame:
        """One row a shadow price: rule, side, ``price_usd`` per ``unit``, the name's id where it is one's, and why."""
        import pandas as pd

        columns = ["rule", "side", "price_usd", "unit", "security_id", "sentence"]
        return pd.DataFrame([[getattr(s, c) for c in columns] for s in self.shadow_prices], columns=columns)


def _frame(kind: type[Any], facts: tuple[Any, ...]) -> pd.DataFrame:
    """One row a fact, columns as its fields."""
    import pandas as pd

    columns = [f.name for f in fields(kind)]
    return pd.DataFrame([[getattr(fact, c) for c in columns] for fact in facts], columns=columns)
