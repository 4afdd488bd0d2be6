"""The security master: which of our securities an identifier of somebody else's means, on a day.

Problem: a provider's ISIN, CIK, ticker or name must become our id before its figures are used, tickers
are given to other companies, and a name that matches nothing slips through a screen that only looks for
what it knows. Decision: a person's decisions first, then exact matches in a fixed order (ISIN and CUSIP,
SEDOL and FIGI, CIK, LEI, ticker with its day, strict name of all words), else *unresolved*, which is an
answer that is reported and never dropped. Exact identifiers that disagree are a conflict and resolve to
nothing. Resemblance is never used here: `di_data.identity` only suggests. Limits: as good as its lists; an
issuer with several share classes resolves to all of them unless something names one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from di_advisor.domain.check_digits import cusip_of_isin, defect_of
from di_advisor.domain.company_names import name_tokens
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.security_facts import IdentityOverride, Issuer, ListedSecurity
from di_advisor.domain.tickers import Tickers, TickerSpan
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError, UnknownSecurityError

__all__ = ["Resolution", "ResolvedBy", "SecurityMaster"]

Fact = TypeVar("Fact")

_ORDER: Final = (
    IdentifierScheme.SECURITY_ID,
    IdentifierScheme.ISIN,
    IdentifierScheme.CUSIP,
    IdentifierScheme.SEDOL,
    IdentifierScheme.FIGI,
    IdentifierScheme.CIK,
    IdentifierScheme.LEI,
)
"""Exact schemes, the strongest first."""


class ResolvedBy(StrEnum):
    """What an identifier was recognised by."""

    OVERRIDE = "override"
    SECURITY_ID = "security_id"
    ISIN = "isin"
    CUSIP = "cusip"
    SEDOL = "sedol"
    FIGI = "figi"
    CIK = "cik"
    LEI = "lei"
    TICKER = "ticker"
    NAME = "name"
    CONFLICT = "conflict"
    """Exact identifiers mean different securities: nothing is chosen."""
    NOTHING = "unresolved"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What identifiers mean.

    Attributes
    ----------
    asked : tuple of Identifier
        What was to be resolved.
    security_ids : tuple of str
        None, one, or the share classes of one issuer.
    issuer_id : str
        The issuer; empty where unresolved.
    by : ResolvedBy
        What decided.
    note : str
        Why nothing was found, what else was said, or whose decision it was.
    """

    asked: tuple[Identifier, ...]
    security_ids: tuple[str, ...] = ()
    issuer_id: str = ""
    by: ResolvedBy = ResolvedBy.NOTHING
    note: str = field(default="")

    @property
    def resolved(self) -> bool:
        """Whether it means at least one security."""
        return bool(self.security_ids)

    @property
    def security_id(self) -> str:
        """The one security.

        Raises
        ------
        UnknownSecurityError
            If there is none.
        InputError
            If there are several share classes, and nothing names one.
        """
        told = ", ".join(map(str, self.asked))
        if not self.security_ids:
            raise UnknownSecurityError(
                f"{told} is unresolved{f': {self.note}' if self.note else ''}.",
                hint="Add it to the securities, or decide what it means in the file of overrides.",
                asked=self.asked,
            )
        if len(self.security_ids) > 1:
            raise InputError(
                f"{told} means the issuer {self.issuer_id}, which has {', '.join(self.security_ids)}.",
                hint="Name the share class (ISIN, CUSIP or ticker), or use it for the issuer's metrics.",
                asked=self.asked,
                candidates=self.security_ids,
            )
        return self.security_ids[0]


