"""Observations: one figure or flag, of one subject, from one source, with all that is needed to read it.

Problem: a score without scale and direction does the opposite of what was asked; a figure without the
day on which the world could know it makes every backtest look ahead; and a blank that became 0 makes a
dirty company clean. Decision: an observation carries unit, direction, scale, period, the day it was
known, who says so, where, under which licence, and a status; `value` is None exactly where the status
says that nothing is known. Limits: one value, no distributions; currencies other than USD are units.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from di_advisor.domain.identifiers import Identifier
from di_advisor.errors import InputError

__all__ = ["Observation", "Provenance", "Reading", "Status", "known_by"]


class Reading(StrEnum):
    """How a value is read."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"
    FLAG = "flag"
    """True, False, or unknown: three states, and unknown is not False."""
    NEUTRAL = "neutral"
    """Neither good nor bad: a denominator, a classification."""


class Status(StrEnum):
    """What stands behind a value, or in its place."""

    REPORTED = "reported"
    """The subject or a regulator says so."""
    ESTIMATED = "estimated"
    """The provider's model says so."""
    NOT_DISCLOSED = "not_disclosed"
    """The provider covers the subject, and there is no figure."""
    NOT_COVERED = "not_covered"
    """The provider does not cover the subject."""
    ERROR = "error"
    """The provider sent something that could not be read; `Observation.note` says what."""

    @property
    def has_value(self) -> bool:
        """Whether a value stands beside it."""
        return self in {Status.REPORTED, Status.ESTIMATED}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a record comes from.

    Attributes
    ----------
    provider : str
        Who says so.
    source : str
        Address without secrets, or the name of a file.
    licence : str
        Under which terms it may be used.
    fetched_at : datetime
        When the bytes came here, UTC.
    raw_sha256 : str
        Of the bytes as they came, 64 hexadecimal digits.
    """

    provider: str
    source: str
    licence: str
    fetched_at: datetime
    raw_sha256: str

    def __post_init__(self) -> None:
        if self.fetched_at.utcoffset() != timedelta(0):
            raise InputError(
                f"{self.provider}: the time of fetching {self.fetched_at} is not in UTC.", hint="Give it with UTC."
            )


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one subject.

    Attributes
    ----------
    subject : Identifier
        Whom it is about, in the provider's own identifier.
    metric : str
        What is measured, in snake_case: ``esg_risk_score``, ``scope_1_t``, ``revenue_usd``.
    value : float, bool, str or None
        None exactly where `status` says that there is none; never 0 in place of nothing.
    unit : str
        Unit of the value ("tCO2e", "USD", "points"); empty for flags and classes.
    reading : Reading
        Which way is good.
    status : Status
        What stands behind the value.
    known_on : date
        First day on which the world could know it.
    provenance : Provenance
        Where it comes from.
    scale : tuple of float or None
        Least and greatest value of the provider's scale, where it has one.
    period_end : date or None
        Last day of the period that is measured.
    aliases : tuple of Identifier
        Further identifiers of the same subject in the same record.
    note : str
        Evidence in words: a filing's number, an ownership share, a former name.
    security_id : str
        Our id, once the security master has resolved the subject; empty before.

    Raises
    ------
    InputError
        If value and status contradict each other, a figure is not finite or outside its scale, or a flag
        is not one.
    """

    subject: Identifier
    metric: str
    value: float | bool | str | None
    unit: str
    reading: Reading
    status: Status
    known_on: date
    provenance: Provenance
    scale: tuple[float, float] | None = None
    period_end: date | None = None
    aliases: tuple[Identifier, ...] = field(default=())
    note: str = ""
    security_id: str = ""

    def __post_init__(self) -> None:
        where = f"{self.provenance.provider}, {self.metric} of {self.subject}"
        if (self.value is not None) != self.status.has_value:
            raise InputError(
                f"{where}: the value {self.value!r} stands beside the status {self.status.value}.",
                hint="A value is reported or estimated; where there is none, the status says why.",
            )
        if isinstance(self.value, bool) or self.reading is Reading.FLAG:
            if self.value is not None and not (isinstance(self.value, bool) and self.reading is Reading.FLAG):
                raise InputError(f"{where}: {self.value!r} is not a flag.", hint="Flags are True, False or unknown.")
        elif isinstance(self.value, int | float):
            self._check_figure(float(self.value), where)

    def _check_figure(self, value: float, where: str) -> None:
        if not math.isfinite(value):
            raise InputError(f"{where}: {value} is no figure.", hint="Use a status where nothing is known.")
        if self.scale is not None and not self.scale[0] <= value <= self.scale[1]:
            raise InputError(
                f"{where}: {value} is outside the scale {self.scale[0]:g} to {self.scale[1]:g}.",
                hint="Check the scale that is stated, and whether percent were taken for fractions.",
            )

    def resolved(self, security_id: str) -> Observation:
        """Return the same observation with our id."""
        return replace(self, security_id=security_id)


def known_by(observations: Iterable[Observation], day: date) -> tuple[Observation, ...]:
    """Latest known observation per provider, subject, metric and period that was known by a day.

    One that was given to several securities, the share classes of its issuer, counts for each of them.

    Later revisions of the same period take the place of earlier ones only from the day they were known.
    Of two known on the same day the one that comes later in the order given counts.
    """
    latest: dict[tuple[str, Identifier, str, str, date | None], Observation] = {}
    for each in observations:
        if each.known_on > day:
            continue
        key = (each.provenance.provider, each.subject, each.security_id, each.metric, each.period_end)
        standing = latest.get(key)
        if standing is None or standing.known_on <= each.known_on:
            latest[key] = each
    return tuple(latest.values())
