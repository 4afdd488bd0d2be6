"""Random books for the comparison: small, crowded in time, and full of what makes wash sales hard."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.ledger.wash.naive import Row, Rules

START = date(2024, 1, 2)
ONE_DAY = timedelta(days=1)
KINDS = ("taxable", "taxable", "spouse", "ira", "roth", "retirement_plan", "hsa")
SHARES = (*map(Fraction, (1, 2, 3, 5, 10, 10, 10)), Fraction(1, 4), Fraction(3, 7))
RATIOS = (Fraction(2), Fraction(3, 2), Fraction(1, 3))
CROWDS = ((0, 0, 0, 1), (0, 1, 3, 10), (0, 2, 15, 31, 40))


def random_rules(draw: random.Random) -> Rules:
    kinds = [("A", "taxable")]
    kinds += [(name, draw.choice(KINDS)) for name in "BC"[: draw.choice((0, 0, 1, 2))]]
    groups = (("X", "g"), ("Y", "g")) if draw.random() < 0.4 else ()
    return Rules(tuple(kinds), groups, *(draw.random() < 0.7 for _ in range(4)))


def random_rows(draw: random.Random, rules: Rules, *, most: int = 16) -> list[Row]:
    """Rows that can be booked: nothing is sold that is not held, whatever the matching does to the lots."""
    return _Journal(draw, rules).written(draw.randint(3, most))


class _Journal:
    """Writes rows, and keeps count of the shares; moves, splits and what leaves have days of their own."""

    def __init__(self, draw: random.Random, rules: Rules) -> None:
        self.draw, self.rules = draw, rules
        self.on = START
        self.rows: list[Row] = []
        self.held: dict[tuple[str, str], Fraction] = {}
        self.lots: dict[tuple[str, str], dict[str, Fraction]] = {}
        self.moved = False

    def written(self, count: int) -> list[Row]:
        securities = ("X", "Y") if self.draw.random() < 0.6 else ("X",)
        crowd = self.draw.choice(CROWDS)
        ways = (("split", 4), ("sell", 38), ("out", 3), ("move", 4), ("in", 7), ("fill", 6), ("buy", 38))
        for n in range(count):
            self.on += timedelta(days=self.draw.choice(crowd))
            account = self.draw.choice([a for a, _ in self.rules.kinds])
            security = self.draw.choice(securities)
            what = self.draw.choices([w for w, _ in ways], [k for _, k in ways])[0]
            if what in {"sell", "out", "move"} and not self.held.get((account, security)):
                what = "buy"
            base: dict[str, Any] = {"name": f"r{n}", "account": account, "security": security, "sequence": n}
            getattr(self, f"_{what}")(base)
        self.draw.shuffle(self.rows)
        return self.rows

    def _own_day(self, row: Row) -> None:
        self.on += ONE_DAY
        self.rows.append(replace(row, on=self.on))
        self.on += ONE_DAY

    def _split(self, base: dict[str, Any]) -> None:
        ratio = self.draw.choice(RATIOS)
        self._own_day(Row("split", self.on, shares=ratio, **base))
        for key in [k for k in self.held if k[1] == base["security"]]:
            self.held[key] *= ratio
            self.lots[key] = {name: shares * ratio for name, shares in self.lots[key].items()}

    def _sell(self, base: dict[str, Any]) -> None:
        key = (base["account"], base["security"])
        price, lots = self.draw.randint(1, 12), self.lots[key]
        if lots and not self.moved and self.draw.random() < 0.4:
            name = self.draw.choice(sorted(lots))
            shares = self.draw.choice((lots[name], lots[name], lots[name] / 2))
            lots[name] -= shares
            if not lots[name]:
                del lots[name]
            row = Row("sell", self.on, shares=shares, usd=shares * price, lots=((name, shares),), **base)
        else:
            have = self.held[key]
            shares = self.draw.choice((have, have, min(have, self.draw.choice(SHARES))))
            lots.clear()
            method = self.draw.choice(("fifo", "fifo", "lifo", "hifo"))
            row = Row("sell", self.on, shares=shares, usd=shares * price, method=method, **base)
        self.held[key] -= shares
        self.rows.append(row)

    def _out(self, base: dict[str, Any]) -> None:
        key = (base["account"], base["security"])
        shares = min(self.held[key], self.draw.choice(SHARES))
        self._own_day(Row("out", self.on, shares=shares, **base))
        self.held[key] -= shares
        self.lots[key].clear()

    def _move(self, base: dict[str, Any]) -> None:
        taxed = {a: kind in {"taxable", "spouse"} for a, kind in self.rules.kinds}
        others = [a for a in taxed if a != base["account"] and taxed[a] == taxed[base["account"]]]
        if not others:
            return
        key, to = (base["account"], base["security"]), self.draw.choice(others)
        shares = min(self.held[key], self.draw.choice(SHARES))
        self._own_day(Row("move", self.on, shares=shares, to=to, **base))
        self.held[key] -= shares
        self.held[to, key[1]] = self.held.get((to, key[1]), Fraction(0)) + shares
        self.lots[key].clear()
        self.lots.setdefault((to, key[1]), {})
        self.moved = True

    def _buy(self, base: dict[str, Any]) -> None:
        shares = self.draw.choice(SHARES)
        key = (base["account"], base["security"])
        self.rows.append(Row("buy", self.on, shares=shares, usd=shares * self.draw.randint(1, 12), **base))
        self.held[key] = self.held.get(key, Fraction(0)) + shares
        self.lots.setdefault(key, {})[base["name"]] = shares

    def _in(self, base: dict[str, Any]) -> None:
        """A transfer in, of shares that were bought recently or long ago."""
        self.on += ONE_DAY
        self._buy(base)
        since = self.on - timedelta(days=self.draw.choice((1, 10, 29, 31, 400)))
        held_since = since - timedelta(days=self.draw.choice((0, 0, 100)))
        self.rows[-1] = replace(self.rows[-1], what="in", acquired=since, held_since=held_since)

    def _fill(self, base: dict[str, Any]) -> None:
        """A second fill of an order of the same day, where there is one."""
        orders = [r for r in self.rows if (r.what, r.on, r.security) == ("buy", self.on, base["security"])]
        self._buy(base)
        if orders:
            first = self.draw.choice(orders)
            self.rows[-1] = replace(self.rows[-1], purchase=first.purchase or first.name)
