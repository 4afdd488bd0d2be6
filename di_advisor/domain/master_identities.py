"""A security master that learns from a registry, and observations given to the securities they are about.

Problem: a market's own list knows tickers and names; a registry knows which company files under which number,
what it was called before, and that two tickers are share classes of one. Decision: a registry's record is
joined by its tickers on the day it was fetched, exactly; its numbers and former names become the issuer's,
and securities with one CIK become share classes of one issuer. An observation is given to every share class
of its issuer, but one that names a class keeps the figures of its own. What is not recognised is returned,
never dropped. Limits: a record whose tickers mean several issuers, or that contradicts what is known, changes
nothing and is returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.listed_identity import ListedIdentity
from di_advisor.domain.observations import Observation
from di_advisor.domain.resolutions import Resolutions, resolve_all
from di_advisor.domain.security_facts import Issuer
from di_advisor.domain.security_master import SecurityMaster

__all__ = ["ResolvedObservations", "observations_by_security", "with_identities"]


@dataclass(frozen=True)
class ResolvedObservations:
    """Observations under our ids.

    Attributes
    ----------
    observations : tuple of Observation
        One for each share class, with `Observation.security_id` filled in.
    resolutions : Resolutions
        What each subject was recognised by; those that were not are among them.
    """

    observations: tuple[Observation, ...]
    resolutions: Resolutions


def with_identities(
    master: SecurityMaster, identities: Iterable[ListedIdentity]
) -> tuple[SecurityMaster, tuple[ListedIdentity, ...]]:
    """Master that knows the numbers and former names of a registry, and the records that told it nothing.

    Parameters
    ----------
    master : SecurityMaster
        Stays as it is.
    identities : iterable of ListedIdentity
        Records; tickers count on the day each was fetched.

    Returns
    -------
    SecurityMaster
        With numbers, former names, and share classes under one issuer.
    tuple of ListedIdentity
        Records whose tickers we do not hold, or that contradict what is known.
    """
    issuers = dict(master.issuers)
    of_security = {s.security_id: s.issuer_id for s in master.securities.values()}
    numbered = {number: issuer.issuer_id for issuer in issuers.values() for number in issuer.identifiers}
    unused: list[ListedIdentity] = []
    for record in identities:
        owners = [of_security[i] for i in _held(master, record)]
        owners += [numbered[i] for i in record.identifiers if i in numbered]
        named = list(dict.fromkeys(owners))
        merged = _merged([issuers[key] for key in named], record) if named else None
        if merged is None:
            unused.append(record)
            continue
        for security_id in (s for s, issuer in of_security.items() if issuer in named):
            of_security[security_id] = merged.issuer_id
        issuers[merged.issuer_id] = merged
        numbered |= dict.fromkeys(merged.identifiers, merged.issuer_id)
    kept = set(of_security.values())
    made = SecurityMaster(
        [issuer for key, issuer in issuers.items() if key in kept],
        [replace(s, issuer_id=of_security[s.security_id]) for s in master.securities.values()],
        master.spans,
        master.overrides,
    )
    return made, tuple(unused)


def observations_by_security(
    master: SecurityMaster, observations: Sequence[Observation], *, on: date
) -> ResolvedObservations:
    """Observations of issuers under the ids of all their share classes.

    Parameters
    ----------
    master : SecurityMaster
        Our securities.
    observations : sequence of Observation
        Of companies: emissions, scores, revenue; figures of a share class alone (a price) do not belong here.
    on : date
        The day on which subjects are resolved.
    """
    known: dict[str, tuple[Identifier, ...]] = {}
    for each in observations:
        told = (*known.get(str(each.subject), ()), each.subject, *each.aliases)
        known[str(each.subject)] = tuple(dict.fromkeys(told))
    found = resolve_all(master, known, on=on)
    own: set[tuple[object, ...]] = set()
    direct: list[Observation] = []
    shared: list[Observation] = []
    for each in observations:
        resolution = found.by_subject[str(each.subject)]
        named = resolution.security_ids if len(resolution.security_ids) == 1 else ()
        direct += [each.resolved(i) for i in named]
        own |= {_cell(each, i) for i in named}
        if resolution.resolved:
            shared += [each.resolved(i) for i in master.share_classes(resolution.issuer_id) if i not in named]
    kept = [o for o in shared if _cell(o, o.security_id) not in own]
    return ResolvedObservations((*direct, *kept), found)


def _cell(each: Observation, security_id: str) -> tuple[object, ...]:
    return each.provenance.provider, each.metric, each.period_end, security_id


def _held(master: SecurityMaster, record: ListedIdentity) -> tuple[str, ...]:
    """Securities that the tickers of a record mean on the day it was fetched."""
    tickers = [i for i in record.identifiers if i.scheme is IdentifierScheme.TICKER]
    found = resolve_all(master, {i.value: (i,) for i in tickers}, on=record.provenance.fetched_at.date())
    return tuple(dict.fromkeys(s for r in found.by_subject.values() for s in r.security_ids))


def _merged(issuers: Sequence[Issuer], record: ListedIdentity) -> Issuer | None:
    """One issuer out of those of the share classes and a record; None where they contradict each other."""
    told = {i.scheme: i.value for i in record.identifiers if i.scheme.of_issuer}
    numbers: dict[IdentifierScheme, str] = {}
    for scheme in (IdentifierScheme.CIK, IdentifierScheme.LEI):
        known = {i.value for issuer in issuers for i in issuer.identifiers if i.scheme is scheme}
        known |= {told[scheme]} if scheme in told else set()
        if len(known) > 1:
            return None
        numbers[scheme] = next(iter(known), "")
    names = [name for issuer in issuers for name in (issuer.name, *issuer.former_names)]
    names += [record.name, *(f.name for f in record.former_names)]
    first = issuers[0]
    others = tuple(dict.fromkeys(n for n in names if n and n != first.name))
    return Issuer(first.issuer_id, first.name, numbers[IdentifierScheme.CIK], numbers[IdentifierScheme.LEI], others)
