"""A mandate as TOML text and back, with every field that there is.

A saved run, a client's file and the template are all this text; reading what was written gives an equal
mandate. What is left out keeps its default. Pure: whoever calls reads and writes files.
"""

from __future__ import annotations

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.record_data import plain_of, record_of
from di_advisor.domain.record_docs import commented
from di_advisor.domain.toml_text import read_toml, toml_of
from di_advisor.errors import InputError

__all__ = ["TABLE", "mandate_from_toml", "mandate_template", "mandate_toml"]

TABLE = "mandate"
"""Name of its table in a file."""


def mandate_toml(mandate: Mandate) -> str:
    """A mandate as text: what differs from the defaults, in a table ``[mandate]``."""
    return toml_of({TABLE: plain_of(mandate)})


def mandate_from_toml(text: str, source: str = "the mandate") -> Mandate:
    """The mandate of a text.

    Parameters
    ----------
    text : str
        TOML with a table ``[mandate]`` alone.
    source : str
        Where it comes from, for errors.

    Raises
    ------
    InputError
        Naming the file, the key, and what is allowed.
    """
    given = read_toml(text, source)
    others = sorted(set(given) - {TABLE})
    if others:
        raise InputError(
            f"{source}: there is no [{others[0]}].",
            hint=f"Wishes stand under [{TABLE}].",
            file=source,
            key=others[0],
            allowed=(TABLE,),
        )
    return record_of(Mandate, given.get(TABLE, {}), source, TABLE)


def mandate_template() -> str:
    """Every field of a mandate as comments, with its meaning, what is allowed, and its default."""
    return f"[{TABLE}]\n\n{commented(Mandate, TABLE)}\n"
