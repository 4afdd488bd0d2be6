"""The embedded sample world: simulated, labelled so, made from a seed, and cached.

>>> from di_advisor import sample
>>> world = sample.load()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from di_advisor.errors import InputError

if TYPE_CHECKING:
    from di_advisor.sample.world import SampleWorld

__all__ = ["SampleWorld", "load"]


def load(seed: int = 7, *, cache: bool = True) -> SampleWorld:
    """Load the sample world of a seed, from the cache or by simulating it (a few seconds).

    Parameters
    ----------
    seed : int
        At least 0; 7 is the world of the examples.
    cache : bool
        Whether to read and write the user's cache folder (environment variable DI_ADVISOR_CACHE
        names another one).

    Returns
    -------
    SampleWorld
        Everything in it is simulated.

    Raises
    ------
    InputError
        If the seed is below 0.
    """
    if seed < 0:
        raise InputError(f"The seed is {seed}.", hint="Give a whole number from 0 on; 7 is the world of the examples.")
    from di_advisor.sample.source import PartSource
    from di_advisor.sample.world import SampleWorld

    return SampleWorld(seed, PartSource.cached(seed) if cache else PartSource(seed, None))


def __getattr__(name: str) -> Any:  # noqa: ANN401 whatever is asked for
    if name == "SampleWorld":
        from di_advisor.sample.world import SampleWorld

        return SampleWorld
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
