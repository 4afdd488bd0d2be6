"""Guards: what a body must be before a parser sees it, and checks that parsers share.

Problem: status 200 proves nothing; services send login pages, error objects, empty bodies and halves of
files under it. Decision: the frame looks at the first bytes, at the end, and for error objects, and refuses
what is not of the expected kind with an error that says what was seen; parsers use the functions here for
columns, weights and dates, so that a renamed column is said in the same words everywhere. Limits: a guard
sees shapes, not truth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from pydantic_core import from_json

from di_advisor.errors import SourceContentError
from di_advisor.units import percent_from_fraction
from di_data.frame.exchange import Content, Received
from di_data.frame.scrubbing import scrub

__all__ = [
    "content_error",
    "json_document",
    "refuse_fewer_rows",
    "refuse_old",
    "refuse_other_columns",
    "refuse_other_content",
    "refuse_weights",
    "text_of",
]

_HTML: Final = re.compile(
    rb"\s*(?:<!--.*?-->\s*|<\?xml[^>]*\?>\s*)*<(?:!doctype\s+html|html|head|body|script|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_ERROR_FIELDS: Final = ("Error Message", "Note", "Information", "error", "errors", "error_message")
_BOM: Final = b"\xef\xbb\xbf"
_ZIP: Final = b"PK\x03\x04"
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_COMMENT_BYTES: Final = 2**16 + 22
_PARQUET: Final = b"PAR1"
_BINARY: Final = {Content.XLSX: _ZIP, Content.ZIP: _ZIP, Content.PARQUET: _PARQUET}
_SHOWN_CHARACTERS: Final = 200
_FEW_ROWS: Final = 5
_SMALLEST_SHARE: Final = 0.8


def content_error(received: Received, what: str, *, hint: str = "", **facts: Any) -> SourceContentError:
    """Error about a body: whose, from where, and what was seen."""
    return SourceContentError(
        f"{received.provider}, {received.source}: {what}",
        hint=hint or "What was stored before stays; look at the address in a browser, or at the service's notices.",
        source=received.provider,
        address=received.source,
        **facts,
    )


def refuse_other_content(body: bytes, received: Received) -> None:
    """Refuse a body that is not of the expected kind, whatever the parser would make of it.

    Raises
    ------
    SourceContentError
        If it is empty, a page instead of data, cut off, or an error object.
    """
    expects = received.request.expects
    start = body.removeprefix(_BOM).lstrip()
    if not start:
        raise content_error(received, "the body is empty.", hint="Ask again later: some services answer so when busy.")
    if expects is not Content.HTML and _HTML.match(start):
        raise content_error(
            received,
            f"a web page came instead of {expects.value}: {_title(start)!r}.",
            hint="Often a login, consent or error page: open the address in a browser. What was stored before stays.",
        )
    magic = _BINARY.get(expects)
    if magic is not None:
        _refuse_other_binary(body, magic, received)
    elif b"\x00" in body[:1024] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise content_error(received, f"the body is not text, and {expects.value} was expected.")
    elif expects is Content.JSON:
        _refuse_error_object(json_document(body, received), received)
    elif expects is Content.HTML:
        if not re.search(rb"</html\s*>\s*(?:<!--.*?-->\s*)*\Z", body, re.IGNORECASE | re.DOTALL):
            raise content_error(received, "the page is cut off: it does not end with </html>.")
    elif expects is Content.XML and (not start.startswith(b"<") or not body.rstrip().endswith(b">")):
        raise content_error(received, f"the body is not XML, or cut off; it begins with {_shown(start)!r}.")
    elif expects is Content.CSV and start[:1] in {b"{", b"["}:
        _refuse_error_object(json_document(body, received), received)
        raise content_error(received, f"JSON came instead of a table: {_shown(start)!r}.")
    elif expects is Content.JSON_LINES:
        _refuse_other_lines(body, received)


def json_document(body: bytes, received: Received) -> Any:  # noqa: ANN401  # JSON is anything
    """Document of a JSON body; a mark at its beginning is accepted.

    Raises
    ------
    SourceContentError
        If it cannot be read: cut off, or no JSON.
    """
    text = body.removeprefix(_BOM)
    try:
        return from_json(text, allow_inf_nan=False)  # over twice as fast, the same figures
    except ValueError:
        pass
    try:  # what it refuses is read again by the slower one, whose words and positions are shown
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as e:
        cut = getattr(e, "pos", 0) >= len(body.rstrip()) - 1 or "Unterminated" in str(e)
        kind = "the JSON is cut off" if cut else "the body is no JSON"
        raise content_error(received, f"{kind} ({e}); it begins with {_shown(body)!r}.") from None


def text_of(body: bytes, received: Received) -> str:
    """Text of a body in UTF-8, without a mark at its beginning.

    Raises
    ------
    SourceContentError
        If it is not UTF-8.
    """
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise content_error(received, f"the text is not UTF-8: {e.reason} at byte {e.start}.") from None


def refuse_other_columns(
    present: Sequence[str], required: Sequence[str], received: Received, *, known: Iterable[str] = (), where: str = ""
) -> None:
    """Refuse a table that lacks documented columns, and say which unknown ones stand there.

    Parameters
    ----------
    present : sequence of str
        Columns, or fields, as they came.
    required : sequence of str
        As documented.
    known : iterable of str
        Documented ones that may be missing.
    where : str
        Which table or sheet.

    Raises
    ------
    SourceContentError
        If a required one is missing.
    """
    missing = [each for each in required if each not in present]
    if not missing:
        return
    documented = {*required, *known}
    unknown = [str(each) for each in present if each not in documented]
    seen = f"unknown: {', '.join(map(repr, unknown[:10]))}" if unknown else "nothing unknown stands there"
    raise content_error(
        received,
        f"{where + ': ' if where else ''}documented but missing: {', '.join(map(repr, missing))}; {seen}.",
        hint="If one of the unknown is the missing one renamed, the adapter needs a new version; nothing is guessed.",
        missing=missing,
        unknown=unknown,
    )


def refuse_fewer_rows(rows: int, last_good: int | None, received: Received) -> None:
    """Refuse an answer with over a fifth fewer records than the last good one.

    Raises
    ------
    SourceContentError
        If there are.
    """
    if last_good is not None and last_good >= _FEW_ROWS and rows < _SMALLEST_SHARE * last_good:
        raise content_error(
            received,
            f"{rows:,} records came, and the last good answer had {last_good:,}.",
            hint="If the source has truly shrunk, pull once with accept_fewer=True.",
            rows=rows,
            last_good=last_good,
        )


def refuse_weights(total: float, received: Received, *, least: float = 0.99, greatest: float = 1.01) -> None:
    """Refuse weights that do not sum to about one; percent are to be divided before.

    Raises
    ------
    SourceContentError
        If they do not.
    """
    if not least <= total <= greatest:
        raise content_error(
            received,
            f"the weights sum to {percent_from_fraction(total):.2f} % and not to 100 %.",
            hint="Rows are missing or double, or percent were taken for fractions.",
            total=total,
        )


def refuse_old(as_of: date, today: date, received: Received, *, most_days: int) -> None:
    """Refuse a sheet that is older than a number of days.

    Raises
    ------
    SourceContentError
        If it is, or is from the future.
    """
    age_days = (today - as_of).days
    if not 0 <= age_days <= most_days:
        told = f"{age_days} days old" if age_days >= 0 else f"{-age_days} days in the future"
        raise content_error(received, f"it says as of {as_of}, {told}; at most {most_days} days are accepted.")


def _no_constant(name: str) -> None:
    message = f"{name} is no JSON"
    raise ValueError(message)


def _refuse_other_binary(body: bytes, magic: bytes, received: Received) -> None:
    expects = received.request.expects
    if not body.startswith(magic):
        raise content_error(received, f"the body is no {expects.value}; it begins with {_shown(body)!r}.")
    whole = body.endswith(_PARQUET) if magic is _PARQUET else _ZIP_END in body[-_ZIP_COMMENT_BYTES:]
    if not whole:
        raise content_error(received, f"the {expects.value} is cut off: its end is missing.")


def _refuse_error_object(document: object, received: Received) -> None:
    if not isinstance(document, dict):
        return
    for name in _ERROR_FIELDS:
        told = document.get(name)
        if told and (len(document) <= 3 or name in {"Error Message", "Information", "Note"}):
            raise content_error(
                received,
                f"the service answers with {name}: {_shown(json.dumps(told).encode())}.",
                hint="Often a used-up limit, a wrong key or a plan without this; nothing was stored.",
                field=name,
            )


def _refuse_other_lines(body: bytes, received: Received) -> None:
    lines = [line for line in body.removeprefix(_BOM).splitlines() if line.strip()]
    for line in (lines[0], lines[-1]):
        _refuse_error_object(json_document(line, received), received)


def _title(page: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.*?)</title", page, re.IGNORECASE | re.DOTALL)
    return _shown(found[1].strip() if found else page)


def _shown(body: bytes) -> str:
    return scrub(body[:_SHOWN_CHARACTERS].decode("utf-8", errors="replace"))