class SecurityMaster:
    """Issuers, securities and their tickers over time.

    Parameters
    ----------
    issuers : iterable of Issuer
        With distinct ids.
    securities : iterable of ListedSecurity
        With distinct ids, of those issuers.
    spans : iterable of TickerSpan
        Tickers over time.
    overrides : iterable of IdentityOverride
        Decisions of people.

    Attributes
    ----------
    spans, overrides : tuple
        As given.
    tickers : Tickers
        What tickers meant over time.

    Raises
    ------
    InputError
        If an id or an exact identifier stands for two things, a fact names what does not exist, or two
        decisions contradict each other.
    """

    def __init__(
        self,
        issuers: Iterable[Issuer],
        securities: Iterable[ListedSecurity],
        spans: Iterable[TickerSpan] = (),
        overrides: Iterable[IdentityOverride] = (),
    ) -> None:
        self._issuers = _distinct(((i.issuer_id, i) for i in issuers), "an issuer")
        self._securities = _distinct(((s.security_id, s) for s in securities), "a security")
        self.spans: tuple[TickerSpan, ...] = tuple(spans)
        self.overrides: tuple[IdentityOverride, ...] = tuple(overrides)
        self._classes: dict[str, tuple[str, ...]] = {}
        for s in self._securities.values():
            self._classes[s.issuer_id] = (*self._classes.get(s.issuer_id, ()), s.security_id)
        self._refuse_strangers(self.spans, self.overrides)
        self._exact: dict[Identifier, tuple[str, ...]] = {}
        for listed in self._securities.values():
            for identifier in _with_equivalents(listed.identifiers):
                self._add_exact(identifier, (listed.security_id,))
        for issuer in self._issuers.values():
            for identifier in issuer.identifiers:
                self._add_exact(identifier, self._classes.get(issuer.issuer_id, ()))
        self.tickers: Tickers = Tickers(self.spans)
        self._names: dict[tuple[str, ...], set[str]] = {}
        for issuer in self._issuers.values():
            for name in (issuer.name, *issuer.former_names):
                if name_tokens(name):
                    self._names.setdefault(name_tokens(name), set()).add(issuer.issuer_id)
        self._overrides = _without_contradictions(self.overrides)

    @classmethod
    def of_universe(cls, universe: Universe) -> SecurityMaster:
        """Master of the names of a market on its day: each is its own issuer, tickers without dates."""
        return cls(
            [Issuer(s.security_id, s.name) for s in universe.securities],
            [ListedSecurity(s.security_id, s.security_id, s.name) for s in universe.securities],
            [TickerSpan(s.ticker, s.security_id) for s in universe.securities],
        )

    @property
    def issuers(self) -> Mapping[str, Issuer]:
        """Issuers by id."""
        return self._issuers

    @property
    def securities(self) -> Mapping[str, ListedSecurity]:
        """Securities by id."""
        return self._securities

    def issuer_of(self, security_id: str) -> Issuer:
        """Issuer of a security, whose metrics it shares with its other share classes.

        Raises
        ------
        UnknownSecurityError
            If there is no such security.
        """
        if security_id not in self._securities:
            raise UnknownSecurityError.from_missing([security_id], "The question for an issuer")
        return self._issuers[self._securities[security_id].issuer_id]

    def share_classes(self, issuer_id: str) -> tuple[str, ...]:
        """Securities of an issuer, in the order given."""
        return self._classes.get(issuer_id, ())

    def resolve(self, *identifiers: Identifier, on: date | None) -> Resolution:
        """What identifiers of one subject mean on a day.

        Parameters
        ----------
        identifiers : Identifier
            All that is known of the subject, in any order.
        on : date or None
            The day; None only where tickers that were used twice may be refused.

        Raises
        ------
        InputError
            If nothing is given, or a ticker had several meanings then and nothing else decides.
        """
        if not identifiers:
            raise InputError("There is no identifier to resolve.", hint="Give at least one.")
        decided = self._decided(identifiers, on)
        if decided is not None:
            return decided
        found, by, note = self._by_exact(identifiers)
        if by is ResolvedBy.CONFLICT:
            return Resolution(identifiers, by=by, note=note)
        if len(found) != 1:
            named = self._by_ticker(identifiers, on, among=found)
            found, by = (named, by if found else ResolvedBy.TICKER) if named else (found, by)
        if not found:
            found, note = self._by_name(identifiers, note)
            by = ResolvedBy.NAME if found else ResolvedBy.NOTHING
        issuer = self._securities[found[0]].issuer_id if found else ""
        return Resolution(identifiers, found, issuer, by, note)

    def _decided(self, identifiers: Sequence[Identifier], on: date | None) -> Resolution | None:
        for identifier in identifiers:
            for each in self._overrides.get(identifier, ()):
                if each.covers(on):
                    ids = (each.security_id,) if each.security_id else ()
                    issuer = self._securities[each.security_id].issuer_id if ids else ""
                    told = f"decided by {each.author} on {each.decided}{f': {each.note}' if each.note else ''}"
                    return Resolution(tuple(identifiers), ids, issuer, ResolvedBy.OVERRIDE, told)
        return None

    def _by_exact(self, identifiers: Sequence[Identifier]) -> tuple[tuple[str, ...], ResolvedBy, str]:
        """Securities by the strongest exact identifier, what it was, and what was wrong or contradictory."""
        found: tuple[str, ...] = ()
        by = ResolvedBy.NOTHING
        asked = [i for i in identifiers if i.scheme in _ORDER]
        notes = [defect for i in asked if (defect := defect_of(i))]
        for identifier in sorted(_with_equivalents(asked), key=lambda i: (_ORDER.index(i.scheme), i.value)):
            meant = self._exact.get(identifier, ())
            if meant and not found:
                found, by = meant, ResolvedBy(identifier.scheme.value)
            elif meant and not set(meant) & set(found):
                told = f"{by.value} means {', '.join(found)}, {identifier} means {', '.join(meant)}"
                return (), ResolvedBy.CONFLICT, told
        return found, by, "; ".join(notes)

    def _by_ticker(
        self, identifiers: Sequence[Identifier], on: date | None, *, among: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The security of a ticker; where an issuer is known already, only if it is one of its share classes."""
        for identifier in identifiers:
            if identifier.scheme is not IdentifierScheme.TICKER:
                continue
            spans = self.tickers.spans_of(identifier.value)
            fitting = {s.security_id for s in spans if (on is None or s.covers(on)) and s.security_id in among}
            if among and len(fitting) == 1:
                return (next(iter(fitting)),)
            if not among and (any(s.covers(on) for s in spans) if on is not None else spans):
                return (self.tickers.security_id(identifier.value, on),)
        return ()

    def _by_name(self, identifiers: Sequence[Identifier], note: str) -> tuple[tuple[str, ...], str]:
        for identifier in identifiers:
            if identifier.scheme is IdentifierScheme.NAME:
                issuers = self._names.get(name_tokens(identifier.value), set())
                if len(issuers) > 1:
                    note = f"the name {identifier.value!r} fits {', '.join(sorted(issuers))}"
                elif issuers:
                    return self._classes.get(next(iter(issuers)), ()), note
        return (), note

    def _add_exact(self, identifier: Identifier, ids: tuple[str, ...]) -> None:
        known = self._exact.setdefault(identifier, ids)
        if known != ids:
            raise InputError(
                f"{identifier} stands for {', '.join(known)} and for {', '.join(ids)}.",
                hint="An exact identifier has one meaning: correct the list of securities.",
                identifier=str(identifier),
            )

    def _refuse_strangers(self, spans: Sequence[TickerSpan], overrides: Sequence[IdentityOverride]) -> None:
        without = sorted({s.issuer_id for s in self._securities.values()} - set(self._issuers))
        if without:
            raise InputError(
                f"Securities name issuers that are not in the list: {', '.join(without[:5])}.", hint="Add the issuers."
            )
        named = {s.security_id for s in spans} | {o.security_id for o in overrides if o.security_id}
        missing = sorted(named - set(self._securities))
        if missing:
            raise UnknownSecurityError.from_missing(missing, "The list of tickers or of decisions")


def _distinct(pairs: Iterable[tuple[str, Fact]], what: str) -> dict[str, Fact]:
    """Facts by id, each id once."""
    known: dict[str, Fact] = {}
    for key, fact in pairs:
        if not key.strip() or key in known:
            raise InputError(
                f"The id {key!r} of {what} is {'empty' if not key.strip() else 'given twice'}.",
                hint="Ids are permanent, and each means one thing.",
            )
        known[key] = fact
    return known


def _with_equivalents(identifiers: Iterable[Identifier]) -> set[Identifier]:
    """Identifiers, and the CUSIP inside an American ISIN; those with defects are left out."""
    sound = {i for i in identifiers if not defect_of(i)}
    isins = [i.value for i in sound if i.scheme is IdentifierScheme.ISIN]
    return sound | {inner for isin in isins if (inner := cusip_of_isin(isin)) is not None}


def _without_contradictions(overrides: Iterable[IdentityOverride]) -> dict[Identifier, tuple[IdentityOverride, ...]]:
    """Decisions by identifier; two of one identifier hold at different times, or say the same."""
    found: dict[Identifier, tuple[IdentityOverride, ...]] = {}
    for each in overrides:
        for other in found.get(each.identifier, ()):
            if each.security_id != other.security_id and each.overlaps(other):
                raise InputError(
                    f"{each.identifier} means {other.security_id or 'nothing'} as {other.author} decided on "
                    f"{other.decided}, and {each.security_id or 'nothing'} as {each.author} decided on {each.decided}.",
                    hint="Keep one, or give them dates that do not overlap.",
                    identifier=str(each.identifier),
                )
        found[each.identifier] = (*found.get(each.identifier, ()), each)
    return found
