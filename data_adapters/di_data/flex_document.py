"""The XML of Interactive Brokers' Flex queries: read without entities, and only where it is a statement.

Problem: under the same address come statements, errors and "try again", all of them XML, and an XML parser
that resolves entities reads files and fills memory. Decision: one place that parses (defusedxml, no
document type), tells an answer of the service from a statement, and gives rows as cells by attribute.
Limits: attributes as an open-source parser of these statements lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from di_advisor.domain.rows import Row
from di_advisor.errors import InputError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # only its type; parsing is defused

__all__ = ["flex_root", "flex_rows", "flex_statement_root"]

_STATEMENT: Final = "FlexQueryResponse"


def flex_statement_root(text: str, source: str) -> Element:
    """Root of a statement.

    Parameters
    ----------
    text : str
        The XML.
    source : str
        Name of the file or address, for errors.

    Raises
    ------
    InputError
        If it is not XML, brings a document type or entities, is the service's error, or another document.
    """
    root = flex_root(text, source)
    said = root.findtext("ErrorMessage")
    if said is not None:
        code = root.findtext("ErrorCode") or "?"
        raise InputError(
            f"{source}: the broker answered with error {code} ({said.strip()}), not with a statement.",
            hint="Ask for the statement again; the message says what was wrong with the request.",
            source=source,
        )
    if root.tag != _STATEMENT:
        raise InputError(
            f"{source}: the document is a {root.tag}, not a {_STATEMENT}.",
            hint="Export an Activity or Trade Confirmation Flex query as XML.",
            source=source,
        )
    return root


def flex_root(text: str, source: str) -> Element:
    """Root of any document of the service.

    Raises
    ------
    InputError
        If it is not XML, or brings a document type or entities.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as e:
        raise InputError(
            f"{source}: it brings a document type or entities ({type(e).__name__}), and nothing was read.",
            hint="A Flex statement has none; download it again from the broker.",
            source=source,
        ) from e
    except (ParseError, ValueError) as e:
        raise InputError(
            f"{source} is not XML: {e}.", hint="Download the statement as XML, not CSV or HTML.", source=source
        ) from e
    return root


def flex_rows(statement: Element, section: str, label: str) -> Iterator[Row]:
    """Rows of the sections of a name, numbered ("position 3"); cells by attribute."""
    elements = (element for found in statement.iter(section) for element in found)
    for number, element in enumerate(elements, start=1):
        yield Row(f"{label} {number}", dict(element.attrib))
