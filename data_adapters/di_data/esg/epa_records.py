"""Records of the EPA's greenhouse gas reporting: who owns a facility, what it emitted, and what kind a sector is.

Problem: emissions, owners and kinds of sectors come in different answers, and only together say who emitted
what. Decision: each answer gives records of its own, and `di_data.esg.epa_parents` joins them. Limits: a
facility's owners are those of the reporting year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from di_advisor.domain.observations import Provenance
from di_advisor.domain.ownership import owners_of
from di_advisor.errors import InputError
from di_data.frame.exchange import Received
from di_data.frame.guards import content_error, refuse_other_columns
from di_data.frame.rows import checked_rows

__all__ = ["FacilityEmission", "FacilityOwners", "GhgrpRecord", "Sector", "SectorKind", "records_of_rows"]


class SectorKind(StrEnum):
    """What a sector's figures are; only those of emitters are emissions of the facility."""

    EMITTER = "E"
    SUPPLIER = "S"
    """What burning the fuel that was sold would emit: never added to emitters, it would count twice."""
    INJECTION = "I"


@dataclass(frozen=True, slots=True)
class FacilityOwners:
    """Owners of a facility in a reporting year.

    Attributes
    ----------
    facility_id : str
        The programme's number.
    year : int
        Reporting year.
    name : str
        Of the facility.
    owners : tuple of (str, float or None)
        Parents with their fractions; None where it is not known. Empty where nobody is named.
    provenance : Provenance
        Where it stands.
    defect : str
        Why the owners cannot be used; empty where they can.
    """

    facility_id: str
    year: int
    name: str
    owners: tuple[tuple[str, float | None], ...]
    provenance: Provenance
    defect: str = ""


@dataclass(frozen=True, slots=True)
class FacilityEmission:
    """A figure of a facility.

    Attributes
    ----------
    facility_id : str
        The programme's number.
    year : int
        Reporting year.
    sector_id, subsector_id, gas_id : str
        The source's own numbers; empty where it gives none.
    tonnes : float or None
        Metric tons of CO2e; None where there is no figure.
    provenance : Provenance
        Where it stands.
    collection : str
        Which answer, or run of pages, holds it together with all other figures of the facility: a facility
        that two collections hold counts once.
    kind : SectorKind or None
        None where only the sector's record says it.
    segment : str
        Worksheet of the bulk file; empty for the service.
    known_on : date or None
        Day as of which the source says it was reported, where it does.
    """

    facility_id: str
    year: int
    sector_id: str
    subsector_id: str
    gas_id: str
    tonnes: float | None
    provenance: Provenance
    collection: str
    kind: SectorKind | None = None
    segment: str = ""
    known_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sector:
    """What kind a sector is."""

    sector_id: str
    name: str
    kind: SectorKind


GhgrpRecord = FacilityOwners | FacilityEmission | Sector
"""What the source gives."""

_FACILITY: Final = ("facility_id", "year", "facility_name", "parent_company")
_EMISSION: Final = ("facility_id", "year", "sector_id", "gas_id", "co2e_emission")
_SECTOR: Final = ("sector_id", "sector_name", "sector_type")
_TABLES: Final = {"facilities": _FACILITY, "emissions": _EMISSION, "sectors": _SECTOR}


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class _FacilityRow(_Row):
    facility_id: str = Field(min_length=1)
    year: int
    facility_name: str | None
    parent_company: str | None


class _EmissionRow(_Row):
    facility_id: str = Field(min_length=1)
    year: int
    sector_id: str | None
    subsector_id: str | None = None
    gas_id: str | None
    co2e_emission: float | None = Field(allow_inf_nan=False)

    @field_validator("co2e_emission", mode="before")
    @classmethod
    def _blank(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value


class _SectorRow(_Row):
    sector_id: str = Field(min_length=1)
    sector_name: str
    sector_type: SectorKind


def records_of_rows(rows: Sequence[Any], received: Received) -> list[GhgrpRecord]:
    """Records of the rows of one table; keys in either case, the table as asked for or seen from its keys.

    Raises
    ------
    SourceContentError
        If they are of no documented table.
    """
    if not all(isinstance(row, Mapping) for row in rows):
        raise content_error(received, "rows are documented as objects, and others came.")
    lower = [{str(key).casefold(): value for key, value in row.items()} for row in rows]
    if not lower:
        return []
    present = list(lower[0])
    table = received.context.get("table") or _table_of(present, received)
    refuse_other_columns(present, _TABLES[table], received, where=table)
    if table == "sectors":
        sectors = checked_rows(lower, _SectorRow, received)
        return [Sector(s.sector_id, s.sector_name, s.sector_type) for s in sectors]
    if table == "emissions":
        return [_emission(row, received) for row in checked_rows(lower, _EmissionRow, received)]
    return [_facility(row, received) for row in checked_rows(lower, _FacilityRow, received)]


def _table_of(present: Sequence[str], received: Received) -> str:
    for table, columns in _TABLES.items():
        if set(columns) <= set(present):
            return table
    raise content_error(received, f"it is none of the documented tables; its fields are {', '.join(present[:12])}.")


def _emission(row: _EmissionRow, received: Received) -> FacilityEmission:
    return FacilityEmission(
        row.facility_id,
        row.year,
        row.sector_id or "",
        row.subsector_id or "",
        row.gas_id or "",
        row.co2e_emission,
        received.provenance,
        received.source if received.context.get("named") else "pages",
    )


def _facility(row: _FacilityRow, received: Received) -> FacilityOwners:
    owners: tuple[tuple[str, float | None], ...] = ()
    defect = "" if row.parent_company else "no parent is named"
    try:
        owners = owners_of(row.parent_company or "")
    except InputError as e:
        defect = e.what
    return FacilityOwners(row.facility_id, row.year, row.facility_name or "", owners, received.provenance, defect)
