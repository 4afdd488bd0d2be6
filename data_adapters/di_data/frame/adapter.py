"""What an adapter is: facts about a source, a pure plan, and a pure parse.

Problem: adapters that fetch by themselves cannot be tested without a network, leak keys each in their own
way, and each invent their own retries. Decision: an adapter never opens a socket, reads no clock and sees
no key; `plan` turns a question into requests, `parse` turns bytes into records, `following` gives further
requests where an answer comes in pages or steps, and the frame does all else (`di_data.frame.session`).
Limits: answers fit in memory, up to `SourceFacts.max_bytes` each.

After the three steps of transform, extract, transform that data platforms use.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final, Generic, TypeVar

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.frame.exchange import Content, Received, Request

__all__ = ["Adapter", "KeyPlace", "RateLimit", "SourceFacts", "subjects_of"]

Record = TypeVar("Record")

_MEBIBYTE: Final = 2**20
_WHOLE: Final = timedelta(days=1)
_SPANS: Final = {
    timedelta(seconds=1): "a second",
    timedelta(minutes=1): "a minute",
    timedelta(hours=1): "an hour",
    timedelta(days=1): "a day",
}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many requests in so long."""

    requests: int
    per: timedelta

    def __str__(self) -> str:
        return f"{self.requests:,} {_SPANS.get(self.per, f'in {self.per.total_seconds():g} seconds')}"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a key is found, and where it goes.

    Attributes
    ----------
    variable : str
        Environment variable, and name in the keyring: ``FMP_API_KEY``.
    header, parameter : str
        Which of the two carries it; one is empty.
    needed : bool
        Whether the source answers without it.
    prefix : str
        Before the key in a header: ``"Token "``.
    """

    variable: str
    header: str = ""
    parameter: str = ""
    needed: bool = True
    prefix: str = ""

    def __post_init__(self) -> None:
        if bool(self.header) == bool(self.parameter):
            raise InputError(
                f"The key {self.variable} goes into a header or a parameter.", hint="Name exactly one of the two."
            )


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of a source before it is called.

    Attributes
    ----------
    name : str
        Name of the adapter, as in its entry point.
    title : str
        What it gives, in a few words for people.
    provider : str
        Who gives it.
    hosts : tuple of str
        The only hosts that may be called, redirects included.
    licence : str
        Terms, in a few words.
    documentation : str
        Where the shape of the answers is described.
    limits : tuple of RateLimit
        Shared by all kernels of this user.
    keeps_for : timedelta
        How long a stored body is taken instead of asking again.
    key : KeyPlace or None
        None where none is needed or known.
    accepts : Content
        What a saved file of it is, for `data parse`.
    options : tuple of str
        Names of `SourceQuery.options` that it knows.
    never_stored : bool
        Bodies with account data never reach the cache.
    connect_seconds, read_seconds : float
        Time limits.
    max_bytes : int
        Of one body.
    verified_live : date or None
        When somebody last saw the live service answer as documented; None means never.
    hints : tuple of (int, str)
        What to do about a status, where the source has a way of its own.
    example : SourceQuery or None
        A tiny question that the source answers: what the live smoke test asks.
    """

    name: str
    title: str
    provider: str
    hosts: tuple[str, ...]
    licence: str
    documentation: str
    limits: tuple[RateLimit, ...]
    keeps_for: timedelta = _WHOLE
    key: KeyPlace | None = None
    accepts: Content = Content.JSON
    options: tuple[str, ...] = ()
    never_stored: bool = False
    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    max_bytes: int = 64 * _MEBIBYTE
    verified_live: date | None = None
    hints: tuple[tuple[int, str], ...] = ()
    example: SourceQuery | None = None


class Adapter(ABC, Generic[Record]):
    """One source. A subclass states `facts` and gives `plan` and `parse`."""

    facts: ClassVar[SourceFacts]

    @abstractmethod
    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """Requests that answer a question, in order; pure.

        Raises
        ------
        InputError
            If the source cannot answer such a question: which part, and what it can.
        """

    @abstractmethod
    def parse(self, body: bytes, received: Received) -> Sequence[Record]:
        """Records of one body; pure.

        Raises
        ------
        SourceContentError
            If the body is not of the documented shape.
        """

    def following(self, body: bytes, received: Received) -> Sequence[Request]:
        """Further requests after a body: the next page, the second step; none where not overridden."""
        del body, received
        return ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.facts.name})"


def subjects_of(
    query: SourceQuery, facts: SourceFacts, *schemes: IdentifierScheme, needed: bool = True
) -> tuple[Identifier, ...]:
    """Subjects of a query, all of kinds that a source can be asked for.

    Raises
    ------
    InputError
        If one is of another kind, or there are none and some are needed.
    """
    other = [str(each) for each in query.subjects if each.scheme not in schemes]
    kinds = " or ".join(scheme.value for scheme in schemes)
    if other or (needed and not query.subjects):
        told = f"cannot be asked for {', '.join(other[:3])}" if other else "is asked for nobody"
        hint = f"Give subjects as {kinds}." if schemes else "It comes whole: ask without subjects."
        raise InputError(f"{facts.name} {told}.", hint=hint)
    return query.subjects
