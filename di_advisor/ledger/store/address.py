"""Where a store is: the path of a file, or the URL of a PostgreSQL database.

Problem: addresses come from users and from forms, and URLs hold passwords. Decision: text with
"://" is a URL, all other text a path; only SQLite and PostgreSQL are taken. A path that came from a
form can be held inside a folder. What is shown of an address never holds a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from di_advisor.errors import InputError

__all__ = ["Address"]

_HINT: Final = "Pass the path of a file, or postgresql://user@host/database."
_HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is.

    Attributes
    ----------
    shown : str
        The address without passwords; all that errors and representations show.
    path : Path or None
        The file, for SQLite.
    url : URL
        For SQLAlchemy; never shown.
    """

    shown: str
    path: Path | None
    url: URL = field(repr=False)

    @classmethod
    def parse(cls, where: str | Path, *, inside: Path | None = None) -> Address:
        """Read an address.

        Parameters
        ----------
        where : str or Path
            A path, or a URL.
        inside : Path, optional
            A folder that a file must not leave, neither by ".." nor by a link; URLs are refused then.

        Raises
        ------
        InputError
            If it is no address of a store, or leads out of the folder.
        """
        text = str(where)
        if "://" in text and not isinstance(where, Path):
            return cls._of_url(text, inside)
        return cls._of_path(text, inside)

    @classmethod
    def _of_path(cls, text: str, inside: Path | None) -> Address:
        if not text.strip() or "\0" in text or text.startswith((":memory:", "file:")):
            raise InputError(f"{text!r} is no path of a file.", hint=_HINT)
        path = Path(text).expanduser() if inside is None else inside / text
        path = path.resolve()
        if inside is not None and not path.is_relative_to(inside.resolve()):
            raise InputError(f"The path {text!r} leads out of its folder.", hint="Give the name of a file in it.")
        if path.is_dir():
            raise InputError(f"{path} is a folder.", hint="Give the path of a file in it.")
        if not path.parent.is_dir():
            raise InputError(f"The folder {path.parent} does not exist.", hint="Make it, or correct the path.")
        return cls(str(path), path, URL.create("sqlite+pysqlite", database=str(path)))

    @classmethod
    def _of_url(cls, text: str, inside: Path | None) -> Address:
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            # The text may hold a password, so it is not repeated.
            raise InputError("The address of the store is no URL that can be read.", hint=_HINT) from None
        backend, _, driver = url.drivername.partition("+")
        if backend == "sqlite" and url.database and not url.query:
            return cls._of_path(url.database, inside)
        if backend != "postgresql" or driver not in ("", "psycopg") or inside is not None:
            raise InputError(f"A store cannot be opened at {_masked(url)}.", hint=_HINT)
        return cls(_masked(url), None, url.set(drivername="postgresql+psycopg"))

    def hide_secrets(self, text: str) -> str:
        """A driver's words without the passwords of this address."""
        secrets = [self.url.password, *(_text(v) for k, v in self.url.query.items() if _is_secret(k))]
        for secret in secrets:
            if secret:
                text = text.replace(str(secret), _HIDDEN)
        return text


def _masked(url: URL) -> str:
    query = {name: _HIDDEN if _is_secret(name) else value for name, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def _is_secret(name: str) -> bool:
    return any(word in name.casefold() for word in ("pass", "key", "secret", "token"))


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "".join(value)
