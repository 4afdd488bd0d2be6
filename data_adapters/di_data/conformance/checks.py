"""The checks: each looks at one rule and says in sentences how an adapter breaks it."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, Final

from di_advisor.domain.observations import Provenance
from di_advisor.errors import DiAdvisorError, PluginError, SourceContentError, SourceError
from di_advisor.units import PERCENT_PER_UNIT
from di_data.conformance.numbers import numbers_of, turned_into_zero
from di_data.conformance.purity import impure_calls, without_sockets
from di_data.conformance.sample import Sample
from di_data.conformance.spoiled import Blank, Gone, Rename, Scale
from di_data.frame.adapter import Adapter
from di_data.frame.addresses import check_url
from di_data.frame.exchange import Content, Request
from di_data.frame.judging import judged_records
from di_data.frame.pulling import MOST_FOLLOWING

__all__ = ["check_adapter", "findings"]

_SECRET: Final = re.compile(r"(?i)key|token|auth|secret|passw")
_LOGIN: Final = b"<!doctype html><html><head><title>Sign in</title></head><body><form></form></body></html>"
_ERRORS: Final = (
    {"Error Message": "Limit Reach"},
    {"error": "no access"},
    {"message": "Forbidden"},
    {"status": "ERROR"},
)
_TEXTS: Final = {Content.CSV, Content.JSON, Content.JSON_LINES}
_MARK: Final = b"\xef\xbb\xbf"
_LARGEST_FRACTION: Final = 1.5


def check_adapter(adapter: Adapter[Any], *samples: Sample) -> None:
    """Check an adapter on samples of its author.

    Parameters
    ----------
    adapter : Adapter
        What is checked.
    *samples : Sample
        At least one.

    Raises
    ------
    PluginError
        If it breaks a rule: all findings, one a line.
    """
    found = findings(adapter, *samples)
    if found:
        raise PluginError(
            f"The adapter {adapter.facts.name} does not keep its contract:\n"
            + "\n".join(f"- {each}" for each in found),
            hint="data_adapters/README.md says what an adapter is.",
            findings=found,
        )


def findings(adapter: Adapter[Any], *samples: Sample) -> tuple[str, ...]:
    """Sentences about every rule that an adapter breaks; empty for a good one."""
    if not samples:
        return ("no sample was given, so nothing is known of it",)
    found = [*_of_facts(adapter), *impure_calls(type(adapter))]
    for sample in samples:
        try:
            with without_sockets():
                for check in _CHECKS:
                    found += check(adapter, sample)
        except (DiAdvisorError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as e:
            found.append(f"a check ended with {type(e).__name__}: {e}")
    return tuple(dict.fromkeys(found))


def _of_facts(adapter: Adapter[Any]) -> Iterator[str]:
    facts = adapter.facts
    if not re.fullmatch(r"[a-z][a-z0-9_]*", facts.name):
        yield f"its name {facts.name!r} is not in snake_case"
    for field in ("title", "provider", "licence", "documentation"):
        if not getattr(facts, field).strip():
            yield f"its facts say nothing of {field}"
    for host in facts.hosts:
        try:
            check_url(f"https://{host}/", facts.hosts, source=facts.name)
        except SourceError:
            yield f"its host {host!r} is no name of a host in small letters"
    if any(each.requests <= 0 or not each.per for each in facts.limits):
        yield "one of its limits allows nothing"


def _plan(adapter: Adapter[Any], sample: Sample) -> Iterator[str]:
    if sample.file:
        return
    if not adapter.facts.hosts:
        yield "its facts list no hosts"
    first, second = tuple(adapter.plan(sample.query)), tuple(adapter.plan(sample.query))
    if first != second:
        yield "plan is not pure: the same question gave different requests"
    if not first:
        yield "plan gives no request for the sample's question"
    for request in first:
        yield from _of_request(adapter, request)


def _of_request(adapter: Adapter[Any], request: Request) -> Iterator[str]:
    facts = adapter.facts
    try:
        check_url(request.address, facts.hosts, source=facts.name)
    except SourceError as e:
        yield f"a request may not be sent: {e.what}"
    named = [name for name, _ in request.parameters] + list(request.headers)
    place = facts.key
    own = {place.parameter, place.header} - {""} if place is not None else set()
    secret = [name for name in named if name in own or _SECRET.search(name)]
    if secret or "@" in request.url.partition("//")[2].partition("/")[0]:
        yield f"a request carries what looks like a key ({', '.join(secret) or 'in its address'}): that is the frame's"


def _parse(adapter: Adapter[Any], sample: Sample) -> Iterator[str]:
    received = sample.received(adapter)
    first = judged_records(adapter, sample.body, received)
    if not first:
        yield "the good body gives no record"
    if judged_records(adapter, sample.body, received) != first:
        yield "parse is not pure: the same bytes gave other records"
    for record in first:
        if not _carries(record, received.provenance):
            yield f"a record ({type(record).__name__}) does not carry the provenance of its body"
        known = getattr(record, "known_on", None)
        if isinstance(known, date) and known > sample.fetched_at.date():
            yield f"a record was known on {known}, after it was fetched"
    for name, value in (pair for record in first for pair in numbers_of(record)):
        if not math.isfinite(value):
            yield f"a record holds {value} in {name}"
        if re.search(r"(?:^|_)(?:weight|fraction)$", name) and abs(value) > _LARGEST_FRACTION:
            yield f"{name} is {value:g}: that looks like percent where a fraction is meant"


def _carries(record: object, provenance: Provenance, depth: int = 2) -> bool:
    if not dataclasses.is_dataclass(record) or isinstance(record, type):
        return False
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if (isinstance(value, Provenance) and value == provenance) or (
            depth and _carries(value, provenance, depth - 1)
        ):
            return True
    return False


def _following(adapter: Adapter[Any], sample: Sample) -> Iterator[str]:
    received = sample.received(adapter)
    first = tuple(adapter.following(sample.body, received))
    if first != tuple(adapter.following(sample.body, received)):
        yield "following is not pure"
    if len(first) > MOST_FOLLOWING:
        yield f"over {MOST_FOLLOWING} requests follow one body"
    if received.request in first:
        yield "after a body the same request follows again, without end"
    for request in first:
        yield from _of_request(adapter, request)


def _pages_and_errors(adapter: Adapter[Any], sample: Sample) -> Iterator[str]:
    wrong = {
        "a login page under status 200": _LOGIN,
        "an empty body": b"",
        "a body of blanks": b" \n",
        "an empty JSON object": b"{}",
        "a table of other columns": b"unexpected\n1\n",
        **{f"the error object {json.dumps(each)}": json.dumps(each).encode() for each in _ERRORS},
    }
    if _kind(adapter, sample) not in {Content.CSV, Content.JSON_LINES}:
        wrong["half a body"] = sample.body[: len(sample.body) // 2]
    for what, body in wrong.items():
        if not _refused(adapter, sample, body):
            yield f"{what} is not refused"


def _columns(adapter: Adapter[Any], sample: Sample) -> Iterator[str]:
    for name in sample.required:
        for how, edit in (("renamed", Rename(f"{name}_since_last_week")), ("missing", Gone())):
            body = sample.with_edit(adapter, name, edit)
            if body == sample.body:
                yield f"the documented name {name} does not stand in the sample's body"
                continue
            refused = _refused(adapter, sample, body)
            if not refused:
                yield f"a body in which {name} is {how} is not refused"
            elif name not in refused:
                yield f"where {name} is {how}, the error does not name it: {refused[:120]}"


def _missing(adapter: Adapter[Any], sample: Sample) -> Iterator[str]:
    good = judged_records(adapter, sample.body, sample.received(adapter))
    for name in dict.fromkeys((*sample.may_be_empty, *sample.required)):
        try:
            body = sample.with_edit(adapter, name, Blank())
        except NotImplementedError:
            return
        try:
            blanked = judged_records(adapter, body, sample.received(adapter, body))
        except SourceContentError:
            if name in sample.may_be_empty:
                yield f"a body in which {name} is empty is refused, and the sample says that it may be"
            continue
        for field in turned_into_zero(good, blanked):
            yield f"where {name} is empty, {field} becomes 0: what is missing is never 0"


def _percent(adapter: Adapter[Any], sample: Sample) -> Iterator[str]:
    for name in sample.fractions:
        if not _refused(adapter, sample, sample.with_edit(adapter, name, Scale(PERCENT_PER_UNIT))):
            yield f"a body in which {name} is in percent is not refused"


def _mark(adapter: Adapter[Any], sample: Sample) -> Iterator[str]:
    if _kind(adapter, sample) not in _TEXTS:
        return
    plain = sample.body.removeprefix(_MARK)
    counts = []
    for body in (plain, _MARK + plain):
        try:
            counts.append(len(judged_records(adapter, body, sample.received(adapter, body))))
        except SourceContentError:
            counts.append(-1)
    if counts[0] != counts[1]:
        yield "a byte order mark at the beginning changes what is read"


def _refused(adapter: Adapter[Any], sample: Sample, body: bytes) -> str:
    """Return what an adapter in its frame says against a body; empty where it accepts it."""
    try:
        judged_records(adapter, body, sample.received(adapter, body))
    except SourceContentError as e:
        return str(e)
    return ""


def _kind(adapter: Adapter[Any], sample: Sample) -> Content:
    return sample.content or sample.asked(adapter).expects


_CHECKS: Final[Sequence[Callable[[Adapter[Any], Sample], Iterator[str]]]] = (
    *(_plan, _parse, _following, _pages_and_errors, _columns, _missing, _percent, _mark),
)
