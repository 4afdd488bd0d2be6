"""A day of polls on three names: a clock that only moves when waited on, and quotes written down in advance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import CashItem
from di_advisor.domain.quotes import Quote
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.universe import Universe
from di_advisor.errors import SourceUnavailableError
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.intraday import Watched
from di_advisor.signals import estimate
from di_advisor.testing import portfolio
from tests.policy.world import AS_OF, COSTS, RISK, UNIVERSE, WEIGHTS

OPENS = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)  # the Monday after the facts' Friday
CLOSES = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
ON_TARGET = """
    A1 400 A @ 100.00 on 2020-01-02
    B1 300 B @ 100.00 on 2020-01-02
    C1 300 C @ 100.00 on 2020-01-02
"""
TARGET = Target((TargetComponent("three", 1.0, (IndexWeights(AS_OF.replace(year=2020), WEIGHTS),)),))
MARKET = Market(
    as_of=AS_OF,
    known_at=OPENS - timedelta(days=3),
    universe=UNIVERSE,
    price_usd=(Decimal(100),) * 3,
    half_spread_bps=np.full(3, 10.0),
    adv_usd=np.full(3, 1e8),
    volatility_per_year=np.full(3, 0.3),
)


@dataclass
class SimulatedClock:
    """Stands still but for waiting."""

    at: datetime = OPENS - timedelta(minutes=1)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


@dataclass
class Scripted:
    """Quotes by poll: prices by name, stamped with the clock's time; None fails, the last poll is said on and on."""

    clock: SimulatedClock
    polls: Sequence[Mapping[str, float] | Sequence[Quote] | None]
    asked: int = 0

    def poll(self, universe: Universe) -> Sequence[Quote]:
        assert len(universe) == 3
        said = self.polls[min(self.asked, len(self.polls) - 1)]
        self.asked += 1
        if said is None:
            raise SourceUnavailableError("quotes.csv is half written.")
        if isinstance(said, Mapping):
            return [Quote(name, price, at=self.clock.at) for name, price in said.items()]
        return said


def prices(a: float = 100.0, b: float = 100.0, c: float = 100.0) -> dict[str, float]:
    return {"A": a, "B": b, "C": c}


def days(
    label: str = "account", book: str = ON_TARGET, mandate: Mandate | None = None, cash_usd: str = "0"
) -> Callable[[Market], Iterator[DayFacts]]:
    """An account at whatever the market says."""

    def accounts(market: Market) -> Iterator[DayFacts]:
        owner = portfolio(book)
        account = replace(owner.accounts[0], cash=(CashItem(Decimal(cash_usd), AS_OF),))
        owner, wishes = replace(owner, accounts=(account,)), mandate or Mandate()
        signals = estimate(owner, market, TARGET, wishes, RISK, COSTS)
        yield DayFacts(label, account, signals, TARGET, wishes)

    return accounts


def watched(*accounts: Callable[[Market], Iterator[DayFacts]]) -> Watched:
    def every(market: Market) -> Iterator[DayFacts]:
        for each in accounts or (days(),):
            yield from each(market)

    return Watched("market", MARKET, every)
