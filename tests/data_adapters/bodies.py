"""Wrong bodies out of good ones: a column renamed, a column gone, whatever the kind of file."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

from di_data.frame.exchange import Content

Edit = str | None
"""The new name of a column, or None where it is to go."""


def edited(body: bytes, content: Content, name: str, new: Edit) -> bytes:
    """Return the body with one documented name renamed or, with None, taken out."""
    if content not in _EDITS:
        message = f"no way to edit {content.value}: give the case an edit of its own"
        raise NotImplementedError(message)
    return _EDITS[content](body, name, new)


def _json(document: Any, name: str, new: Edit) -> Any:
    if isinstance(document, list):
        return [_json(each, name, new) for each in document]
    if not isinstance(document, dict):
        return document
    made = {}
    for key, value in document.items():
        if key != name:
            made[key] = _json(value, name, new)
        elif new is not None:
            made[new] = value
    return made


def _csv(text: str, name: str, new: Edit) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    head = next(row for row in rows if name in row)
    place = head.index(name)
    after = rows.index(head)
    for row in rows[after:]:
        if row is head and new is not None:
            row[place] = new
        elif new is None and len(row) > place:
            del row[place]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _workbook(body: bytes, name: str, new: Edit) -> bytes:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(body))
    for sheet in book.worksheets:
        found = next((cell for row in sheet.iter_rows() for cell in row if cell.value == name), None)
        if found is None:
            continue
        if new is None:
            sheet.delete_cols(found.column)
        else:
            found.value = new
        break
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _zip(body: bytes, name: str, new: Edit) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for member in old.namelist():
            content = old.read(member)
            has = name in content.decode("utf-8", errors="replace")
            made.writestr(member, _csv(content.decode("utf-8-sig"), name, new) if has else content)
    return out.getvalue()


def _xml(text: str, name: str, new: Edit) -> str:
    if re.search(rf"\s{re.escape(name)}=\"", text):
        return re.sub(rf"\s{re.escape(name)}=(\"[^\"]*\")", rf" {new}=\g<1>" if new else "", text)
    if new is None:
        return re.sub(rf"<{name}\b[^>]*/>|<{name}\b.*?</{name}>", "", text, flags=re.DOTALL)
    return re.sub(rf"(</?){name}\b", rf"\g<1>{new}", text)


def _html(text: str, name: str, new: Edit) -> str:
    cell = rf"(<t[hd][^>]*>)\s*{re.escape(name)}\s*(</t[hd]>)"
    return re.sub(cell, rf"\g<1>{new}\g<2>" if new else "", text)


def _as_text(edit: Callable[[str, str, Edit], str]) -> Callable[[bytes, str, Edit], bytes]:
    return lambda body, name, new: edit(body.decode("utf-8-sig"), name, new).encode()


def _document(text: str, name: str, new: Edit) -> str:
    return json.dumps(_json(json.loads(text), name, new))


def _lines(text: str, name: str, new: Edit) -> str:
    return "\n".join(_document(line, name, new) for line in text.splitlines() if line.strip())


_EDITS: dict[Content, Callable[[bytes, str, Edit], bytes]] = {
    Content.JSON: _as_text(_document),
    Content.JSON_LINES: _as_text(_lines),
    Content.CSV: _as_text(_csv),
    Content.XML: _as_text(_xml),
    Content.HTML: _as_text(_html),
    Content.XLSX: _workbook,
    Content.ZIP: _zip,
}
