"""Events as text: one line of JSON for each, that any machine writes the same and reads back exactly.

Problem: a journal must outlive programs, and the same fact must have the same text wherever it is
written, or importing it twice would double it. Decision: a JSON object of the event's type, the
version of this schema and its fields by name. Keys are sorted, fields that have their default are
left out, days are ISO dates, enums are their values. Amounts are text and depend on the value
alone: 1000, 1000.00 and 1E+3 are "1000", a third is "1/3". *Content* is the same without the
source, because what happened does not depend on the file in which it was read.

Reading is strict: unknown types, unknown or missing fields, numbers where text belongs, repeated
keys and newer versions are typed errors; nothing in a text can name code. Limits: NUL and lone
surrogates are refused, since databases refuse them; texts of more than a million characters too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final, NoReturn

from di_advisor.domain import events
from di_advisor.domain.amounts import Exact
from di_advisor.domain.event_fields import REQUIRED, Kind, fields_of
from di_advisor.domain.events import AccountEvent, Event, SecurityEvent
from di_advisor.errors import InputError, NewerSchemaError

__all__ = [
    "EVENT_SCHEMA",
    "EVENT_TYPES",
    "amount_text",
    "content_differences",
    "content_sha256",
    "content_text",
    "event_from_text",
    "event_text",
]

EVENT_SCHEMA: Final = 1
"""Version of the texts written here; raised whenever an old program would misread a new text."""

EVENT_TYPES: Final[Mapping[str, type[Event]]] = {
    name: value
    for name, value in vars(events).items()
    if isinstance(value, type) and issubclass(value, Event) and value not in (Event, AccountEvent, SecurityEvent)
}
"""Every event that can be written, by the name that stands in its text."""

_MAX_CHARACTERS: Final = 1_000_000
_MAX_DECIMAL_DIGITS: Final = 28  # what `exact` reads as a decimal; longer ones are written as a ratio
_MAX_RATIO_DIGITS: Final = 1000  # what `exact` reads as a ratio


def event_text(event: Event) -> str:
    """Text of an event, for storing.

    Raises
    ------
    InputError
        If its type is not known here, or a field holds what no text can hold.
    """
    return _dumps({"version": EVENT_SCHEMA, **_written(event)})


def content_text(event: Event) -> str:
    """Text of what happened, without where it is known from: equal for equal facts."""
    return _dumps(_content(event))


def content_sha256(event: Event) -> str:
    """SHA-256 of `content_text`, in hexadecimal."""
    return hashlib.sha256(content_text(event).encode("ascii")).hexdigest()


def content_differences(one: Event, other: Event, *, ignoring: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What differs in content between two events, a phrase for each field.

    Parameters
    ----------
    one, other : Event
        The events; "amount_usd 100 against 120" tells of ``one`` first.
    ignoring : tuple of str
        Further fields that do not count, such as the id.

    Returns
    -------
    tuple of str
        Empty where the content is the same.
    """
    left, right = _flat(_content(one)), _flat(_content(other))
    return tuple(
        f"{name} {left.get(name, 'nothing')} against {right.get(name, 'nothing')}"
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name) and name not in ignoring
    )


def event_from_text(text: str) -> Event:
    """Read an event back.

    Raises
    ------
    NewerSchemaError
        If a newer version of di_advisor wrote it; both versions are named.
    InputError
        If it is no event: the sentence says what is wrong with which field.
    """
    if len(text) > _MAX_CHARACTERS:
        raise InputError(
            f"The text of an event has {len(text)} characters, more than {_MAX_CHARACTERS}.",
            hint="One event is one object; check the source.",
        )
    try:
        read = json.loads(text, object_pairs_hook=_object, parse_float=_refuse_number, parse_constant=_refuse_number)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"The text is not JSON: {error}.", hint="Restore it from where it was written.") from None
    except ValueError as error:  # whole numbers of thousands of digits
        raise InputError(f"The text of an event holds no figure: {error}.", hint="Check the source.") from None
    if not isinstance(read, dict):
        raise InputError(f"An event is a JSON object, and this is {_short(read)}.", hint="Check the source.")
    version = read.pop("version", None)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(
            f"The text of an event has version {version!r}.",
            hint="Versions are whole numbers from 1 on.",
            version=version,
        )
    if version > EVENT_SCHEMA:
        raise NewerSchemaError(
            f"An event is written in version {version}; this di_advisor reads versions up to {EVENT_SCHEMA}.",
            hint="Update di_advisor; the text was left as it is.",
            found=version,
            known=EVENT_SCHEMA,
        )
    return _event_from(read)


