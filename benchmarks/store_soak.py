"""``python -m benchmarks.store_soak [--seconds 60]``: two processes write to one store, and nothing is lost or doubled.

Once on a SQLite file, once on a PostgreSQL server that is started for it (with ``fsync`` on, as in earnest). Every
fifth batch is the same for both processes, as when two notebooks import the same file. Exit code 1 if anything is
lost, doubled or half-written.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.postgres_server import PostgresServer, postgres_programs
from benchmarks.store_writers import TAXPAYER, Tally, Writers, tally
from di_advisor.ledger.store import Store

__all__ = ["soak"]

_NAMES = ("first", "second")


def soak(where: str, folder: Path, *, seconds: float) -> tuple[Tally, list[int]]:
    """Let two processes write to a store for a while.

    Parameters
    ----------
    where : str
        Address of the store; it is made if it is not there.
    folder : Path
        For the writers' notes.
    seconds : float
        How long they write.

    Returns
    -------
    (Tally, list of int)
        What was acknowledged and found, and how many batches each process wrote.
    """
    Store.open(where).close()
    with Writers(folder) as writers:
        started = [writers.start(where, name, seconds=seconds) for name in _NAMES]
        while any(writer.alive for writer in started):
            time.sleep(0.05)
        noted = [writer.acknowledged for writer in started]
    with Store.open(where) as store:
        store.check()
        journal = store.journal(TAXPAYER)
    return tally(journal, (label for labels in noted for label in labels)), [len(labels) for labels in noted]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run on both databases, print what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store_soak", description=soak.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long on each database")
    seconds = parser.parse_args(arguments).seconds
    whole = True
    with tempfile.TemporaryDirectory(prefix="store-soak-") as name:
        folder = Path(name)
        whole &= _say("SQLite, one file", seconds, *soak(str(folder / "books.db"), folder, seconds=seconds))
    programs = postgres_programs()
    if programs is None:
        _print("PostgreSQL: its programs are not installed; DI_POSTGRES names their folder")
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="store-soak-") as name,
        PostgresServer(programs, settings="-c fsync=on") as s,
    ):
        whole &= _say("PostgreSQL", seconds, *soak(s.create_database("books"), Path(name), seconds=seconds))
    return 0 if whole else 1


def _say(what: str, seconds: float, counted: Tally, each: list[int]) -> bool:
    _print(
        f"{what}, {len(each)} processes, {seconds:g} s: {' + '.join(map(str, each))} batches acknowledged, "
        f"{counted.acknowledged} different; found {counted.found} ({counted.events} events); lost {counted.lost}, "
        f"doubled {counted.doubled}, half-written {counted.half_written}"
    )
    # What was written and not noted is no loss: the processes stop after an acknowledgement, so there is none.
    return counted.whole and min(each) > 0


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
