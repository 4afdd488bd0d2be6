"""Three simulated ESG providers that disagree, as real ones do.

Problem: a program that trusts one provider, one scale or one direction fails on the second. Decision:
each company has a hidden quality; each provider sees it with an error of its own, on a scale and in
a direction of its own, for a part of the companies. The draws are made exactly uncorrelated where
they should be, so that the mean rank correlation over pairs of providers is 0.54, the figure that
Berg, Koelbel and Rigobon (2022, Review of Finance 26, 1315) report for real ones.
Limits: figures are drawn by industry, no controversies, one estimate a year.

Columns of the frame (one row a provider, security and year):

=======================  ==============================================================================
provider                 invented name of the provider
security_id              the security
known_at                 first day on which the figures were known
score                    in the provider's own scale
scale, direction         the scale in words; ``higher_is_better`` or ``lower_is_better``
rating                   letters, for the provider that gives them
environment, social,     pillars from 0 to 100, higher is better, for the provider that gives them
governance
carbon_intensity         scope 1 and 2, tonnes of CO2e per million USD of revenue
carbon_is_estimated      whether the company did not report it
tobacco, alcohol, ...    fraction of revenue from the business; one provider knows only the brackets
                         0, 0.05, 0.10, 0.50 (their lower ends); NaN where not researched
=======================  ==============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.companies import Companies
from di_advisor.sample.randomness import stream
from di_advisor.sample.regimes import INDUSTRIES

__all__ = ["BUSINESSES", "PROVIDERS", "Provider", "draw_esg"]

BUSINESSES = ("tobacco", "alcohol", "gambling", "defense", "controversial_weapons", "thermal_coal", "fossil_fuels")
"""Kinds of business involvement, in the order of the frame's columns."""

_BRACKETS = np.array([0.0, 0.05, 0.10, 0.50])
_LETTERS = np.array(["CCC", "B", "BB", "BBB", "A", "AA", "AAA"])
_LETTER_EDGES = np.array([1.4, 2.9, 4.3, 5.7, 7.1, 8.6])

# Tonnes per million USD of revenue, a middle figure by industry; others take the default.
_CARBON = {
    "Electric Utilities": 1900.0, "Power Producers": 2600.0, "Gas and Water Utilities": 700.0,
    "Integrated Oil": 420.0, "Exploration": 520.0, "Oil Services": 190.0, "Metals and Mining": 780.0,
    "Chemicals": 420.0, "Packaging": 180.0, "Transport": 480.0, "Beverages": 70.0, "Packaged Food": 65.0,
    "Leisure": 90.0, "Semiconductors": 75.0, "Autos and Parts": 45.0, "Machinery": 40.0,
    "Banks": 3.0, "Insurance": 2.5, "Capital Markets": 3.0, "Software": 6.0, "IT Services": 12.0,
}  # fmt: skip
_CARBON_DEFAULT = 24.0

# By industry: business, chance that a company is in it, and the range of its share of revenue.
_INVOLVED: dict[str, tuple[tuple[str, float, float, float], ...]] = {
    "Tobacco": (("tobacco", 1.0, 0.70, 1.0),),
    "Beverages": (("alcohol", 0.45, 0.30, 1.0),),
    "Packaged Food": (("alcohol", 0.08, 0.02, 0.12), ("tobacco", 0.03, 0.01, 0.06)),
    "Retailing": (("tobacco", 0.25, 0.005, 0.08), ("alcohol", 0.25, 0.01, 0.10)),
    "Leisure": (("gambling", 0.30, 0.15, 1.0), ("alcohol", 0.25, 0.02, 0.15)),
    "Aerospace and Defense": (("defense", 0.85, 0.10, 0.95), ("controversial_weapons", 0.22, 0.01, 0.15)),
    "Machinery": (("defense", 0.12, 0.01, 0.15),),
    "Electric Utilities": (("thermal_coal", 0.55, 0.03, 0.45), ("fossil_fuels", 0.85, 0.10, 0.70)),
    "Power Producers": (("thermal_coal", 0.60, 0.05, 0.55), ("fossil_fuels", 0.90, 0.20, 0.90)),
    "Gas and Water Utilities": (("fossil_fuels", 0.60, 0.30, 0.90),),
    "Metals and Mining": (("thermal_coal", 0.20, 0.02, 0.60),),
    "Integrated Oil": (("fossil_fuels", 1.0, 0.75, 1.0),),
    "Exploration": (("fossil_fuels", 1.0, 0.90, 1.0),),
    "Oil Services": (("fossil_fuels", 1.0, 0.70, 1.0),),
}


@dataclass(frozen=True, slots=True)
class Provider:
    """An invented provider.

    Attributes
    ----------
    name, scale, direction : str
        As in the frame.
    sight : float
        Correlation of its score with the hidden quality.
    coverage : float
        Share of the companies that it covers, more of the large ones.
    month : int
        Month in which its yearly figures become known.
    """

    name: str
    scale: str
    direction: str
    sight: float
    coverage: float
    month: int


PROVIDERS = (
    Provider("Ardwell Risk (simulated)", "0 to 60", "lower_is_better", 0.875, 0.94, 3),
    Provider("Lumenor Ratings (simulated)", "0 to 10", "higher_is_better", 0.83, 0.87, 5),
    Provider("Tessaly Scores (simulated)", "0 to 100", "higher_is_better", 0.59, 0.78, 10),
)
"""The three providers."""


