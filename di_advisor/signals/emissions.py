"""Small arithmetic of emissions data: intensities per EVIC; owners of facilities from `di_advisor.domain.ownership`.

Source: Regulation (EU) 2020/1818, art. 7(3), for the inflation adjustment.
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.ownership import owners_of
from di_advisor.errors import InputError

__all__ = ["evic_inflation", "intensity_per_evic", "owners_of"]


def evic_inflation(now: FloatArray, before: FloatArray) -> float:
    """Mean EVIC now over mean EVIC before; NaN counts as not known in both."""
    later, earlier = float(np.nanmean(now)), float(np.nanmean(before))
    if not (later > 0 and earlier > 0):
        raise InputError(f"Mean EVIC is {later:g} now and was {earlier:g}.", hint="EVIC is more than zero.")
    return later / earlier


def intensity_per_evic(emissions_tonnes: FloatArray, evic_musd: FloatArray, inflation: float = 1.0) -> FloatArray:
    """Tonnes per million of EVIC, adjusted so that dearer shares alone are no decarbonisation."""
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(evic_musd > 0, emissions_tonnes / evic_musd, np.nan)
    return np.asarray(raw * inflation, dtype=np.float64)
