"""Papers of the ledger as tables, and as one HTML page that stands alone.

Every text goes through the escaping of `markup`; what stands on the paper (accounts seen, settings,
what is missing, no advice) is printed with its rows. Limits: figures only, no charts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final, get_type_hints

from markupsafe import Markup

from di_advisor.ledger.papers import Paper
from di_advisor.ledger.papers.paper import RowT
from di_advisor.report.markup import as_html, escaped, html_list
from di_advisor.report.output_files import write_text
from di_advisor.report.tables import Align, Column, Table
from di_advisor.report.wording import money, shares

__all__ = ["paper_html", "paper_table", "write_paper_html"]

_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Form8949Row.description": "(a) Description",
        "Form8949Row.acquired": "(b) Acquired",
        "Form8949Row.sold": "(c) Sold",
        "Form8949Row.proceeds_usd": "(d) Proceeds",
        "Form8949Row.basis_usd": "(e) Basis",
        "Form8949Row.codes": "(f) Codes",
        "Form8949Row.adjustment_usd": "(g) Adjustment",
        "Form8949Row.gain_usd": "(h) Gain",
        "ScheduleDLine.proceeds_usd": "(d) Proceeds",
        "ScheduleDLine.basis_usd": "(e) Basis",
        "ScheduleDLine.adjustment_usd": "(g) Adjustment",
        "ScheduleDLine.gain_usd": "(h) Gain",
        "WashRow.loss_account_id": "Sold in",
        "WashRow.loss_security_id": "Security",
        "WashRow.loss_event_id": "Sale",
        "WashRow.loss_lot_id": "Lot",
        "WashRow.replacement_account_id": "Bought in",
        "LotRow.account_id": "Account",
        "LotRow.security_id": "Security",
        "LotRow.lot_id": "Lot",
    }
)
"""Headings that are not the name of the field."""

_PAGE: Final = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 0 auto; max-width: 1440px; padding: 24px 28px; font: 14px/1.5 system-ui, Arial, sans-serif; }}
.sheet {{ overflow-x: auto; }}
.di-table th, .di-table td {{ padding: 2px 6px; border-bottom: 1px solid #8a8a8a55; vertical-align: top; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p><strong>{disclaimer}</strong> Taxpayer: {taxpayer}. Books as of {as_of}. {scope}</p>
{missing}<div class="sheet" tabindex="0" role="region" aria-label="{title}">
{table}</div>
{notes}{settings}
</main>
</body>
</html>
"""
)


def paper_table(paper: Paper[RowT]) -> Table:
    """The rows and totals of a paper as a table for people.

    Parameters
    ----------
    paper : Paper
        Any paper of the ledger.
    """
    names = [f.name for f in fields(paper.row_type)]  # type: ignore[arg-type]
    kinds = get_type_hints(paper.row_type)
    columns = tuple(_column(paper.row_type.__name__, name, kinds[name]) for name in names)

    def cells(row: RowT) -> tuple[str, ...]:
        return tuple(_shown(name, getattr(row, name)) for name in names)

    return Table(paper.about.title, columns, tuple(map(cells, paper.rows)), tuple(map(cells, paper.totals)))


def paper_html(paper: Paper[RowT]) -> str:
    """The paper as a page without script and without anything to load; every text is escaped.

    Parameters
    ----------
    paper : Paper
        Any paper of the ledger.
    """
    about = paper.about
    settings = Table("Settings", (Column("Setting"), Column("Value")), tuple((n, v) for n, v in about.settings.items()))
    return str(
        _PAGE.format(
            title=escaped(about.title),
            disclaimer=escaped(about.disclaimer),
            taxpayer=escaped(about.taxpayer),
            as_of=about.as_of.isoformat(),
            scope=escaped(about.scope),
            missing=_section("Not known", [m.sentence for m in about.missing]),
            table=as_html(paper_table(paper)),
            notes=_section("Notes", list(about.notes)),
            settings=as_html(settings),
        )
    )


def write_paper_html(folder: Path, name: str, paper: Paper[RowT]) -> Path:
    """Write the page to a file of a folder, whole or not at all.

    Parameters
    ----------
    folder : Path
        Made if need be.
    name : str
        Plain file name.
    paper : Paper
        Any paper of the ledger.

    Raises
    ------
    InputError
        If the name leads out of the folder, or the folder cannot be written to.
    """
    return write_text(folder, name, paper_html(paper))


def _section(title: str, items: list[str]) -> Markup:
    return Markup("<h2>{}</h2>\n{}\n").format(title, html_list(items)) if items else Markup("")


def _column(row_type: str, name: str, kind: object) -> Column:
    plain = name.removesuffix("_usd")
    label = _LABELS.get(f"{row_type}.{name}", plain.replace("_", " ").capitalize())
    unit = "$" if name.endswith("_usd") else ""
    figure = any(each in str(kind) for each in ("Decimal", "Fraction", "int"))
    return Column(label, unit, Align.RIGHT if figure else Align.LEFT)


def _shown(name: str, value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case date():
            return value.isoformat()
        case Decimal() if name.endswith("_usd"):
            return money(value)
        case Decimal() | Fraction():
            return shares(value)
        case _:
            return str(value)
