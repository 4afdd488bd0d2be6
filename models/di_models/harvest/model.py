"""The port's harvest models: what selling each lot is worth, from the program or from its learned stand-in.

Problem: the optimizer counts today's tax (Schedule D) and today's trading cost (cost curves) itself. Decision: it is
told only the rest, ``restart - given up``, in dollars a lot. The program is solved at volatilities spaced by a
constant ratio and interpolated between them, so a whole account takes about ten solves, kept for the next call.
The stand-in answers inside the box it learned, the program outside.

A lot with a gain gets the same: selling it now pays its tax today, which the optimizer counts, and spares the later
tax that the kept lot would owe, which is what it is told. That may be all of today's tax (gains at 15 percent now, at
23.8 later), and never more, at the rates that gains are taxed at: only losses are harvested for their own sake.

Limits: one lot at a time (several lots of one name, and carried losses: `lsm`); rates do not change; names calmer
than the program's grid can carry (5.2 % a year in weekly reviews, 13.8 % in daily ones) are valued as if they moved
that much.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.harvest import ClientProfile, HarvestWorth, LotStates
from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_models.harvest.profiles import Case, features, inside_box
from di_models.harvest.program import YEAR_DAYS, Grid, LotMarket, LotProgram, solve
from di_models.harvest.rules import volatility_threshold
from di_models.harvest.surrogate import HarvestSurrogate

__all__ = ["ProgramHarvestModel", "SurrogateHarvestModel"]

_VOLATILITY_RATIO = 1.1
_LOWEST_VOLATILITY, _HIGHEST_VOLATILITY = 0.05, 1.5
_RULE = "a loss beyond one standard deviation of 31 days"


class ProgramHarvestModel:
    """Values lots by the exact program.

    Parameters
    ----------
    review_days : int
        How often lots are looked at; the program's step.
    drift_per_year : float
        Expected growth of prices.
    harvest_cost : float
        Of a later harvest, both trades together, as a fraction of value. Today's is the optimizer's.
    lock_days : int
        How long a new lot cannot be harvested.
    margin : float
        Advantage, as a fraction of value, that is not counted: a harvest has to be worth at least this more than
        waiting. It costs about a basis point a year and saves a tenth of the harvests (`benchmarks.harvest_value`).
    """

    def __init__(
        self,
        review_days: int = 7,
        drift_per_year: float = 0.07,
        harvest_cost: float = 0.001,
        lock_days: int = 31,
        margin: float = 0.0002,
    ) -> None:
        self.review_days = review_days
        self.margin = margin
        self._market = LotMarket(0.3, drift_per_year, harvest_cost, lock_days)
        self._solved: dict[tuple[ClientProfile, int], LotProgram] = {}

    @property
    def provenance(self) -> str:
        """Which model with which settings: the same for models that answer alike."""
        m = self._market
        return (
            f"exact program of one lot, reviews every {self.review_days} days, drift {m.drift_per_year:g}, "
            f"cost {m.harvest_cost:g}, lock {m.lock_days} days, margin {self.margin:g}"
        )

    def market(self, volatility_per_year: float) -> LotMarket:
        """A name of a volatility, with this model's settings."""
        m = self._market
        return LotMarket(volatility_per_year, m.drift_per_year, m.harvest_cost, m.lock_days)

    def worth(self, lots: LotStates, client: ClientProfile, *, review_days: int) -> HarvestWorth:
        """What selling each whole lot today is worth; as the port `di_advisor.ports.HarvestModel` says.

        Raises
        ------
        InputError
            If the review interval is not this model's.
        """
        restart, given_up = self.parts(lots, client, review_days=review_days)
        provenance = f"exact program of one lot, reviews every {self.review_days} days"
        return _worth(lots, client, restart, given_up, provenance, margin=self.margin)

    def parts(self, lots: LotStates, client: ClientProfile, *, review_days: int) -> tuple[FloatArray, FloatArray]:
        """Value of a new lot and of keeping the old one, per dollar of price, shape (L,) each."""
        _same_interval(review_days, self.review_days)
        volatility = np.clip(lots.volatility_per_year, _LOWEST_VOLATILITY, _HIGHEST_VOLATILITY)
        spot = np.maximum(np.log(volatility) / math.log(_VOLATILITY_RATIO), self._calmest_node())
        below = np.floor(spot).astype(np.int64)
        part = spot - below
        restart, given_up = np.zeros(len(spot)), np.zeros(len(spot))
        basis = lots.basis_over_price()
        for node in sorted({*below.tolist(), *(below + 1).tolist()}):
            share = np.where(below == node, 1 - part, np.where(below + 1 == node, part, 0.0))
            rows = np.flatnonzero(share > 0)
            if not len(rows):
                continue
            program = self._program(client, node)
            age = program.ages(lots.age_days[rows], lots.days_to_long_term[rows])
            restart[rows] += share[rows] * program.today.restart
            given_up[rows] += share[rows] * program.hold_at(basis[rows], age)
        return restart, given_up

    def _calmest_node(self) -> int:
        """First node of volatility that the program's grid can carry at this review interval."""
        return math.ceil(math.log(Grid().calmest(self.review_days / YEAR_DAYS)) / math.log(_VOLATILITY_RATIO))

    def _program(self, client: ClientProfile, node: int) -> LotProgram:
        key = (client, node)
        if key not in self._solved:
            self._solved[key] = solve(client, self.market(_VOLATILITY_RATIO**node), step_days=self.review_days)
        return self._solved[key]


