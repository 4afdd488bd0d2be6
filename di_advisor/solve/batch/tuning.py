"""Figures of the climb: how far, how fine, how often. One set for arrays and for loops."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["TUNING", "Tuning"]


class Tuning(NamedTuple):
    """Figures of the climb.

    Attributes
    ----------
    armijo, shorter, halvings : float, float, int
        Share of the promised rise that is enough, by how much a step is shortened, and how often.
    level, flat_enough : float
        Slope of a dual with sides given that is level to the last bit; and at which its top counts as reached.
    last : float
        A whole step that promised so many times what is enough leaves less than that.
    noise, least_noise : float
        Round-off of the dual, relative to its value and absolute.
    ridge, flat, stiff : float
        Added to the curvature along each price; below which share of the curvature with every name moving a price
        moves next to none; and the share that such a price is given, for its step would be endless.
    weightless : float
        A name that adds less to the curvature adds nothing.
    disorder : float
        Round-off of marginal costs.
    softness, sharper : float
        Of the minimum over sides, at first and where that left a wide gap.
    soft_steps, sharp_steps, last_steps : int
        Newton steps of a climb: softly, more sharply, and with sides given.
    part : float
        Rise that is not worth a soft step, a share of the softness.
    rest : float
        Rise that is not worth a step with sides given.
    """

    armijo: float = 1e-4
    shorter: float = 0.3
    halvings: int = 8
    level: float = 1e-15
    flat_enough: float = 1e-10
    last: float = 30.0
    noise: float = 1e-15
    least_noise: float = 1e-19
    ridge: float = 1e-12
    flat: float = 1e-3
    stiff: float = 0.02
    weightless: float = 1e-12
    disorder: float = 1e-13
    softness: float = 5e-7
    sharper: float = 1e-7
    soft_steps: int = 5
    sharp_steps: int = 10
    last_steps: int = 20
    part: float = 0.3
    rest: float = 1e-24


TUNING = Tuning()
