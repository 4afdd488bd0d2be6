"""Records explained as commented TOML: every field, what it means, what is allowed, and its default.

Problem: a template written by hand forgets the next field. Decision: fields and defaults come from the
record, meanings from the "Attributes" of its docstring, so that a field without a meaning fails a test.
Every field is a comment; what is left as it is keeps its default.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, is_dataclass
from functools import lru_cache
from typing import Any, get_args

from di_advisor.domain.record_data import default_of, kinds_of, plain_value, wanted
from di_advisor.domain.toml_text import toml_value

__all__ = ["commented", "meanings_of", "records_in"]

_WIDTH = 96
_ENTRY = re.compile(r"^(?P<names>\w+(?:, \w+)*) : .+$")


@lru_cache(maxsize=256)
def meanings_of(kind: type) -> Mapping[str, str]:
    """What each field of a record means, as its docstring says it."""
    lines = (kind.__doc__ or "").expandtabs().splitlines()
    found: dict[str, list[str]] = {}
    names: tuple[str, ...] = ()
    for line in textwrap.dedent("\n".join(lines[1:])).splitlines():
        entry = _ENTRY.match(line)
        if entry:
            names = tuple(entry["names"].split(", "))
            found |= {name: [] for name in names}
        elif line.startswith(" ") and line.strip():
            for name in names:
                found[name].append(line.strip())
        elif line.strip():
            names = ()
    return {name: " ".join(said) for name, said in found.items()}


def records_in(kind: Any) -> Iterator[type]:  # noqa: ANN401 - a type
    """Records that values of a type are made of, itself first."""
    if isinstance(kind, type) and is_dataclass(kind):
        yield kind
        return
    for inner in get_args(kind):
        yield from records_in(inner)


def commented(kind: type, path: str, indent: str = "# ") -> str:
    """Every field of a record as comments: its meaning, what is allowed, and a line to be changed.

    Parameters
    ----------
    kind : type
        A frozen dataclass.
    path : str
        Key of its table, for its inner tables.
    indent : str
        What lines begin with.
    """
    parts = []
    for name, (field, hint) in kinds_of(kind).items():
        usual = default_of(field)
        allowed = wanted(hint)
        given = "needed" if usual is MISSING else "not set by default" if usual is None else ""
        said = [meanings_of(kind)[name], f"{allowed[0].upper()}{allowed[1:]}{f'; {given}' if given else ''}."]
        lines = [line for text in said for line in textwrap.wrap(text, _WIDTH)]
        shown = "" if usual is MISSING or usual is None else f" {toml_value(plain_value(usual))}"
        lines.append(f"{name} ={shown}")
        parts.append("\n".join(f"{indent}{line}" for line in lines))
        parts += [_inner(record, f"{path}.{name}", indent) for record in records_in(hint)]
    return "\n\n".join(parts)


def _inner(kind: type, path: str, indent: str) -> str:
    head = f"{indent}  a table of `{path}`:"
    return f"{head}\n{commented(kind, path, f'{indent}    ')}"
