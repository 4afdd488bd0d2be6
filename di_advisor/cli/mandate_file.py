"""A client's file on the command line: ``--mandate``, ``di-advisor mandate template`` and ``check``, and ``--esg``.

Options of the command line count before the file, so that one wish can be tried without editing it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.screen import Screen
from di_advisor.errors import InputError, why_unreadable

if TYPE_CHECKING:
    from di_advisor.formulate.client_file import ClientFile

__all__ = ["add_mandate", "add_mandate_file", "client_of"]


def add_mandate_file(command: argparse.ArgumentParser) -> None:
    """Add the option of a client's file to a command."""
    command.add_argument(
        "--mandate",
        type=Path,
        metavar="FILE",
        help="TOML of wishes, taxpayer and own terms, all fields there are: see `di-advisor mandate template`; "
        "options beside it count before it",
    )


def add_mandate(command: argparse.ArgumentParser) -> None:
    """Add the commands about a client's file."""
    verbs = command.add_subparsers(title="commands", required=True, metavar="COMMAND")
    template = verbs.add_parser("template", help="every field with its meaning and default, as commented TOML")
    template.set_defaults(run=_template)
    check = verbs.add_parser("check", help="read a file and say what is wrong with it")
    check.add_argument("mandate", type=Path, metavar="FILE", help="TOML of wishes, taxpayer and own terms")
    check.set_defaults(run=_check)


def client_of(arguments: argparse.Namespace) -> ClientFile:
    """What the file says, and the defaults without one.

    Raises
    ------
    InputError
        If it cannot be read, or is wrong: naming the key and what is allowed.
    """
    from di_advisor.formulate.client_file import ClientFile, client_from_toml

    path: Path | None = arguments.mandate
    if path is None:
        return ClientFile()
    return client_from_toml(_text_of(path), path.name)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {why_unreadable(error)}.", hint="Check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8.", hint="Save it as UTF-8.") from error


def _template(arguments: argparse.Namespace, screen: Screen) -> None:  # noqa: ARG001  # as every command
    from di_advisor.formulate.client_file import client_template

    screen.show(client_template())


def _check(arguments: argparse.Namespace, screen: Screen) -> None:
    from di_advisor.formulate.client_file import client_toml

    client = client_of(arguments)
    client.own.loaded()
    screen.show(client_toml(client))
