"""Which companies split their shares, and when: those whose price has run high, now and then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.randomness import stream

__all__ = ["SplitDesk"]

_RATIOS = np.array([1.5, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0])
_HIGH_USD, _LOW_USD, _AIM_USD = 240.0, 2.5, 110.0
_CHANCE_PER_DAY = 0.00015
_NOTICE_DAYS = 16
_REVERSE = 0.1


class SplitDesk:
    """Boards that decide on splits as the path goes: announced today, effective sixteen trading days later."""

    def __init__(self, t: int, n: int, seed: int) -> None:
        rng = stream(seed, "splits")
        self._luck = rng.random((t, n))
        self._ratio = np.ones(n)
        self._day = np.full(n, -1, dtype=np.int64)
        self.announced: dict[tuple[int, int], int] = {}

    def effective(self, day: int) -> FloatArray:
        """New shares for one old on a day, shape (n,); 1 when nothing happens."""
        return np.where(self._day == day, self._ratio, 1.0)

    def pending(self, day: int) -> NDArray[np.bool_]:
        """Whether a split is announced and not yet effective, shape (n,)."""
        return self._day > day

    def consider(self, day: int, price_usd: FloatArray, may: NDArray[np.bool_]) -> None:
        """Announce splits of companies that may and whose price calls for one."""
        if day + _NOTICE_DAYS >= len(self._luck):
            return
        chance = _CHANCE_PER_DAY * np.where(price_usd > _HIGH_USD, price_usd / _HIGH_USD, 0.0)
        chance = np.where(price_usd < _LOW_USD, 0.02, chance)
        for i in np.flatnonzero(may & (self._luck[day] < chance)):
            if price_usd[i] < _LOW_USD:
                ratio = _REVERSE
            else:
                ratio = float(_RATIOS[np.argmin(np.abs(np.log(_RATIOS * _AIM_USD / price_usd[i])))])
            self._ratio[i], self._day[i] = ratio, day + _NOTICE_DAYS
            self.announced[(day + _NOTICE_DAYS, int(i))] = day
