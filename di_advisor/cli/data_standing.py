"""How sources stand, as text for a terminal of 100 columns.

Problem: who looks for the first time wants to know what can be asked now, and what is lacking for the rest.
Decision: three groups (keyed, without their key, files of yours), three lines a source; documentation,
hosts and options of a source stand there when it is named. Limits: no key is shown, not even in part.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from di_advisor.domain.source_reports import SourceStatus

__all__ = ["age_in_words", "standing"]

_WIDTH: Final = 98
_INDENT: Final = "    "
_NAME: Final = 18


def age_in_words(age: timedelta) -> str:
    """How old something is; a clock that was set back is said."""
    if age < timedelta(0):
        return "from the future: check this machine's clock"
    if age >= timedelta(days=2):
        return f"{age.days} days old"
    hours = int(age / timedelta(hours=1))
    return f"{hours} hours old" if hours >= 2 else f"{int(age / timedelta(minutes=1))} minutes old"


def standing(found: Sequence[SourceStatus], *, probed: bool, whole: bool) -> str:
    """Text about sources.

    Parameters
    ----------
    found : sequence of SourceStatus
        The sources.
    probed : bool
        Whether it was tried if their hosts take connections.
    whole : bool
        Whether to show all that is known of each.
    """
    groups = (
        ("Have their key, or need none", [each for each in found if each.usable and each.hosts]),
        ("Lack a key", [each for each in found if not each.usable and not each.broken]),
        ("Read files of yours (data parse NAME FILE)", [each for each in found if each.usable and not each.hosts]),
        ("Cannot be loaded", [each for each in found if each.broken]),
    )
    lines: list[str] = []
    for title, members in groups:
        if members:
            lines += [f"{title}: {len(members)}", ""]
            for each in members:
                lines += [*_source(each, probed=probed, whole=whole), ""]
    lines += _summary(found, probed=probed, whole=whole)
    return "\n".join(lines)


def _source(each: SourceStatus, *, probed: bool, whole: bool) -> list[str]:
    if each.broken:
        return _wrapped(f"{each.name}  {each.broken}")
    lines = _wrapped(f"{each.name:<{_NAME}}{each.title}")
    facts = [_key(each), _hosts(each, probed=probed), _last(each), each.verification if each.hosts else ""]
    lines += _wrapped("; ".join(filter(None, facts)), _INDENT)
    lines += _wrapped(
        "; ".join(filter(None, [", ".join(each.limits) if each.hosts else "", f"licence: {each.licence}"])), _INDENT
    )
    if each.last_error:
        lines += _wrapped(f"last error: {each.last_error}", _INDENT)
    if whole:
        more = [
            f"provider: {each.provider}",
            f"hosts: {', '.join(each.hosts)}" if each.hosts else "",
            f"documentation: {each.documentation}",
            f"options: {', '.join(each.options)}" if each.options else "no options",
            f"an answer is fresh for {_span(each.keeps_for)}" if each.hosts else "",
        ]
        lines += [line for text in more if text for line in _wrapped(text, _INDENT)]
    return lines


def _key(each: SourceStatus) -> str:
    if not each.key_variable:
        return "needs no key"
    if each.keyed:
        return f"{each.key_variable} is there"
    return f"{each.key_variable} is {'missing' if each.key_needed else 'missing, and answers without it'}"


def _hosts(each: SourceStatus, *, probed: bool) -> str:
    if not each.hosts or not probed:
        return ""
    words = {True: "reachable", False: "not reachable", None: "behind a proxy, not tried"}
    return words[each.reachable]


def _last(each: SourceStatus) -> str:
    if each.last_at is None:
        return "gave nothing here yet" if each.hosts else ""
    age = age_in_words(each.age) if each.age is not None else ""
    count = f"{each.last_records:,} records" if each.last_records is not None else "records"
    return f"last gave {count} on {each.last_at:%Y-%m-%d %H:%M} UTC, {age}"


def _summary(found: Sequence[SourceStatus], *, probed: bool, whole: bool) -> list[str]:
    lines = []
    services = [each for each in found if each.hosts]
    if not probed and services:
        lines += _wrapped("Whether hosts take connections was not tried.")
    elif services and all(each.reachable is False for each in services):
        lines += _wrapped(
            "No service is reachable: there is no network here, or a firewall. `data pull --cache-only` gives what is "
            "stored, `data bundle replay` what was carried here, `data parse` reads saved files."
        )
    lacking = sorted({each.key_variable for each in found if not each.usable and each.key_variable})
    if lacking:
        lines += _wrapped(
            f"Keys: set {_or(lacking)} in the environment, or store it once: keyring set di_advisor {lacking[0]}."
        )
    if not whole:
        lines += _wrapped("`di-advisor data check NAME` tells documentation, hosts and options of one.")
    return lines


def _or(names: Iterable[str]) -> str:
    *head, last = names
    return f"{', '.join(head)} or {last}" if head else last


def _span(span: timedelta) -> str:
    if span >= timedelta(days=1):
        return "a day" if span.days == 1 else f"{span.days} days"
    return f"{span / timedelta(hours=1):g} hours"


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent or "  ",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
