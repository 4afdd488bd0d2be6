"""What the readers of a user's own files have in common: nothing to fetch, a mapping that may come with the file.

Problem: index weights and prices of a desk lie in files that nothing describes; both kinds need a mapping, and both
answer alike when it does not fit. Decision: one base that refuses to plan a request, takes the mapping that came with
a file unless one was stated, and names the columns that lack. Limits: one mapping a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Generic, TypeVar

from pydantic import BaseModel

from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.frame.adapter import Adapter, SourceFacts
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.rows import as_content_error, refuse
from di_data.market.file_mapping import FileMapping, mapping_of_text

__all__ = ["OwnFiles", "own_file_facts"]

Record = TypeVar("Record")
Mapping = TypeVar("Mapping", bound=FileMapping)


def own_file_facts(name: str, title: str, licence: str, *options: str) -> SourceFacts:
    """Facts of a source that is the user's own files: no host, no limits, nothing kept.

    Parameters
    ----------
    name, title, licence : str
        As in `SourceFacts`.
    *options : str
        What may be said beside a file.
    """
    return SourceFacts(
        name=name,
        title=title,
        provider="own files",
        hosts=(),
        licence=licence,
        documentation="data_adapters/README.md",
        limits=(),
        keeps_for=timedelta(0),
        accepts=Content.CSV,
        options=options,
    )


class OwnFiles(Adapter[Record], Generic[Record, Mapping]):
    """Reads files under a mapping; a subclass states `facts` and how a body becomes records.

    Parameters
    ----------
    mapping : FileMapping
        What the files hold.
    stated : bool
        Whether the caller said so; what comes with a file (``mapping``, the text of a mapping file) counts otherwise.
    """

    def __init__(self, mapping: Mapping, *, stated: bool) -> None:
        self.mapping = mapping
        self._stated = stated

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """Nothing can be fetched.

        Raises
        ------
        InputError
            Always: files are given, not asked for.
        """
        del query
        raise InputError(f"{self.facts.name} reads files and asks no service.", hint="Give it a saved file.")

    def _sent_mapping(self, received: Received) -> tuple[Mapping, Received] | None:
        """The mapping that came with a file and counts, and what was received as that mapping says; None otherwise."""
        text = received.context.get("mapping", "")
        if not text or self._stated:
            return None
        with as_content_error(received):
            made = mapping_of_text(text, type(self.mapping), "the mapping")
        return made, replace(received, provider=made.provider, licence=made.licence)

    def _require_columns(self, columns: BaseModel, header: Sequence[str], received: Received) -> None:
        """Refuse a file that lacks a column of the mapping."""
        missing = [c for c in columns.model_dump().values() if c and c not in header]
        if missing:
            refuse(
                received,
                f"the column {', '.join(missing)} is missing.",
                f"It has: {', '.join(header)}. Name the columns in the mapping.",
                missing=missing,
            )
