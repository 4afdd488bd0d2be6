"""The index of December 2024 with real scores and an illustrative risk model: only for tests, never shipped."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.esg_table import Direction, EsgScale
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding
from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import AccountSignals, MarketSignals, Signals
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.universe import Security, Universe
from di_advisor.formulate import formulate
from di_advisor.solve import Solution, search_for

AS_OF = date(2024, 12, 6)
UNTAXED = TaxProfile(ConstantRates(0.0, 0.0))
VALUE_USD = 1e8
INDEX_MUSD = 48e6
"""Value of the index, about, in millions."""

LOOSE = Mandate(
    risk_aversion=1000.0,
    name_band=NameBand(active_max=0.02),
    sector_band=Band.within(0.05),
    cash_min=0.0,
    cash_max=0.001,
    rounding=Rounding.FRACTIONAL,
    share_decimals=9,
)
"""Least tracking error is all that counts: there is no tax and next to no cost."""


def holdings_of_ivv(shared: Path) -> list[dict[str, str]]:
    text = (shared / "data/esg/ishares_IVV_holdings_2024-12-06.csv").read_text(encoding="utf-8-sig")
    start = text.index("Ticker,Name,Sector")
    return [r for r in csv.DictReader(io.StringIO(text[start:])) if r["Asset Class"] == "Equity"]


def risk_scores(shared: Path) -> dict[str, float]:
    with (shared / "data/esg/kaggle_sp500_esg_risk_ratings.csv").open(encoding="utf-8") as file:
        rows = [
            (r["Symbol"].replace("-", "").replace(".", ""), r["Total ESG Risk score"]) for r in csv.DictReader(file)
        ]
    return {symbol: float(score) for symbol, score in rows if score}


_FORMS = frozenset("INC CORP CORPORATION CO COMPANY LTD PLC LLC LP THE CLASS A B C REIT COMPANIES GROUP NV SA".split())
_FORMS |= {"HOLDINGS", "TRUST"}


def plain_name(name: str) -> str:
    """A company's name without its legal form, for matching parents to holdings: about a quarter are found."""
    words = re.sub(r"[^A-Z0-9 ]", " ", name.upper()).split()
    return " ".join(w for w in words if w not in _FORMS)


def emitted_tonnes(shared: Path, rows: list[dict[str, str]]) -> FloatArray:
    """Direct emissions of 2023 that are attributed to each holding; 0 where none are found."""
    total: dict[str, float] = {}
    with (shared / "data/esg/epa_ghgrp_2023_direct_by_parent.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["attributed_tco2e"]:
                parent = plain_name(row["PARENT COMPANY NAME"])
                total[parent] = total.get(parent, 0.0) + float(row["attributed_tco2e"])
    return np.array([total.get(plain_name(r["Name"]), 0.0) for r in rows])


def sub_industries(shared: Path) -> dict[str, str]:
    with (shared / "data/index/datasets_sp500_constituents_2026-08-08.csv").open(encoding="utf-8") as file:
        return {r["Symbol"].replace(".", ""): r["GICS Sub-Industry"] for r in csv.DictReader(file)}


def _risk(universe: Universe) -> FactorRisk:
    n = len(universe)
    sector = np.zeros((n, len(universe.sectors)))
    sector[np.arange(n), universe.sector_of] = 1.0
    variance = np.r_[0.16**2, np.full(len(universe.sectors), 0.08**2)]
    exposures = np.c_[np.ones(n), sector]
    return FactorRisk(universe, ("market", *universe.sectors), exposures, np.diag(variance), np.full(n, 0.25**2))


@dataclass(frozen=True)
class EsgWorld:
    """An account that holds the index, and the index itself."""

    signals: Signals

    def solve(self, mandate: Mandate) -> Solution:
        problem = formulate(self.signals, mandate, UNTAXED)
        return search_for(problem.block, lambda: False, 3).run()

    def active(self, mandate: Mandate) -> FloatArray:
        solution, account = self.solve(mandate), self.signals.account
        return account.held_usd() / account.value_usd - account.target_weight + solution.plan.net(account.lot_name)

    def tracking_error(self, mandate: Mandate) -> float:
        return self.signals.market.risk.tracking_error(self.active(mandate))


def esg_world(shared: Path) -> EsgWorld:
    rows = holdings_of_ivv(shared)
    scores, industry = risk_scores(shared), sub_industries(shared)
    universe = Universe(
        tuple(Security(r["Ticker"], sector=r["Sector"], industry=industry.get(r["Ticker"], "")) for r in rows)
    )
    n = len(universe)
    weight = np.array([float(r["Weight (%)"].replace(",", "")) for r in rows])
    weight = weight / weight.sum()
    market = MarketSignals(
        as_of=AS_OF,
        universe=universe,
        price_usd=tuple(Decimal(r["Price"].replace(",", "")) for r in rows),
        risk=_risk(universe),
        costs=CostCurves(universe, np.full(n, 1e-8), np.zeros(n), np.zeros(n), "none"),
        adv_usd=np.full(n, 1e9),
        esg={
            "risk": np.array([scores.get(s, np.nan) for s in universe.security_ids]),
            "intensity": emitted_tonnes(shared, rows) / (weight * INDEX_MUSD),
        },
        esg_scale={"risk": EsgScale(Direction.LOWER_IS_BETTER)},
    )
    worth = weight * VALUE_USD
    flags = np.ones(n, dtype=np.bool_)
    lots = tuple(
        TaxLot(f"L{i}", "index", s, Decimal(repr(round(float(worth[i]), 2))) / p, Decimal(1), date(2020, 1, 2))
        for i, (s, p) in enumerate(zip(universe.security_ids, market.price_usd, strict=True))
    )
    account = AccountSignals(
        account_id="index",
        value_usd=float(worth.sum()),
        cash_usd=Decimal(0),
        target_weight=weight,
        lots=lots,
        lot_name=np.arange(n),
        lot_value_usd=worth,
        lot_gain_usd=np.zeros(n),
        lot_long_term=flags,
        lot_known=flags,
        lot_sellable=flags,
        continuation_usd=np.zeros(n),
        can_buy=flags,
        can_sell=flags,
    )
    return EsgWorld(Signals(market, account))
