"""A fingerprint of shares held, and the groups that wash sales look at: what a file needs to be checked by itself."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.ledger.identical import IdenticalGroups

__all__ = ["holdings_digest", "identical_of"]

_DIGITS: Final = 16


def holdings_digest(lots: Iterable[tuple[str, Exact]]) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of all shares by security; the order of lots does not matter.

    Parameters
    ----------
    lots : iterable of (str, Exact)
        Security and shares of each lot.
    """
    total: dict[str, Fraction] = defaultdict(Fraction)
    for security_id, shares in lots:
        total[security_id] += as_fraction(shares)
    text = "\n".join(f"{name} {shares}" for name, shares in sorted(total.items()) if shares)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def identical_of(groups: IdenticalGroups) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Groups of substantially identical securities and their members, in order."""
    members: dict[str, list[str]] = defaultdict(list)
    for security_id, group in groups.group_by_security.items():
        members[group].append(security_id)
    return tuple((group, tuple(sorted(ids))) for group, ids in sorted(members.items()))
