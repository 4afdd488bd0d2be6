"""A PostgreSQL server of one's own, for tests and benchmarks of the store.

Problem: the store has to be shown on a real server, which refuses to run as root and must not be anybody's. Decision:
``initdb`` into a temporary folder, reached through a socket in that folder only, run as another user where this process
is root. Limits: Unix only; ``fsync`` is off by default, so crashes of the machine are out of scope, crashes of the
server are not.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["PostgresServer", "postgres_programs"]

_USERS = ("postgres", "nobody")
_PORT = 5432
_ATTEMPTS = 40
_PAUSE_SECONDS = 0.1


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None; DI_POSTGRES names one elsewhere."""
    on_path = shutil.which("initdb")
    candidates = [
        os.environ.get("DI_POSTGRES", ""),
        *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), key=_version, reverse=True),
        str(Path(on_path).resolve().parent) if on_path else "",
    ]
    return next((Path(c) for c in candidates if c and (Path(c) / "initdb").exists()), None)


class PostgresServer:
    """A running server with an empty cluster; a context manager, gone with its folder at the end.

    Parameters
    ----------
    programs : Path
        From `postgres_programs`.
    settings : str
        Further settings for ``postgres``, such as "-c fsync=on".
    """

    def __init__(self, programs: Path, *, settings: str = "") -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="di-postgres-"))
        self._surroundings: dict[str, Any] = {
            "cwd": self.folder,
            "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        }
        if os.geteuid() == 0:
            user = _other_user()
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._surroundings |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._cluster = self.folder / "cluster"
        self._settings = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off {settings}"
        try:
            self._run(
                "initdb", "-D", str(self._cluster), "-U", "di", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
            )
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database."""
        return f"postgresql://di@/{database}?host={self.folder}&port={_PORT}"

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        self._sql(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def create_schema(self, name: str) -> str:
        """Make an empty schema, which is quicker than a database, and return a URL that leads into it."""
        self._sql(f'CREATE SCHEMA "{name}"')
        return f"{self.url()}&options=-csearch_path%3D{name}"

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises
        ------
        RuntimeError
            If it does not, in many attempts.
        """
        for _ in range(_ATTEMPTS):
            with (self.folder / "log").open("ab") as log:
                self._server = subprocess.Popen(
                    [str(self._programs / "postgres"), "-D", str(self._cluster), *self._settings.split()],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    **self._surroundings,
                )
            while self._server.poll() is None:
                if self._run("pg_isready", "-q", "-h", str(self.folder), "-p", str(_PORT), check=False):
                    return
                time.sleep(_PAUSE_SECONDS)
            time.sleep(_PAUSE_SECONDS)  # a killed server's children still hold its memory; they end soon
        message = f"PostgreSQL did not start: {(self.folder / 'log').read_text(encoding='utf-8')[-2000:]}"
        raise RuntimeError(message)

    def kill(self) -> None:
        """Kill the server with SIGKILL, in the middle of whatever it does; its children notice and end."""
        self._server.kill()
        self._server.wait()

    def stop(self) -> None:
        """Stop the server, if it runs."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _sql(self, statement: str) -> None:
        self._run("psql", "-q", "-h", str(self.folder), "-p", str(_PORT), "-U", "di", "-d", "postgres", "-c", statement)

    def _run(self, program: str, *arguments: str, check: bool = True) -> bool:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
            **self._surroundings,
        )
        if check and done.returncode != 0:
            message = f"{program} failed with exit code {done.returncode}"
            raise RuntimeError(message)
        return done.returncode == 0


def _other_user() -> pwd.struct_passwd:
    for name in _USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    message = f"PostgreSQL does not run as root, and there is no user {' or '.join(_USERS)}"
    raise RuntimeError(message)


def _version(path: str) -> tuple[int, ...]:
    return tuple(int(part) for part in Path(path).parent.name.split(".") if part.isdigit())
