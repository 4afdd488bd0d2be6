"""Figures of the search along a step. One set for arrays and for loops."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LINE", "LineTuning"]


class LineTuning(NamedTuple):
    """Figures of the search along a step.

    Attributes
    ----------
    enough, steep : float
        Shares of the promised rise: which of it is enough, and down to which slope a step is not yet at its top.
    stride : float
        By how much a step is lengthened where the dual still rises steeply.
    shortest, longest : float
        Shares of a bracket within which the next trial stays, where neither end is known to be near.
    trials : int
        How often the dual is asked.
    noise, least_noise : float
        Round-off of the dual, relative to its value and absolute.
    same : float
        Round-off of prices, kinks and shares of a step.
    """

    enough: float = 1e-4
    steep: float = 0.5
    stride: float = 4.0
    shortest: float = 0.02
    longest: float = 0.5
    trials: int = 16
    noise: float = 1e-15
    least_noise: float = 1e-19
    same: float = 1e-12


LINE = LineTuning()
