"""ESG measures aligned to the market's names, with who says so and how many names are covered.

Problem: a table is in its provider's order, holds names that the market does not, and may know more than could be
known. Decision: alignment puts figures into the market's order and never fills a gap; a figure that was known
only after the market's date is refused. Limits: nothing is fetched here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.esg_table import EsgScale, EsgTable
from di_advisor.domain.market import FloatArray, Market
from di_advisor.errors import InputError

__all__ = ["AlignedEsg", "aligned_esg"]


@dataclass(frozen=True)
class AlignedEsg:
    """Measures in a market's order.

    Attributes
    ----------
    values : dict of str to ndarray of shape (m,)
        NaN where not covered.
    scale : dict of str to EsgScale
        How they are read, where known.
    provenance : dict of str to str
        Under "esg: <measure>": who, which way is good, known when, how many names.
    """

    values: dict[str, FloatArray]
    scale: dict[str, EsgScale]
    provenance: dict[str, str]


def aligned_esg(esg: EsgTable | Mapping[str, FloatArray] | None, market: Market) -> AlignedEsg:
    """Measures of a table, or arrays as given, in the market's order.

    Raises
    ------
    InputError
        If an array has another length than the market, or a measure was known only after its date.
    """
    if esg is None:
        return AlignedEsg({}, {}, {})
    m = len(market.universe)
    if not isinstance(esg, EsgTable | Mapping):
        raise InputError(
            f"The ESG measures are a {type(esg).__name__}.",
            hint="Pass esg=EsgTable.from_frame(frame, columns), or arrays by name.",
        )
    if not isinstance(esg, EsgTable):
        values = {name: np.asarray(given, dtype=np.float64) for name, given in esg.items()}
        for name, given in values.items():
            if given.shape != (m,):
                raise InputError(
                    f"The ESG measure {name} has the shape {given.shape} for {m} names.",
                    hint="Give one figure a name in the market's order, NaN where not covered.",
                    measure=name,
                )
        return AlignedEsg(values, {}, {f"esg: {n}": f"given as an array; {_covers(v)}" for n, v in values.items()})
    values, scale, provenance = {}, {}, {}
    for measure in esg.measures:
        if measure.known_at is not None and measure.known_at > market.as_of:
            raise InputError(
                f"The ESG measure {measure.name} was known on {measure.known_at}, after the market of {market.as_of}.",
                hint="Load the figures that were known then.",
                measure=measure.name,
            )
        values[measure.name] = measure.aligned(market.universe)
        scale[measure.name] = measure.scale
        known = f"known on {measure.known_at}" if measure.known_at else "of an unknown day"
        says = f"{measure.provider or 'no provider named'}, {measure.direction.value.replace('_', ' ')}, {known}"
        provenance[f"esg: {measure.name}"] = f"{says}; {_covers(values[measure.name])}"
    return AlignedEsg(values, scale, provenance)


def _covers(values: FloatArray) -> str:
    return f"covers {int(np.isfinite(values).sum())} of {len(values)} names"
