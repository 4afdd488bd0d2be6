"""Wrong bodies out of good ones: a column renamed, gone, blanked or scaled, whatever the kind of file.

Problem: whoever tests an adapter needs the same dozen wrong bodies, in seven kinds of file. Decision: one
function takes a good body, a documented name and an edit, and gives the wrong body back; tests of this
project and of third parties share it. Limits: the first table that holds the name; workbooks need openpyxl,
which is not a dependency of the package; tables are separated by commas.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from di_data.frame.exchange import Content

__all__ = ["Blank", "Edit", "Gone", "Rename", "Scale", "spoiled"]


@dataclass(frozen=True)
class Rename:
    """The name is another one."""

    new: str


@dataclass(frozen=True)
class Gone:
    """The name and its values are not there."""


@dataclass(frozen=True)
class Blank:
    """The values under the name are empty: null in JSON, nothing in a table."""


@dataclass(frozen=True)
class Scale:
    """Numbers under the name are multiplied: percent for fractions, or the other way round."""

    factor: float


Edit = Rename | Gone | Blank | Scale


def spoiled(body: bytes, content: Content, name: str, edit: Edit) -> bytes:
    """Return a body with an edit at one documented name.

    Raises
    ------
    NotImplementedError
        If that kind of file cannot be edited here.
    """
    if content not in _EDITS:
        message = f"no way to edit {content.value}: edit it yourself"
        raise NotImplementedError(message)
    return _EDITS[content](body, name, edit)


def _scaled(value: str, factor: float) -> str:
    try:
        return repr(float(value.replace(",", "")) * factor)
    except ValueError:
        return value


def _json(document: Any, name: str, edit: Edit) -> Any:  # noqa: ANN401  # JSON is anything
    if isinstance(document, list):
        return [_json(each, name, edit) for each in document]
    if not isinstance(document, dict):
        return document
    made = {}
    for key, value in document.items():
        if key != name:
            made[key] = _json(value, name, edit)
            continue
        match edit:
            case Rename(new=new):
                made[new] = value
            case Blank():
                made[key] = None
            case Scale(factor=factor) if isinstance(value, int | float) and not isinstance(value, bool):
                made[key] = value * factor
            case Scale(factor=factor) if isinstance(value, str):
                made[key] = _scaled(value, factor)
            case Scale():
                made[key] = value
            case Gone():
                pass
    return made


def _csv(text: str, name: str, edit: Edit) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    head = next((row for row in rows if name in row), None)
    if head is None:
        return text
    place, start = head.index(name), rows.index(head)
    for row in rows[start:]:
        if len(row) <= place:
            continue
        match edit:
            case Rename(new=new) if row is head:
                row[place] = new
            case Gone():
                del row[place]
            case Blank() if row is not head:
                row[place] = ""
            case Scale(factor=factor) if row is not head:
                row[place] = _scaled(row[place], factor)
            case _:
                pass
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _workbook(body: bytes, name: str, edit: Edit) -> bytes:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(body))
    for sheet in book.worksheets:
        found = next((cell for row in sheet.iter_rows() for cell in row if cell.value == name), None)
        if found is None:
            continue
        below = [sheet.cell(row, found.column) for row in range(found.row + 1, sheet.max_row + 1)]
        match edit:
            case Rename(new=new):
                sheet.cell(found.row, found.column).value = new
            case Gone():
                sheet.delete_cols(found.column)
            case Blank():
                for cell in below:
                    cell.value = None
            case Scale(factor=factor):
                for cell in below:
                    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                        cell.value = cell.value * factor
        break
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _zip(body: bytes, name: str, edit: Edit) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for member in old.namelist():
            content = old.read(member)
            text = content.decode("utf-8-sig", errors="replace")
            made.writestr(member, _csv(text, name, edit) if name in text else content)
    return out.getvalue()


def _xml(text: str, name: str, edit: Edit) -> str:
    attribute = re.compile(rf"\s{re.escape(name)}=\"([^\"]*)\"")
    element = re.compile(rf"<{re.escape(name)}\b[^>]*/>|<{re.escape(name)}\b.*?</{re.escape(name)}>", re.DOTALL)
    has_attribute = bool(attribute.search(text))
    match edit:
        case Rename(new=new) if has_attribute:
            return attribute.sub(rf' {new}="\g<1>"', text)
        case Rename(new=new):
            return re.sub(rf"(</?){re.escape(name)}\b", rf"\g<1>{new}", text)
        case Gone():
            return (attribute if has_attribute else element).sub("", text)
        case Blank():
            return attribute.sub(f' {name}=""', text) if has_attribute else element.sub(f"<{name}/>", text)
        case Scale(factor=factor):
            return attribute.sub(lambda found: f' {name}="{_scaled(found[1], factor)}"', text)


def _html(text: str, name: str, edit: Edit) -> str:
    cell = re.compile(rf"(<t[hd][^>]*>)\s*{re.escape(name)}\s*(</t[hd]>)")
    match edit:
        case Rename(new=new):
            return cell.sub(rf"\g<1>{new}\g<2>", text)
        case Gone():
            return cell.sub("", text)
        case _:
            message = "values of web pages are not edited here"
            raise NotImplementedError(message)


def _document(text: str, name: str, edit: Edit) -> str:
    return json.dumps(_json(json.loads(text), name, edit))


def _lines(text: str, name: str, edit: Edit) -> str:
    return "\n".join(_document(line, name, edit) for line in text.splitlines() if line.strip())


def _of_text(edit_text: Callable[[str, str, Edit], str]) -> Callable[[bytes, str, Edit], bytes]:
    return lambda body, name, edit: edit_text(body.decode("utf-8-sig"), name, edit).encode()


_EDITS: Final[dict[Content, Callable[[bytes, str, Edit], bytes]]] = {
    Content.JSON: _of_text(_document),
    Content.JSON_LINES: _of_text(_lines),
    Content.CSV: _of_text(_csv),
    Content.XML: _of_text(_xml),
    Content.HTML: _of_text(_html),
    Content.XLSX: _workbook,
    Content.ZIP: _zip,
}