class SurrogateHarvestModel:
    """Values lots by a trained `HarvestSurrogate`, and by the program where that has not learned.

    Where the surrogate's margin leaves the sign open, it sells only if its prediction and the volatility trigger agree.

    Parameters
    ----------
    surrogate : HarvestSurrogate
        Fitted; its review interval is the model's.
    drift_per_year, harvest_cost : float
        As in `ProgramHarvestModel`.
    learned_on : str
        What the surrogate was trained on, in words, for the provenance.
    """

    def __init__(
        self,
        surrogate: HarvestSurrogate,
        *,
        drift_per_year: float = 0.07,
        harvest_cost: float = 0.001,
        learned_on: str = "sampled clients",
    ) -> None:
        self._surrogate, self._learned_on = surrogate, learned_on
        self._exact = ProgramHarvestModel(surrogate.step_days, drift_per_year, harvest_cost, margin=0.0)
        self.review_days = surrogate.step_days

    def worth(self, lots: LotStates, client: ClientProfile, *, review_days: int) -> HarvestWorth:
        """What selling each whole lot today is worth; as the port `di_advisor.ports.HarvestModel` says.

        Raises
        ------
        InputError
            If the review interval is not the one that was trained for.
        """
        _same_interval(review_days, self.review_days)
        basis = lots.value_usd - lots.gain_usd
        loss = np.where(lots.gain_usd < 0, -lots.gain_usd / np.where(basis > 0, basis, 1.0), 0.0)
        learned = np.zeros(len(loss), dtype=np.bool_)
        restart, given_up = np.zeros(len(loss)), np.zeros(len(loss))
        for volatility in np.unique(lots.volatility_per_year):
            case = Case(client, self._exact.market(float(np.clip(volatility, 0.02, 2.0))))
            rows = np.flatnonzero((lots.volatility_per_year == volatility) & (loss > 0) & (loss < 0.5))
            if len(rows) and inside_box(case):
                restart[rows], given_up[rows] = self._learned(case, lots, rows, loss[rows])
                learned[rows] = True
        rest = np.flatnonzero(~learned)
        if len(rest):
            restart[rest], given_up[rest] = self._exact.parts(_chosen(lots, rest), client, review_days=review_days)
        provenance = (
            f"learned from the exact program on {self._learned_on}, reviews every {self.review_days} days; "
            f"{int(learned.sum())} of {len(loss)} lots, the others by the program"
        )
        return _worth(lots, client, restart, given_up, provenance)

    def _learned(
        self, case: Case, lots: LotStates, rows: NDArray[np.int64], loss: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        year = 364
        age = np.maximum(year - lots.days_to_long_term[rows], 0)
        columns = features(case, loss, age.astype(np.float64), case.profile.horizon_years)
        advantage = self._surrogate.predict(columns)
        says = self._surrogate.acts(columns, loss > volatility_threshold(case.market.volatility_per_year))
        advantage = np.where(says, np.abs(advantage), -np.abs(advantage)) + case.market.harvest_cost
        restart = self._surrogate.restart(columns)
        rate = np.where(lots.days_to_long_term[rows] > 0, case.profile.short_use_rate, case.profile.long_use_rate)
        return restart, restart + rate * loss / (1.0 - loss) - advantage


def _worth(
    lots: LotStates,
    client: ClientProfile,
    restart: FloatArray,
    given_up: FloatArray,
    provenance: str,
    *,
    margin: float = 0.0,
) -> HarvestWorth:
    """The answer lot by lot: a loss saves what it is set against, a gain costs what gains are taxed at."""
    gain, short = lots.gain_usd >= 0, lots.days_to_long_term > 0
    saves = np.where(short, client.short_use_rate, client.long_use_rate)
    costs = np.where(short, client.short_exit_rate, client.long_exit_rate)
    tax_now_usd = -np.where(gain, costs, saves) * lots.gain_usd
    continuation_usd = (restart - given_up) * lots.value_usd
    continuation_usd = continuation_usd - np.clip(tax_now_usd + continuation_usd, 0.0, margin * lots.value_usd)
    continuation_usd = np.where(gain, np.minimum(continuation_usd, -tax_now_usd), continuation_usd)
    threshold = 1.0 - np.exp(-lots.volatility_per_year * math.sqrt(31 / 365))
    return HarvestWorth(
        tax_now_usd=tax_now_usd,
        restart_usd=restart * lots.value_usd,
        given_up_usd=given_up * lots.value_usd,
        continuation_usd=continuation_usd,
        says_sell=np.asarray(~gain & (tax_now_usd + continuation_usd > 0)),
        rule_says_sell=np.asarray(-lots.gain_usd > threshold * (lots.value_usd - lots.gain_usd)),
        rule=_RULE,
        provenance=provenance,
    )


def _chosen(lots: LotStates, rows: NDArray[np.int64]) -> LotStates:
    return LotStates(
        lots.value_usd[rows],
        lots.gain_usd[rows],
        lots.age_days[rows],
        lots.days_to_long_term[rows],
        lots.volatility_per_year[rows],
    )


def _same_interval(asked_days: int, model_days: int) -> None:
    if asked_days != model_days:
        raise InputError(
            f"The policy reviews every {asked_days} days, the harvest model was made for every {model_days}.",
            hint=f"Make it with review_days={asked_days}: the value of waiting is the value of waiting until then.",
            asked_days=asked_days,
            model_days=model_days,
        )
