"""From facilities to parents: Scope 1 of each parent by ownership share, with all that was left out counted.

Problem: figures of suppliers beside those of emitters count the same tonne twice, placeholders look like
figures, some keys come twice and mean parts of one figure, and a share that is blank is neither 100 % nor 0.
Decision: only emitters count; what is left out is counted and, where it has tonnes, weighed; figures of one
key are added; a parent is one whatever the case of its name. Which company a parent is, is matched by the same
words of the name and nothing else; everything else stays as the parent's name. Limits: large facilities in the
United States (over 25,000 t a year), direct emissions in AR4 warming potentials; a parent that is absent is
unknown, not clean; subsidiaries that report under a name of their own are parents of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from di_advisor.domain.company_names import name_tokens
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Observation, Provenance, Reading, Status
from di_data.esg.epa_records import FacilityEmission, FacilityOwners, GhgrpRecord, Sector, SectorKind

__all__ = ["Attribution", "companies_of_parents", "publication_day", "scope_1_by_parent"]

_METRIC: Final = "scope_1_t"
_UNIT: Final = "tCO2e"
_SCOPE_OF_DATA: Final = "GHGRP: direct emissions of US facilities over 25,000 t a year, by ownership share"
_LARGEST: Final = 3


@dataclass(frozen=True)
class Attribution:
    """Scope 1 by parent, and what is not in it.

    Attributes
    ----------
    observations : tuple of Observation
        ``scope_1_t`` by parent and year, largest first; parents of whom nothing can be computed are not disclosed.
    total_t, attributed_t : float
        Direct emissions of all emitters that were given, and the part that has a parent with a share.
    left_out : Mapping of str to int
        Rows or facilities by reason.
    """

    observations: tuple[Observation, ...]
    total_t: float
    attributed_t: float
    left_out: Mapping[str, int]


@dataclass
class _Parent:
    spellings: Counter[str]
    parts: list[tuple[float, float, str]]
    unknown: int = 0


def publication_day(year: int) -> date:
    """Last day of the tenth month after a reporting year: by then the programme has published it."""
    return date(year + 1, 10, 31)


def scope_1_by_parent(records: Iterable[GhgrpRecord], *, segments: Collection[str] = ()) -> Attribution:
    """Scope 1 of each parent and year.

    Parameters
    ----------
    records : iterable of GhgrpRecord
        Owners, emissions and sectors, in any order.
    segments : collection of str
        Worksheets of the bulk file that count; all emitters' where empty.
    """
    records = list(records)
    kinds = {each.sector_id: each.kind for each in records if isinstance(each, Sector)}
    owners = {(o.facility_id, o.year): o for o in records if isinstance(o, FacilityOwners)}
    left_out: Counter[str] = Counter()
    facilities, provenance = _totals(records, kinds, frozenset(segments), left_out)
    parents: dict[tuple[str, int], _Parent] = defaultdict(lambda: _Parent(Counter(), []))
    attributed = 0.0
    for (facility, year), tonnes in facilities.items():
        owned = owners.get((facility, year))
        if owned is None or owned.defect:
            left_out["facilities without parent" if owned is None else "facilities whose owners cannot be used"] += 1
            continue
        for name, share in owned.owners:
            parent = parents[(_key(name), year)]
            if share is None:
                left_out["shares that are not known"] += 1
                parent.unknown += 1
            elif share == 0.0:
                left_out["shares of zero"] += 1
                continue
            else:
                attributed += tonnes * share
                parent.parts.append((tonnes * share, share, owned.name))
            parent.spellings[name] += 1
    made = [_observation(p, year, provenance) for (_, year), p in parents.items() if p.spellings]
    made.sort(key=lambda o: (-(o.period_end or date.min).year, -(o.value if isinstance(o.value, float) else -1.0)))
    return Attribution(tuple(made), sum(facilities.values()), attributed, FrozenMap(dict(left_out)))


def _totals(
    records: Iterable[GhgrpRecord],
    kinds: Mapping[str, SectorKind],
    segments: Collection[str],
    left_out: Counter[str],
) -> tuple[dict[tuple[str, int], float], Mapping[int, tuple[Provenance, date | None]]]:
    """Tonnes by facility and year, and where and as of when each year's figures stand."""
    totals: dict[tuple[str, int], float] = defaultdict(float)
    where: dict[int, tuple[Provenance, date | None]] = {}
    seen: set[tuple[str, ...]] = set()
    collections: dict[tuple[str, int], str] = {}
    for each in records:
        if not isinstance(each, FacilityEmission):
            continue
        kind = each.kind or kinds.get(each.sector_id)
        reason = _not_counted(each, kind, segments)
        if reason:
            left_out[reason] += 1
            continue
        if collections.setdefault((each.facility_id, each.year), each.collection) != each.collection:
            left_out["figures of a facility that another answer gave"] += 1
            continue
        key = (each.facility_id, str(each.year), each.sector_id, each.subsector_id, each.gas_id, each.segment)
        if key in seen:
            left_out["figures of a key that came again, added"] += 1
        seen.add(key)
        totals[(each.facility_id, each.year)] += each.tonnes or 0.0
        where.setdefault(each.year, (each.provenance, each.known_on))
    return totals, where