def _uncorrelated(rng: np.random.Generator, n: int, columns: int) -> FloatArray:
    """Standard normal draws whose sample correlations are exactly zero, shape (n, columns)."""
    draws = rng.standard_normal((n, columns))
    q, r = np.linalg.qr(draws - draws.mean(axis=0))
    return np.asarray(q * np.sign(np.diag(r)) * np.sqrt(n), dtype=np.float64)


def _involvement(companies: Companies, rng: np.random.Generator) -> FloatArray:
    """True fraction of revenue by business, shape (n, number of businesses)."""
    n = len(companies)
    shares = np.zeros((n, len(BUSINESSES)))
    luck, size = rng.random((n, 2)), rng.random((n, 2))
    for i in range(n):
        for k, (business, chance, low, high) in enumerate(_INVOLVED.get(INDUSTRIES[companies.industry[i]][1], ())):
            if luck[i, k] < chance:
                shares[i, BUSINESSES.index(business)] = low + (high - low) * size[i, k]
    coal, fossil = BUSINESSES.index("thermal_coal"), BUSINESSES.index("fossil_fuels")
    shares[:, fossil] = np.maximum(shares[:, fossil], shares[:, coal])
    return np.round(shares, 3)


def draw_esg(companies: Companies, seed: int, years: range) -> dict[str, NDArray[Any]]:
    """Draw the figures of all providers, companies and years, as columns.

    Returns
    -------
    dict of str to ndarray
        The frame's columns, with ``company`` (position) in place of the security id.
    """
    rng = stream(seed, "esg")
    n = len(companies)
    involved = _involvement(companies, rng)
    carbon0 = np.array([_CARBON.get(INDUSTRIES[i][1], _CARBON_DEFAULT) for i in companies.industry])
    carbon = carbon0 * np.exp(0.55 * rng.standard_normal(n))
    reports = rng.random(n) < 0.72
    draws = _uncorrelated(rng, n, 1 + 2 * len(PROVIDERS))
    # Share classes of one issuer have one set of figures.
    issuer = np.where(companies.twin_of >= 0, companies.twin_of, np.arange(n))
    large = np.argsort(np.argsort(companies.start_cap_usd)) / n
    blocks: list[dict[str, NDArray[Any]]] = []
    for p, provider in enumerate(PROVIDERS):
        chance = np.clip(provider.coverage + 0.25 * (large - 0.5), 0.0, 1.0)
        covered = np.flatnonzero((rng.random(n) < chance)[issuer])
        guess = np.exp(0.35 * rng.standard_normal(n))
        for k, year in enumerate(years):
            # The provider's own view drifts from year to year; what it sees of the quality does not.
            angle = 0.12 * (k - len(years) + 1)
            own = np.cos(angle) * draws[:, 1 + 2 * p] + np.sin(angle) * draws[:, 2 + 2 * p]
            view = provider.sight * draws[:, 0] + np.sqrt(1 - provider.sight**2) * own
            tonnes = carbon * 0.965 ** (year - years[0]) * np.where(reports, 1.0, guess)
            blocks.append(_rows(p, view, (covered, issuer[covered]), year, (tonnes, ~reports, involved), rng))
    return {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}


def _rows(
    p: int,
    view: FloatArray,
    covered: tuple[NDArray[np.int64], NDArray[np.int64]],
    year: int,
    facts: tuple[FloatArray, NDArray[np.bool_], FloatArray],
    rng: np.random.Generator,
) -> dict[str, NDArray[Any]]:
    provider, n = PROVIDERS[p], len(view)
    company, at = covered
    m = len(company)
    tonnes, estimated, involved = facts
    nothing = np.full(n, np.nan)
    rating = np.full(n, "", dtype="<U3")
    pillars = np.full((n, 3), np.nan)
    if p == 0:
        score = np.round(np.clip(21.0 * np.exp(-0.36 * view), 2.0, 60.0), 1)
    elif p == 1:
        score = np.round(np.clip(5.4 + 2.0 * view, 0.0, 10.0), 2)
        rating = _LETTERS[np.searchsorted(_LETTER_EDGES, score)]
    else:
        pillars = np.clip(np.round(52.0 + 15.0 * view[:, None] + 9.0 * rng.standard_normal((n, 3)), 1), 0.0, 99.9)
        score = np.round(np.clip(52.0 + 17.0 * view, 1.0, 99.9), 2)
    shares = involved if p != 1 else _BRACKETS[np.searchsorted(_BRACKETS, involved, side="right") - 1]
    # One provider in three has not researched the involvement of a tenth of the companies.
    shares = np.where((p == 2) & (rng.random(n) < 0.1)[:, None], np.nan, shares)
    unknown_carbon = (rng.random(n) < 0.06) & (p != 0)
    columns: dict[str, NDArray[Any]] = {
        "company": company,
        "provider": np.full(m, provider.name),
        "known_at": np.full(m, np.datetime64(f"{year}-{provider.month:02d}-15", "D")),
        "score": score[at],
        "scale": np.full(m, provider.scale),
        "direction": np.full(m, provider.direction),
        "rating": rating[at],
        "environment": pillars[at, 0],
        "social": pillars[at, 1],
        "governance": pillars[at, 2],
        "carbon_intensity": np.where(unknown_carbon, nothing, np.round(tonnes, 1))[at],
        "carbon_is_estimated": estimated[at],
    }
    return columns | {b: shares[at, j] for j, b in enumerate(BUSINESSES)}