def amount_text(value: Exact | int) -> str:
    """Text of an amount that depends on its value alone, and that `exact` reads back."""
    amount = Fraction(value)
    rest, twos, fives = amount.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest == 1 and places <= 2 * _MAX_DECIMAL_DIGITS:
        digits = str(abs(amount.numerator) * 10**places // amount.denominator)
        # The smallest decimal that is read has its first digit in the 28th place.
        if len(digits) <= _MAX_DECIMAL_DIGITS and places - len(digits) < _MAX_DECIMAL_DIGITS:
            padded = digits.rjust(places + 1, "0")
            whole, part = padded[: len(padded) - places], padded[len(padded) - places :]
            return ("-" if amount < 0 else "") + (f"{whole}.{part}" if part else whole)
    text = f"{amount.numerator}/{amount.denominator}"
    if len(text) > _MAX_RATIO_DIGITS:
        raise InputError(
            f"An amount has {len(text)} digits as a ratio.", hint="Such a figure is out of range; check the source."
        )
    return text


def _dumps(value: Mapping[str, object]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _content(event: Event) -> dict[str, Any]:
    written = _written(event)
    written.pop("source", None)
    if isinstance(written.get("replacement"), dict):
        written["replacement"].pop("source", None)
    return written


def _written(event: Event) -> dict[str, Any]:
    name = type(event).__name__
    if EVENT_TYPES.get(name) is not type(event):
        raise InputError(f"{name} is no event that can be written.", hint=f"Events are: {', '.join(EVENT_TYPES)}.")
    return {"type": name, **_fields(event, f"{name} {event.event_id!r}")}


def _fields(value: Any, where: str) -> dict[str, Any]:  # noqa: ANN401  (any dataclass)
    written = {}
    for field in fields_of(type(value)):
        item = getattr(value, field.name)
        if item != field.default:
            written[field.name] = _item(item, field.kind, f"{where}: {field.name}")
    return written


def _item(item: Any, kind: Kind, where: str) -> Any:  # noqa: ANN401  (JSON has no narrower type)
    if item is None and kind.optional:
        return None
    if not kind.holds(item):
        raise InputError(f"{where} is {_short(item)}, not {kind.words}.", hint="Correct the field at its source.")
    return _WRITERS[kind.name](item, where)


def _storable(text: str, where: str) -> str:
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise InputError(
            f"{where} holds a character that is no text: {text!r}.", hint="Remove NUL and lone surrogates."
        )
    return text


_WRITERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "amount": lambda item, _: amount_text(item),
    "day": lambda item, _: item.isoformat(),
    "enum": lambda item, _: item.value,
    "event": lambda item, _: _written(item),
    "record": _fields,
    "records": lambda item, where: [_fields(each, where) for each in item],
    "text": _storable,
    "truth": lambda item, _: item,
    "whole": lambda item, _: item,
}


def _event_from(read: Mapping[str, Any]) -> Event:
    name = read.get("type")
    kind = EVENT_TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise InputError(
            f"{_short(name)} is no type of event.", hint=f"Types are: {', '.join(sorted(EVENT_TYPES))}.", type=name
        )
    event: Event = _built(kind, {k: v for k, v in read.items() if k != "type"}, f"{name} {read.get('event_id')!r}")
    return event


def _built(cls: type[Any], read: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401  (an instance of ``cls``)
    known = {field.name: field for field in fields_of(cls)}
    unknown = sorted(read.keys() - known.keys())
    missing = [f.name for f in known.values() if f.default is REQUIRED and f.name not in read]
    if unknown or missing:
        wrong = [f"no field {name!r}" for name in unknown] + [f"{name} is missing" for name in missing]
        raise InputError(f"{where}: {'; '.join(wrong)}.", hint=f"Its fields are: {', '.join(known)}.")
    return cls(**{name: _value(item, known[name].kind, f"{where}: {name}") for name, item in read.items()})


def _value(item: Any, kind: Kind, where: str) -> Any:  # noqa: ANN401  (what the field takes)
    if item is None and kind.optional:
        return None
    if kind.name == "event" and isinstance(item, dict):
        return _event_from(item)
    if kind.name == "record" and isinstance(item, dict):
        return _built(kind.of, item, where)
    if kind.name == "records" and isinstance(item, list) and all(isinstance(each, dict) for each in item):
        return tuple(_built(kind.of, each, where) for each in item)
    try:
        return kind.parsed(item, where)
    except (TypeError, ValueError):
        raise InputError(f"{where} is {_short(item)}, not {kind.words}.", hint="Check the source.") from None


def _flat(written: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, item in written.items():
        if isinstance(item, dict):
            flat |= _flat(item, f"{prefix}{name}.")
        elif isinstance(item, list):
            flat[prefix + name] = ", ".join(" ".join(str(v) for v in each.values()) for each in item)
        else:
            flat[prefix + name] = str(item)
    return flat


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(f"The text of an event says twice: {', '.join(twice)}.", hint="Say each field once.")
    return read


def _refuse_number(text: str) -> NoReturn:
    raise InputError(
        f"The text of an event holds the number {text}.", hint='Amounts are text such as "0.10": nothing is binary.'
    )


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