def _not_counted(each: FacilityEmission, kind: SectorKind | None, segments: Collection[str]) -> str:
    if each.tonnes is None and not each.gas_id:
        return "placeholders without gas and figure"
    if kind is SectorKind.SUPPLIER:
        return "rows of suppliers"
    if kind is SectorKind.INJECTION:
        return "rows of injection"
    if kind is None:
        return "rows of a sector that is not known"
    if segments and each.segment not in segments:
        return "rows of other segments"
    return "rows without figure" if each.tonnes is None else ""


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _observation(parent: _Parent, year: int, where: Mapping[int, tuple[Provenance, date | None]]) -> Observation:
    provenance, as_of = where[year]
    total = sum(tonnes for tonnes, _, _ in parent.parts)
    largest = sorted(parent.parts, reverse=True)[:_LARGEST]
    (name, _), *others = parent.spellings.most_common()
    told = [_SCOPE_OF_DATA, f"{len(parent.parts)} facilities"]
    told += [f"{facility} {tonnes:.0f} t, share {share:.4g}" for tonnes, share, facility in largest]
    told += [f"{parent.unknown} facilities with an unknown share are left out"] if parent.unknown else []
    told += [f"also written {', '.join(other for other, _ in others)}"] if others else []
    told += [f"reported as of {as_of}"] if as_of else []
    known = publication_day(year)
    return Observation(
        subject=Identifier(IdentifierScheme.NAME, name),
        metric=_METRIC,
        value=total if parent.parts else None,
        unit=_UNIT,
        reading=Reading.LOWER_IS_BETTER,
        status=Status.REPORTED if parent.parts else Status.NOT_DISCLOSED,
        known_on=known if as_of is None else max(known, as_of),
        provenance=provenance,
        period_end=date(year, 12, 31),
        note="; ".join(told),
    )


def companies_of_parents(parents: Iterable[str], companies: Mapping[str, str]) -> dict[str, str]:
    """Company of each parent whose name has the very same words, legal forms aside.

    Parameters
    ----------
    parents : iterable of str
        Names of parents.
    companies : Mapping of str to str
        Names of companies, by id. A name that two companies share matches nobody.

    Returns
    -------
    dict of str to str
        Id by parent; parents that match nobody, or two, are left out: suggestions are the security master's.
    """
    by_words: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for company, name in companies.items():
        by_words[name_tokens(name)].add(company)
    return {
        parent: next(iter(found))
        for parent in parents
        if (words := name_tokens(parent)) and len(found := by_words.get(words, set())) == 1
    }
