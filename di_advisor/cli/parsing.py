"""How options are read, and how a wrong one is told.

Problem: argparse answers a wrong option with its whole usage, thirty lines for a command of thirty options, and the
one line that says what is wrong is lost below them. Decision: usage is shown where it is short; else the line alone,
and the command that lists the options. Limits: argparse names options, not what was meant by them.
"""

from __future__ import annotations

import argparse
from datetime import date
from typing import Final, NoReturn

from di_advisor.domain.cells import iso_day
from di_advisor.errors import InputError
from di_advisor.report.wording import printable

__all__ = ["Parser", "day"]

_SHORT: Final = 4
_WRONG: Final = 2


class Parser(argparse.ArgumentParser):
    """A parser whose errors are a line and where to look; parsers of its commands are of the same kind."""

    def error(self, message: str) -> NoReturn:
        """End with code 2: what is wrong, and how to see the options."""
        usage = self.format_usage()
        shown = usage if len(usage.splitlines()) <= _SHORT else ""
        self.exit(_WRONG, f"{shown}{self.prog}: {printable(message)}\nAll options: {self.prog} --help\n")


def day(text: str) -> date:
    """The day of an option, as 2024-03-04.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is no day, or written in another way.
    """
    try:
        return iso_day(text)
    except InputError as e:
        raise argparse.ArgumentTypeError(f"{e.what} Write it as year, month and day: 2024-03-04.") from e
