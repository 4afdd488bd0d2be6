"""Random streams by name, so that a change in one part of the world does not reshuffle the others."""

from __future__ import annotations

import zlib

import numpy as np

__all__ = ["stream"]


def stream(seed: int, name: str) -> np.random.Generator:
    """Random generator that belongs to one named part of the simulated world.

    Parameters
    ----------
    seed : int
        The world's seed, at least 0.
    name : str
        The part ("idiosyncratic", "orders").
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))
