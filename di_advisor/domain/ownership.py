"""Owners of a facility with their shares, as regulators write them in one text.

Problem: "NUCOR CORP (51%); YAMATO KOGYO (USA) CORP (49%)" holds brackets that are part of a name and
brackets that are a share. Decision: the last bracket with a percent sign of each part is its share, shares
of one facility may not exceed the whole, and of several owners each needs one. Limits: shares that sum to
less than the whole are kept as they are; the rest belongs to nobody that is named.

Source: the parent company column of the EPA's greenhouse gas reporting files.
"""

from __future__ import annotations

import re

from di_advisor.errors import InputError
from di_advisor.units import fraction_from_percent

__all__ = ["SHARES_TOLERANCE", "owners_of"]

SHARES_TOLERANCE = 1e-3
"""Shares are published with two decimals of a percent: three thirds are 99.99 or 100.02."""

_SHARE = re.compile(r"\(\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*\)\s*$")


def owners_of(text: str) -> tuple[tuple[str, float], ...]:
    """Owners with their fractions, from ``"NUCOR CORP (51%); YAMATO KOGYO (USA) CORP (49%)"``.

    A single owner without a share owns all. Brackets inside a name stay in the name.

    Raises
    ------
    InputError
        If one of several owners has no share, a share has no name, or shares exceed the whole.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    owners = []
    for part in parts:
        found = _SHARE.search(part)
        if found is None and len(parts) > 1:
            raise InputError(f"The owner {part!r} has no share.", hint="Write NAME (51%); NAME (49%).")
        name = part if found is None else part[: found.start()].strip()
        if not name:
            raise InputError(f"The share {part!r} has no owner.", hint="Write NAME (51%); NAME (49%).")
        owners.append((name, 1.0 if found is None else fraction_from_percent(float(found[1]))))
    total = sum(share for _, share in owners)
    if total > 1.0 + SHARES_TOLERANCE:
        raise InputError(f"Owners of {text!r} hold {total:.4g} of it.", hint="Shares add up to at most the whole.")
    return tuple(owners)
