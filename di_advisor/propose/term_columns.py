"""Names of columns that hold a term's dollars or a measure: one snake_case name each, with its unit, none twice.

Terms are named for people, own ones by whoever wrote them ("Dollars in energy (net)"); a column is named
for code. Titles for people are made in `report`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["snake_columns"]

_BETWEEN = re.compile(r"\W+")


def snake_columns(names: Iterable[str], taken: Iterable[str] = (), end: str = "_usd") -> dict[str, str]:
    """Column of each term or measure, in order.

    Parameters
    ----------
    names : iterable of str
        Of the terms.
    taken : iterable of str
        Columns that are there already; a term that would be called so gets a number.
    end : str
        What columns end in.
    """
    used, found = set(taken), {}
    for name in names:
        plain = _BETWEEN.sub("_", name.casefold()).strip("_").removesuffix(end) or "term"
        column, number = f"{plain}{end}", 1
        while column in used:
            number += 1
            column = f"{plain}_{number}{end}"
        used.add(column)
        found[name] = column
    return found
