"""Checks that events share: days are days, amounts are exact, and errors name event and field."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from di_advisor.domain.amounts import as_fraction, exact
from di_advisor.errors import InputError

if TYPE_CHECKING:
    from di_advisor.domain.events.event import Event

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "amount",
    "day",
    "fail",
    "fraction_of_one",
    "not_negative",
    "one_of",
    "positive",
    "ratio",
    "text",
]

FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2999
"""Days of other years are mistyped; and there is room to count holding periods from what is left."""


def fail(event: Event, field: str, what: str, hint: str) -> InputError:
    """The error of one field of one event.

    Parameters
    ----------
    event : Event
        What is wrong; its type and id go into the sentence.
    field : str
        The field's name.
    what, hint : str
        What is wrong with it, and what to do.
    """
    label = f"{type(event).__name__} {event.event_id!r}" if event.event_id else type(event).__name__
    return InputError(f"{label}: {field} {what}", hint=hint, event_id=event.event_id, field=field)


def text(event: Event, *fields: str) -> None:
    """Refuse empty text in fields that name something."""
    for field in fields:
        value = getattr(event, field)
        if not isinstance(value, str) or not value.strip():
            raise fail(event, field, f"is {value!r}.", "Give it a name.")


def day(event: Event, *fields: str) -> None:
    """Refuse timestamps, text and days of impossible years in fields that hold a calendar day; None passes."""
    for field in fields:
        value = getattr(event, field)
        if value is not None and (isinstance(value, datetime) or not isinstance(value, date)):
            raise fail(
                event,
                field,
                f"is {value!r}, a {type(value).__name__}; tax rules count calendar dates.",
                "Pass the exchange's local date (datetime.date), never a timestamp.",
            )
        if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise fail(
                event,
                field,
                f"is {value}; days from {FIRST_YEAR} to {LAST_YEAR} are taken.",
                "Correct the date at its source; leave it out where it is not known.",
            )


def amount(event: Event, *fields: str) -> None:
    """Make fields exact amounts in place; None passes."""
    for field in fields:
        value = getattr(event, field)
        if value is not None:
            object.__setattr__(event, field, exact(value, f"{field} of {type(event).__name__} {event.event_id!r}"))


def positive(event: Event, *fields: str) -> None:
    """Make fields exact amounts, more than zero; None passes."""
    amount(event, *fields)
    for field in fields:
        value = getattr(event, field)
        if value is not None and value <= 0:
            raise fail(event, field, f"is {value}; it must be more than zero.", "The type of the event says the side.")


def not_negative(event: Event, *fields: str) -> None:
    """Make fields exact amounts, zero or more; None passes."""
    amount(event, *fields)
    for field in fields:
        value = getattr(event, field)
        if value is not None and value < 0:
            raise fail(event, field, f"is {value}; it must not be negative.", "Correct the sign at its source.")


def ratio(event: Event, field: str) -> Fraction:
    """Make a field a ratio of shares, more than zero, kept as a fraction so that no share is lost."""
    positive(event, field)
    value = as_fraction(getattr(event, field))
    object.__setattr__(event, field, value)
    return value


def one_of(event: Event, field: str, kinds: type[StrEnum]) -> None:
    """Make a field a member of an enumeration, given as one or as its text."""
    value = getattr(event, field)
    if value not in {k.value for k in kinds}:
        raise fail(event, field, f"is {value!r}.", f"Use one of: {', '.join(k.value for k in kinds)}.")
    object.__setattr__(event, field, kinds(value))


def fraction_of_one(event: Event, field: str) -> None:
    """Make a field an exact fraction strictly between 0 and 1; None passes."""
    amount(event, field)
    value = getattr(event, field)
    if value is not None and not 0 < value < 1:
        raise fail(event, field, f"is {value}; it is a part of one.", "Write 84.4782 percent as 0.844782.")
