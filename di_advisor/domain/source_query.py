"""What is asked of a source: subjects, days, and the source's own options, in one shape for all.

Problem: a command line, a panel and a third party's adapter must be able to ask without knowing each
other. Decision: one small query type; what an adapter does not use it refuses, by the names it declares.
Limits: no paging here; pages are between an adapter and its frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.identifiers import Identifier
from di_advisor.errors import InputError

__all__ = ["SourceQuery"]


@dataclass(frozen=True)
class SourceQuery:
    """A question to a source.

    Attributes
    ----------
    subjects : tuple of Identifier
        Whom it is about; empty for sources that come whole.
    start, end : date or None
        First and last day, both included.
    as_of : date or None
        For sheets of one day: which.
    options : Mapping of str to str
        The source's own options by name.

    Raises
    ------
    InputError
        If the days are in the wrong order.
    """

    subjects: tuple[Identifier, ...] = ()
    start: date | None = None
    end: date | None = None
    as_of: date | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start > self.end:
            raise InputError(
                f"The query starts on {self.start} and ends before, on {self.end}.", hint="Exchange the days."
            )
        object.__setattr__(self, "options", FrozenMap(dict(self.options)))
