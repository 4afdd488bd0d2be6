"""The bytes of an account: a line of JSON, columns of numbers behind it, and a checksum of both.

Problem: an account travels to a worker and lies in files; a figure that changed on the way must not become an order,
and whose account it is should be seen without reading its lots. Decision: one line of JSON that begins with schema and
label, whatever stands in columns behind its line end, and four bytes of CRC-32 over all before them, which tells every
change within 32 bits in a row, and others but for one in four billion. Limits: a checksum guards against damage and
not against intent: what is read is checked all the same. Bodies of schema 1 are JSON throughout, without one.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from di_advisor.errors import NewerSchemaError

__all__ = ["begun_at", "heads_of", "is_begun", "label_of", "opened", "sealed"]

_SCHEMA: Final = 2
_OF_TEXT: Final = 1
_BEGINS: Final = b'{"schema":%d,' % _SCHEMA
_VERSION: Final = re.compile(rb'\{"schema":([0-9]{1,9}),')
_SEAL: Final = struct.Struct("<I")
_BEGINS_AT: Final = b',"begins_at":'


def sealed(said: Mapping[str, Any], columns: Iterable[bytes]) -> bytes:
    """An account as bytes.

    Parameters
    ----------
    said : Mapping
        What the line of JSON says; its label first.
    columns : iterable of bytes
        What stands behind it.
    """
    return _with_seal(b"".join((_text({"schema": _SCHEMA, **said}), b"\n", *columns)))


def opened(body: bytes) -> tuple[Any, memoryview]:
    """What the line of JSON says, and the columns; nothing behind a body of schema 1, which is JSON throughout.

    Raises
    ------
    NewerSchemaError
        If a newer program wrote the bytes.
    ValueError
        If they are not whole, or no JSON.
    """
    version = _VERSION.match(body)
    if version is not None:
        _refuse_newer(int(version[1]))
    if not body.startswith(_BEGINS):
        found = json.loads(body)
        if isinstance(found, dict):
            _refuse_newer(found.get("schema", _OF_TEXT))
            if found.get("schema") == _SCHEMA:
                raise ValueError("its columns and its checksum are missing")
        return found, memoryview(b"")
    end = len(body) - _SEAL.size
    if _SEAL.unpack_from(body, end)[0] != zlib.crc32(memoryview(body)[:end]):
        raise ValueError("its checksum does not fit: bytes are missing or have changed")
    line = body.index(b"\n", 0, end)
    return json.loads(body[:line]), memoryview(body)[line + 1 : end]


def heads_of(label: str) -> tuple[bytes, ...]:
    """How the bytes of an account may begin."""
    return tuple(_text({"schema": version, "label": label})[:-1] + b"," for version in (_SCHEMA, _OF_TEXT))


def label_of(body: bytes) -> str | None:
    """The label that the bytes of an account say, or None where they say none; nothing else of them is looked at."""
    try:
        return str(json.loads(_line_of(body))["label"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def begun_at(body: bytes, prices: Mapping[str, float]) -> bytes:
    """The bytes of an account without a start, with prices to begin at."""
    if not prices:
        return body
    said = _BEGINS_AT + _text(dict(prices)) + b"}"
    if not body.startswith(_BEGINS):
        return body[:-1] + said
    line = _line_of(body)
    return _with_seal(line[:-1] + said + body[len(line) : -_SEAL.size])


def is_begun(body: bytes) -> bool:
    """Whether an account says at which prices it begins."""
    return _BEGINS_AT in _line_of(body)  # within a text its first quote would stand behind a backslash


def _line_of(body: bytes) -> bytes:
    return body.partition(b"\n")[0] if body.startswith(_BEGINS) else body


def _with_seal(body: bytes) -> bytes:
    return body + _SEAL.pack(zlib.crc32(body))


def _text(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()


def _refuse_newer(version: object) -> None:
    if version not in (_OF_TEXT, _SCHEMA):
        raise NewerSchemaError(
            f"An account of the fleet was written by a newer version (schema {version}, this one reads {_SCHEMA}).",
            hint="Use that version, or write the accounts again.",
        )
