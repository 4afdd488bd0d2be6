"""Hypothesis strategies for domain values: everything that is allowed, pleasant or not."""

from datetime import UTC, date, datetime
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Portfolio
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.universe import Security, Universe

ids = st.text(min_size=1, max_size=8).filter(lambda s: s.strip())
texts = st.text(max_size=8).filter(lambda s: s.strip() or not s)
days = st.dates(min_value=date(1950, 1, 1), max_value=date(2030, 12, 31))
decimals = st.decimals(min_value=0, max_value=10**12, places=6, allow_nan=False, allow_infinity=False)
positive = st.one_of(
    decimals.filter(bool), st.fractions(min_value=Fraction(1, 10**6), max_value=10**9, max_denominator=10**6)
)
figures = st.floats(min_value=1e-6, max_value=1e12, allow_nan=False, width=64)


@st.composite
def lots(draw, account_id: str, lot_id: str) -> TaxLot:
    basis = draw(st.one_of(st.none(), decimals, positive))
    acquired = draw(st.one_of(st.none(), days))
    held_since = draw(st.one_of(st.none(), days))
    return TaxLot(
        lot_id, account_id, draw(ids), draw(positive), basis, acquired, held_since, LotState.of(basis, acquired)
    )


@st.composite
def accounts(draw, account_id: str, cash: tuple[CashItem, ...] = ()) -> Account:
    lot_ids = draw(st.lists(ids, min_size=1, max_size=5, unique=True))
    return Account(
        account_id,
        tuple(draw(lots(account_id, lot_id)) for lot_id in lot_ids),
        cash,
        kind=draw(st.sampled_from(AccountKind)),
        reinvests_dividends=draw(st.booleans()),
    )


@st.composite
def portfolios(draw) -> Portfolio:
    account_ids = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    return Portfolio("taxpayer", tuple(draw(accounts(a)) for a in account_ids))


@st.composite
def universes(draw, min_size: int = 0) -> Universe:
    security_ids = draw(st.lists(ids, min_size=min_size, max_size=6, unique=True))
    return Universe(tuple(Security(i, *(draw(texts) for _ in range(5)), "USD", draw(texts)) for i in security_ids))


@st.composite
def markets(draw) -> Market:
    universe = draw(universes(min_size=1))
    n = len(universe)

    def column(of=figures):
        return np.array(draw(st.lists(of, min_size=n, max_size=n)))

    prices = st.one_of(st.none(), decimals.filter(bool))
    volatility = st.floats(min_value=0, max_value=3, allow_nan=False)
    style = st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6))
    return Market(
        as_of=draw(days),
        known_at=datetime(2026, 3, 31, 20, tzinfo=UTC),
        universe=universe,
        price_usd=tuple(draw(st.lists(prices, min_size=n, max_size=n))),
        half_spread_bps=column(st.floats(0, 1e4)),
        adv_usd=column(),
        volatility_per_year=column(volatility),
        characteristics={name: column(style) for name in draw(st.lists(ids, max_size=3, unique=True))},
        market_cap_usd=column() if draw(st.booleans()) else None,
    )


@st.composite
def targets(draw) -> Target:
    names = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    raw = [draw(st.floats(0.1, 1.0)) for _ in names]
    return Target(
        tuple(
            TargetComponent(
                name,
                r / sum(raw),
                tuple(
                    IndexWeights.rescaled(day, draw(st.dictionaries(ids, st.floats(1e-3, 1.0), min_size=1, max_size=5)))
                    for day in draw(st.lists(days, min_size=1, max_size=3, unique=True))
                ),
            )
            for name, r in zip(names, raw, strict=True)
        )
    )
