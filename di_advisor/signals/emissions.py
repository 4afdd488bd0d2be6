"""Small arithmetic of emissions data: intensities per EVIC, and owners of facilities.

Sources: Regulation (EU) 2020/1818, art. 7(3), for the inflation adjustment; the parent company column of
the EPA's greenhouse gas reporting files for the notation of owners.
"""

from __future__ import annotations

import re

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_advisor.units import fraction_from_percent

__all__ = ["evic_inflation", "intensity_per_evic", "owners_of"]

_SHARE = re.compile(r"\(\s*([0-9]+(?:\.[0-9]+)?)\s*%?\s*\)\s*$")


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


def owners_of(text: str) -> tuple[tuple[str, float], ...]:
    """Owners with their fractions, from ``"NUCOR CORP (51%); YAMATO KOGYO (USA) CORP (49%)"``.

    A single owner without a share owns all. Brackets inside a name stay in the name.

    Raises
    ------
    InputError
        If one of several owners has no share, or shares exceed the whole.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    owners = []
    for part in parts:
        found = _SHARE.search(part)
        if found is None and len(parts) > 1:
            raise InputError(f"The owner {part!r} has no share.", hint="Write NAME (51%); NAME (49%).")
        share = 1.0 if found is None else fraction_from_percent(float(found.group(1)))
        owners.append((part if found is None else part[: found.start()].strip(), share))
    total = sum(share for _, share in owners)
    if total > 1.0 + 1e-9:
        raise InputError(f"Owners of {text!r} hold {total:.4g} of it.", hint="Shares add up to at most the whole.")
    return tuple(owners)
