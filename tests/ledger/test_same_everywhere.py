"""Books are the same to the last byte in every process, whatever the hashing and the order of entry."""

import os
import subprocess
import sys

PROGRAM = """
import random, sys
from datetime import date
from benchmarks.ledger_books import desk
from di_advisor.ledger.replay import replay
for taxpayer, events in desk(1500, accounts=6, seed=int(sys.argv[1])):
    events = list(events)
    random.Random(sys.argv[2]).shuffle(events)
    print(taxpayer, replay(events, as_of=date(2035, 1, 1), taxpayer=taxpayer).digest())
"""


def digests(seed: int, shuffled: str, hashing: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hashing}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seed), shuffled],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_two_processes_with_other_hashing_and_other_order_agree_to_the_last_byte(root, monkeypatch):
    monkeypatch.chdir(root)
    first = digests(1, "a", "1")
    assert len(first.split()) == 6
    assert digests(1, "b", "4242") == first
    assert digests(2, "a", "1") != first
