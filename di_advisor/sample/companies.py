"""Invented companies: what each one is before the first day is simulated.

Sizes follow a rank curve like that of large US companies; beta, own volatility, dividend and book
value depend on the sector and the size, with spread. Three issuers have a second share class,
which counts as substantially identical. Limits: figures are drawn, not fitted to any company.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.names import invent_names, ticker_of
from di_advisor.sample.randomness import stream
from di_advisor.sample.regimes import INDUSTRIES, SECTORS

__all__ = ["INITIAL", "NEWLY_LISTED", "SPUN_OFF", "TWINS", "Companies", "draw_companies"]

INITIAL, NEWLY_LISTED, SPUN_OFF = 640, 16, 40
"""Companies that trade from the first day, that are listed later, and that come out of a spin-off."""

TWINS = ((4, 5), (37, 38), (201, 202))
"""Pairs of share classes of one issuer, by position."""

# Rank and market capitalisation in USD billions at the start, read off as a straight line in logarithms.
_SIZE_CURVE = ((1, 950.0), (5, 500.0), (20, 190.0), (60, 88.0), (150, 42.0), (300, 20.5), (450, 11.5), (640, 6.6))

# By sector: share of companies, beta, multiple of own volatility, multiple of yield, share of payers, book to market.
_SECTOR_FACTS: dict[str, tuple[float, float, float, float, float, float]] = {
    "Communication Services": (0.045, 1.00, 1.10, 0.85, 0.60, 0.40),
    "Consumer Discretionary": (0.115, 1.20, 1.12, 0.70, 0.76, 0.25),
    "Consumer Staples": (0.070, 0.65, 0.84, 1.25, 0.97, 0.25),
    "Energy": (0.050, 1.22, 1.15, 1.60, 0.92, 0.65),
    "Financials": (0.140, 1.10, 0.92, 1.15, 0.92, 0.70),
    "Health Care": (0.125, 0.86, 1.12, 0.65, 0.62, 0.25),
    "Industrials": (0.150, 1.06, 0.94, 0.75, 0.88, 0.25),
    "Information Technology": (0.150, 1.20, 1.15, 0.55, 0.66, 0.18),
    "Materials": (0.055, 1.08, 1.00, 1.05, 0.97, 0.40),
    "Real Estate": (0.050, 0.84, 0.88, 1.70, 0.98, 0.50),
    "Utilities": (0.050, 0.63, 0.78, 1.65, 0.98, 0.60),
}


@dataclass(frozen=True)
class Companies:
    """Facts of n invented companies, aligned.

    Attributes
    ----------
    names, tickers : tuple of str
        Before any change of name.
    sector, industry : ndarray of int, shape (n,)
        Positions in `SECTORS` and `INDUSTRIES`.
    beta, own_volatility : ndarray of shape (n,)
        Sensitivity to the market factor; annual volatility of the company's own part.
    start_cap_usd, start_price_usd, float_fraction : ndarray of shape (n,)
        At the start; for companies that are spun off the first two are set on that day.
    target_yield, payer : ndarray of shape (n,)
        Dividend yield that the board aims at; whether it pays at all.
    profitability, book_to_market, turnover_per_day : ndarray of shape (n,)
        Return on equity, starting book to market, share of the capitalisation that trades in a day.
    twin_of : ndarray of int, shape (n,)
        Position of the first share class, or -1.
    """

    names: tuple[str, ...]
    tickers: tuple[str, ...]
    sector: NDArray[np.int64]
    industry: NDArray[np.int64]
    beta: FloatArray
    own_volatility: FloatArray
    start_cap_usd: FloatArray
    start_price_usd: FloatArray
    float_fraction: FloatArray
    target_yield: FloatArray
    payer: NDArray[np.bool_]
    profitability: FloatArray
    book_to_market: FloatArray
    turnover_per_day: FloatArray
    twin_of: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)


def _two_sided(rng: np.random.Generator, n: int, middle: float, low: float, high: float) -> FloatArray:
    """Lognormal draws with one spread (of the logarithm) below the median and another above, shape (n,)."""
    z = rng.standard_normal(n)
    return np.asarray(middle * np.exp(np.where(z < 0, low, high) * z), dtype=np.float64)


def draw_companies(seed: int) -> Companies:
    """Draw all companies of the world."""
    rng = stream(seed, "companies")
    n = INITIAL + NEWLY_LISTED + SPUN_OFF
    facts = np.array(list(_SECTOR_FACTS.values()))
    share, beta0, own0, yield0, pays0, book0 = facts.T
    sector = rng.choice(len(SECTORS), size=n, p=share / share.sum())
    by_sector = [[k for k, (s, _) in enumerate(INDUSTRIES) if s == name] for name in SECTORS]
    industry = np.array([by_sector[s][int(rng.integers(len(by_sector[s])))] for s in sector], dtype=np.int64)

    ranks, caps = np.array(_SIZE_CURVE).T
    rank = np.concatenate(
        [np.arange(1, INITIAL + 1), rng.integers(120, 420, size=NEWLY_LISTED), np.full(SPUN_OFF, 450)]
    ).astype(np.float64)
    cap = np.exp(np.interp(np.log(rank), np.log(ranks), np.log(caps)) + 0.08 * rng.standard_normal(n)) * 1e9

    size = (np.log(cap) - np.log(2.0e10)) / 1.1
    own = _two_sided(rng, n, 0.182, 0.21, 0.46) * own0[sector] * np.exp(-0.06 * size)
    beta = beta0[sector] + 0.21 * rng.standard_normal(n) + 1.0 * (own - 0.20)
    payer = rng.random(n) < np.clip(pays0[sector] - 0.02 + 0.05 * size, 0.1, 1.0)
    target = _two_sided(rng, n, 0.030, 0.80, 0.35) * yield0[sector]
    twin_of = np.full(n, -1, dtype=np.int64)
    for first, second in TWINS:
        twin_of[second] = first
        for values in (sector, industry, beta, own, payer, target):
            values[second] = values[first]
        cap[first], cap[second] = 0.62 * cap[first], 0.38 * cap[first]
    names, tickers = invent_names(rng, [list(SECTORS)[s] for s in sector])
    taken = set(tickers)
    for first, second in TWINS:
        names[first], names[second] = f"{names[first]} A", f"{names[first]} B"
        taken.discard(tickers[second])
        tickers[second] = ticker_of(f"{tickers[first][:5]}B", taken)
    return Companies(
        names=tuple(names),
        tickers=tuple(tickers),
        sector=sector.astype(np.int64),
        industry=industry,
        beta=np.clip(beta, 0.2, 2.2),
        own_volatility=np.clip(own, 0.10, np.clip(0.64 - 0.15 * size, 0.26, 0.75)),
        start_cap_usd=cap,
        start_price_usd=np.round(np.clip(np.exp(rng.normal(np.log(88.0), 0.72, size=n)), 11.0, 900.0), 2),
        float_fraction=np.clip(1 - rng.gamma(1.2, 0.055, size=n), 0.45, 1.0),
        target_yield=np.clip(target, 0.003, 0.075),
        payer=payer,
        profitability=np.clip(rng.normal(0.15, 0.08, size=n), -0.15, 0.45),
        book_to_market=book0[sector] * np.exp(0.45 * rng.standard_normal(n)),
        turnover_per_day=np.exp(np.log(0.0047) - 0.20 * size + 0.46 * rng.standard_normal(n)),
        twin_of=twin_of,
    )
