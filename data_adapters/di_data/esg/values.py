"""Values and scales that the ESG adapters share.

Problem: a score of 0.82 on a scale of 0 to 100 is inside its scale and a hundredfold too small. Decision: where
all of several scores of one answer lie between 0 and 1, fractions are taken for points, and it is refused.
Limits: an answer with one or two scores is too little to tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from di_data.frame.exchange import Received
from di_data.frame.guards import content_error

__all__ = ["HUNDRED_POINTS", "Value", "refuse_fractions"]

Value = float | bool | str | None
"""A figure, a flag, a class, or nothing."""

HUNDRED_POINTS: Final = (0.0, 100.0)
"""Scale of most providers' scores."""

_FEW: Final = 3
_WIDE: Final = 10.0


def refuse_fractions(
    values: Iterable[float | None], received: Received, *, scale: tuple[float, float] = HUNDRED_POINTS, where: str = ""
) -> None:
    """Refuse scores that all are fractions where a scale far beyond 1 is documented.

    Raises
    ------
    SourceContentError
        If there are three or more, none is over 1, and not all are 0.
    """
    known = [each for each in values if each is not None]
    if len(known) >= _FEW and scale[1] >= _WIDE and min(known) >= 0.0 and 0.0 < max(known) <= 1.0:
        raise content_error(
            received,
            f"{where + ': ' if where else ''}all of {len(known)} scores are at most 1, and the scale goes to "
            f"{scale[1]:g}: fractions stand where points are documented.",
            hint="Nothing is multiplied silently: if the source has changed its scale, the adapter has to know.",
        )
