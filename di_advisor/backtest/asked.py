"""What a run was asked: as plain facts, as a digest, and how two askings differ, in words.

Problem: a finished run is known by a digest of all that it follows from, and a digest says only "another one": a folder
of hours of work was not recognised, and nobody could see why. Decision: the facts behind the digest are kept with the
result, and a run that is not there is compared with those of its name, setting by setting. Limits: what a program
computes anew with the same facts is not seen; files of earlier versions do not hold their facts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

__all__ = ["Facts", "digest_of", "facts_of", "in_words"]

Facts = Mapping[str, Any]
"""Plain data: numbers, texts, lists and maps."""

_DIGITS: Final = 12
_SHOWN: Final = 4
_SHORT: Final = 80


def facts_of(run: object, past: str, content: str) -> Facts:
    """All that a run follows from, as plain data.

    Parameters
    ----------
    run : Vintage
        The run.
    past : str
        Label of the past.
    content : str
        Digest of the past (`di_advisor.backtest.past_digest`).
    """
    return {"past": past, "content": content, "run": _plain(run)}


def digest_of(facts: Facts) -> str:
    """Digest of facts, 12 hexadecimal digits, the same in every process."""
    text = json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def in_words(now: Facts, then: Facts) -> str:
    """Which settings differ, what they are now and what they were.

    Parameters
    ----------
    now, then : Facts
        Of `facts_of`; ``then`` may come from another version, with other settings.

    Returns
    -------
    str
        Such as "mandate.tracking_error_max is 0.03, was 0.02"; empty where nothing differs.
    """
    then = json.loads(json.dumps(then))
    found: list[str] = []
    if now["past"] != then.get("past"):
        found.append(f"the past is {_short(now['past'])}, was {_short(then.get('past'))}")
    elif now["content"] != then.get("content"):
        found.append("the past of this label holds other days, prices, weights, dividends or events")
    _compare("", json.loads(json.dumps(now["run"])), then.get("run"), found)
    shown = found[:_SHOWN]
    if len(found) > _SHOWN:
        shown.append(f"and {len(found) - _SHOWN} more")
    return "; ".join(shown)


def _compare(where: str, now: Any, then: Any, found: list[str]) -> None:  # noqa: ANN401  (plain data)
    if now == then:
        return
    if _fact(now) and _fact(then) and now[0] == then[0]:
        for name in dict.fromkeys([*now[1], *then[1]]):
            at = f"{where}.{name}" if where else name
            if name not in then[1]:
                found.append(f"{at} is {_said(now[1][name])}, was not known to the version that ran it")
            elif name not in now[1]:
                found.append(f"{at} is no setting any more, was {_said(then[1][name])}")
            else:
                _compare(at, now[1][name], then[1][name], found)
        return
    if _listed(now) and _listed(then) and len(now) == len(then):
        for k, (mine, theirs) in enumerate(zip(now, then, strict=True)):
            _compare(f"{where}[{_name(mine, k)}]", mine, theirs, found)
        return
    found.append(f"{where} is {_said(now)}, was {_said(then)}")


def _fact(value: Any) -> bool:  # noqa: ANN401  (plain data)
    """Whether plain data is a fact with fields: its type's name and a map of them."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict)


def _listed(value: Any) -> bool:  # noqa: ANN401  (plain data)
    """Whether plain data is a list of facts, such as triggers."""
    return isinstance(value, list) and bool(value) and all(_fact(each) for each in value)


def _name(fact: Sequence[Any], place: int) -> str:
    return str(fact[1].get("name", place))


def _said(value: Any) -> str:  # noqa: ANN401  (plain data)
    """A value for a reader: a fact by its type, a number as its text."""
    if value is None or value == "":
        return "none"
    if _fact(value):
        inside = ", ".join(f"{k} {_said(v)}" for k, v in value[1].items())
        return _short(f"{value[0]}({inside})")
    if isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value):
        return _short(value[1])
    if isinstance(value, list):
        names = [str(v[1]["name"]) if _fact(v) and "name" in v[1] else _said(v) for v in value]
        return _short(", ".join(names) or "empty")
    return _short(value)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def _plain(value: Any) -> Any:  # noqa: ANN401  (any fact)
    """A fact as plain data: fields by name, sets and maps in order, models by what they say they are."""
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, {f.name: _plain(getattr(value, f.name)) for f in fields(value)}]
    if isinstance(value, Mapping):
        return sorted([[_plain(k), _plain(v)] for k, v in value.items()], key=str)
    if isinstance(value, set | frozenset):
        return sorted((_plain(each) for each in value), key=str)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return [type(value).__name__, str(getattr(value, "provenance", value))]
