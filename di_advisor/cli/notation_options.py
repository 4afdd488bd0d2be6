"""How files are written, as options: for all files of a command, or for one of them by its role.

Problem: lots come from a broker and weights from an index provider, and they are not written alike. Decision:
``--delimiter ';'`` holds for all files, ``--delimiter prices=';'`` for one; what is not stated is read off each
file, or refused where it could be two things. Limits: a delimiter may not be an equals sign.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["add_text_notation", "notation_of"]

_STATED = ("encoding", "delimiter", "decimal_mark", "date_format")
_OF_FILES = "notation_of_files"


class _Stated(argparse.Action):
    """Keeps ``VALUE`` under the option's name, and ``FILE=VALUE`` under ``FILE.option``."""

    def __init__(self, *args: Any, reads: Callable[[str], str], roles: Sequence[str], **named: Any) -> None:
        super().__init__(*args, **named)
        self._reads = reads
        self._roles = roles

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        del parser, option
        role, found, value = str(values).partition("=")
        single = bool(found) and role in self._roles
        try:
            text = self._reads(value if single else str(values))
        except argparse.ArgumentTypeError as e:
            raise argparse.ArgumentError(self, str(e)) from e
        if single:
            of_files = getattr(namespace, _OF_FILES, {})
            setattr(namespace, _OF_FILES, {**of_files, f"{role}.{self.dest}": text})
        else:
            setattr(namespace, self.dest, text)


def add_text_notation(files: argparse._ArgumentGroup | argparse.ArgumentParser, roles: Sequence[str] = ()) -> None:
    """Add how cells are written in files that are read.

    Parameters
    ----------
    files : argument group or parser
        Where the options go.
    roles : sequence of str
        Files of the command, where it reads several: each may be stated alone.
    """
    one = f"; for one file {roles[0]}=..., so for {', '.join(roles[1:])}" if roles else ""
    options: tuple[tuple[str, str, Callable[[str], str], str], ...] = (
        ("--encoding", "NAME", str, "of files that are neither UTF-8 nor marked, such as cp1252"),
        ("--delimiter", "SIGN", _sign, "between cells: ; or tab (read off the header)"),
        ("--decimal-mark", "MARK", _mark, "in numbers: . or , (a point)"),
        ("--date-format", "FORMAT", str, "such as %%m/%%d/%%Y (ISO, or what a day above 12 proves)"),
    )
    for name, metavar, reads, meaning in options:
        default = None if name == "--encoding" else ""
        files.add_argument(
            name,
            action=_Stated,
            reads=reads,
            roles=roles,
            default=default,
            metavar=metavar,
            help=f"{meaning}{one if name == '--encoding' else ''}",
        )


def notation_of(arguments: argparse.Namespace) -> dict[str, str]:
    """What is stated: ``delimiter`` for all files, ``prices.delimiter`` for one."""
    common = {name: getattr(arguments, name) for name in _STATED}
    return {name: value for name, value in common.items() if value} | getattr(arguments, _OF_FILES, {})


def _sign(text: str) -> str:
    """One sign; a shell makes it hard to write a tab, so it has a name."""
    sign = "\t" if text in ("tab", r"\t") else text
    if len(sign) != 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not one sign; give one, such as ';', or tab")
    return sign


def _mark(text: str) -> str:
    if text not in {".", ","}:
        raise argparse.ArgumentTypeError(f"{text!r} is no decimal mark; give . or ,")
    return text
