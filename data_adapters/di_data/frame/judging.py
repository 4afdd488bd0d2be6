"""The judge: guards first, then the adapter's own parser, and nothing but typed errors out of either.

Problem: a parser that meets what it did not expect raises KeyError from deep inside, and a program that
catches only typed errors falls over. Decision: whatever a parser raises about a body is an error about the
body. Limits: a parser that accepts nonsense is not caught here but by the conformance kit.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import Any, Final

from di_advisor.errors import DiAdvisorError, SourceError
from di_data.frame.adapter import Adapter
from di_data.frame.exchange import Received
from di_data.frame.guards import content_error, refuse_other_content

__all__ = ["judged_records", "parsed_records"]

_OF_THE_BODY: Final = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, SyntaxError),
    *(EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error),
)
"""What parsers of the standard library and of ours raise about a body that they do not understand."""


def judged_records(adapter: Adapter[Any], body: bytes, received: Received) -> tuple[Any, ...]:
    """Records of a body that the guards and the adapter accept.

    Raises
    ------
    SourceContentError
        If either refuses it.
    """
    refuse_other_content(body, received)
    return parsed_records(adapter, body, received)


def parsed_records(adapter: Adapter[Any], body: bytes, received: Received) -> tuple[Any, ...]:
    """Records of a body that the guards have passed before: one out of the store, under its checksum.

    Raises
    ------
    SourceContentError
        If the adapter refuses it.
    """
    try:
        return tuple(adapter.parse(body, received))
    except SourceError:
        raise
    except DiAdvisorError as e:
        raise content_error(received, f"a record cannot be: {e.what}", hint=e.hint) from e
    except _OF_THE_BODY as e:
        raise content_error(
            received,
            f"{adapter!r} does not understand the body: {type(e).__name__}: {str(e)[:300]}",
            hint="The source may have changed its shape: a new version of the adapter is needed.",
        ) from e
