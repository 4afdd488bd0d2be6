"""Invented names stay invented, and the package stays light until a world is asked for."""

import csv
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.sample.names import invent_names, ticker_of


def test_names_and_tickers_are_distinct(world):
    securities = world.universe.securities
    assert len({s.name for s in securities}) == len(securities)
    assert all(s.security_id.startswith("SIM") for s in securities)


def test_tickers_are_longer_than_any_of_a_us_exchange(world):
    assert {len(s.ticker) for s in world.universe.securities} == {6}


def test_no_name_starts_like_a_real_company_s(world, shared):
    real = set()
    for file in ("datasets_sp500_constituents_2026-08-08.csv", "pitindex_sp500_changes.csv", "pitindex_sp400_seed.csv"):
        with (shared / "data" / "index" / file).open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                name = (row.get("Security") or row.get("name") or "").strip()
                if name:
                    real.add(name.split()[0].lower().strip(",."))
    assert len(real) > 400
    ours = {s.name.split()[0].lower() for s in world.universe.securities}
    assert not ours & real


def test_the_universe_has_eleven_sectors_and_many_industries(world):
    assert len(world.universe.sectors) == 11
    assert len({s.industry for s in world.universe.securities}) >= 35
    members = world.target.weights_on(world.as_of)
    count = np.bincount(world.universe.sector_of[world.universe.index_of(members, where="index")], minlength=11)
    assert count.min() >= 12


@given(st.lists(st.sampled_from(["Zelva", "Zelvan", "Zelvando", "Vor"]), min_size=1, max_size=60))
def test_tickers_from_similar_words_never_collide(words):
    taken: set[str] = set()
    tickers = [ticker_of(w, taken) for w in words]
    assert len(set(tickers)) == len(words)
    assert {len(t) for t in tickers} == {6}


def test_names_of_one_seed_are_the_same_again():
    draws = [invent_names(np.random.default_rng(4), ["Energy"] * 50) for _ in range(2)]
    assert draws[0] == draws[1]


def test_importing_the_sample_loads_neither_pandas_nor_the_generator():
    code = "import sys, di_advisor.sample; print([m for m in sys.modules if m in ('numpy', 'pandas', 'pyarrow')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
