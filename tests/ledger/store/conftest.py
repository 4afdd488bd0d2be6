"""Stores on both databases: the same tests run on a SQLite file and on a real PostgreSQL server."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.postgres_server import PostgresServer, postgres_programs
from benchmarks.store_writers import Writers

IN_CI = os.environ.get("CI", "").lower() == "true"
_COUNT = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL server of the tests' own."""
    programs = postgres_programs()
    if programs is None:
        reason = "needs the programs of PostgreSQL, and none are installed (DI_POSTGRES names their folder)"
        if IN_CI:
            pytest.fail(f"{reason}; in CI that is a failure, not a skip")
        pytest.skip(reason)
    with PostgresServer(programs) as server:
        yield server


@pytest.fixture(scope="session")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writers]:
    """Start the process that forks processes which write."""
    with Writers(tmp_path_factory.mktemp("writers")) as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a store that is not there yet, on each database."""
    if request.param == "sqlite":
        yield str(tmp_path / "books.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create_schema(f"books_{next(_COUNT)}")
