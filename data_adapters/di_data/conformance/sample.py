"""What the author of an adapter gives for its conformance checks: a question, a body, and what it documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from di_advisor.domain.source_query import SourceQuery
from di_data.conformance.spoiled import Edit, spoiled
from di_data.frame.adapter import Adapter
from di_data.frame.bodies import checksum
from di_data.frame.exchange import Content, Received, Request

__all__ = ["Sample"]

_WHEN: Final = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """A good answer of a source, and what is documented of it.

    Attributes
    ----------
    query : SourceQuery
        A question to which the body answers.
    body : bytes
        Of the documented shape; synthetic, if it is to be published.
    required : tuple of str
        Documented names; without any of them the body is refused, by that name.
    may_be_empty : tuple of str
        Names whose values may be missing in a good body; what is missing becomes no 0.
    fractions : tuple of str
        Names whose numbers, times a hundred, are refused.
    request : int
        To which request of the plan the body answers.
    content : Content or None
        Kind of the body; else as the request expects.
    edit : callable or None
        Edits the body, where `spoiled` cannot.
    fetched_at : datetime
        When it came, UTC.
    file : str
        Name of a file that the body comes from, for adapters of files; then nothing is planned.
    context : Mapping of str to str
        What is known of the file.
    """

    query: SourceQuery
    body: bytes
    required: tuple[str, ...]
    may_be_empty: tuple[str, ...] = ()
    fractions: tuple[str, ...] = ()
    request: int = 0
    content: Content | None = None
    edit: Callable[[bytes, str, Edit], bytes] | None = None
    fetched_at: datetime = _WHEN
    file: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    def asked(self, adapter: Adapter[Any]) -> Request:
        """Request to which the body answers, or the file that stands for one."""
        if self.file:
            return Request(self.file, self.content or adapter.facts.accepts, context=self.context)
        return tuple(adapter.plan(self.query))[self.request]

    def received(self, adapter: Adapter[Any], body: bytes | None = None) -> Received:
        """Circumstances of the body, or of a wrong one in its place."""
        request, facts = self.asked(adapter), adapter.facts
        sha256 = checksum(self.body if body is None else body)
        return Received(request, request.address, sha256, self.fetched_at, facts.provider, facts.licence)

    def with_edit(self, adapter: Adapter[Any], name: str, edit: Edit) -> bytes:
        """Return the body with an edit at a documented name."""
        if self.edit is not None:
            return self.edit(self.body, name, edit)
        return spoiled(self.body, self.content or self.asked(adapter).expects, name, edit)
