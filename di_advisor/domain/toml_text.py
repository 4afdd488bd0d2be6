"""TOML, written: the standard library reads it and does not write it.

Decision: top-level tables get headers, everything in them is written in one line or, for lists of
tables, one element a line; numbers keep their digits, so that decimals come back equal. Limits: the
plain data of `record_data`, no comments (those are the template's).
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from di_advisor.errors import InputError

__all__ = ["read_toml", "toml_key", "toml_of", "toml_value"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DELETE = "\x7f"


def read_toml(text: str, source: str) -> dict[str, Any]:
    """Plain data of a TOML text, numbers with a point as exact decimals.

    Raises
    ------
    InputError
        Naming the file and the line.
    """
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{source} is no TOML: {error}.",
            hint='Texts stand in quotes, tables begin with [name], a comment begins with "#".',
            file=source,
        ) from error


def toml_key(key: str) -> str:
    """A key, in quotes where it needs them."""
    return key if _BARE.fullmatch(key) else toml_value(key)


def toml_value(value: Any) -> str:  # noqa: ANN401, PLR0911 - one answer a type
    """One value on one line; a list of tables takes a line each."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace(_DELETE, "\\u007f")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml_key(k)} = {toml_value(v)}" for k, v in value.items()) + "}"
    items = [toml_value(each) for each in value]
    if any(isinstance(each, Mapping) for each in value):
        return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    return f"[{', '.join(items)}]"


def toml_of(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables with headers, in order; empty ones too."""
    parts = []
    for name, table in tables.items():
        lines = [f"[{toml_key(name)}]", *(f"{toml_key(k)} = {toml_value(v)}" for k, v in table.items())]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
