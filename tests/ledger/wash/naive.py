"""A second, naive implementation of the wash-sale rules, to compare the ledger with. Slow on purpose.

Written from the rules (26 USC 1091; 26 CFR 1.1091-1, -2), not from the ledger: plain rows in, a flat list of
pieces out, everything looked at again after every single match. It shares no code with the package, and no
cleverness: every day it books the trades, then repeats

    take the first loss that has a replacement, match as many shares as both have, start over

until no loss has one. First loss: earliest sale, then earliest acquisition (1.1091-1(b)). First replacement:
earliest purchase (1.1091-1(c), (d)); within one purchase what is still held that night before what is sold,
what was sold on a later day before the rest, then by the days that count (a setting), by name, by sale.
Losses of one sale that differ only in what they replaced: those that did first, the greater loss first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

ZERO = Fraction(0)


@dataclass(frozen=True)
class Row:
    """One thing that happened: buy, sell, in (transfer with a date of its own), out, move, split."""

    what: str
    on: date
    name: str
    account: str = "A"
    security: str = "X"
    shares: Fraction = Fraction(1)
    usd: Fraction = ZERO
    sequence: int = 0
    purchase: str = ""
    acquired: date | None = None
    held_since: date | None = None
    lots: tuple[tuple[str, Fraction | None], ...] = ()
    method: str = "fifo"
    to: str = ""


@dataclass(frozen=True)
class Rules:
    """Kinds of accounts, groups of identical securities, and the settings where the law is silent."""

    kinds: tuple[tuple[str, str], ...] = (("A", "taxable"),)
    groups: tuple[tuple[str, str], ...] = ()
    sold_before_counts: bool = True
    tacked_first: bool = True
    spouse_takes_basis: bool = True
    plans_wash: bool = True

    def kind(self, account: str) -> str:
        return dict(self.kinds)[account]

    def group(self, security: str) -> str:
        return dict(self.groups).get(security, "only " + security)


@dataclass
class Piece:
    """Shares of one lot that share one fate."""

    root: str
    name: str
    account: str
    security: str
    shares: Fraction
    basis: Fraction
    acquired: date
    held_since: date
    purchase: str
    order: tuple[int, str]
    sold: date | None = None
    sale: str = ""
    sale_rank: int = 0
    proceeds: Fraction = ZERO
    gone: date | None = None
    replaced: bool = False
    washed: bool = False
    disallowed: Fraction = ZERO
    lost: bool = False
    later_splits: Fraction = Fraction(1)

    @property
    def open(self) -> bool:
        return self.sold is None and self.gone is None

    @property
    def shares_of_today(self) -> Fraction:
        return self.shares * self.later_splits

    @property
    def loss(self) -> Fraction:
        return max(self.basis - self.proceeds, ZERO)


@dataclass
class Naive:
    """The pieces, and what becomes of them."""

    rules: Rules
    pieces: list[Piece] = field(default_factory=list)
    cuts: dict[tuple[str, str], int] = field(default_factory=dict)
    sales: int = 0

    def run(self, rows: list[Row]) -> Naive:
        rank = {"split": 0, "in": 1, "move": 2, "buy": 3, "sell": 3, "out": 4}
        ordered = sorted(rows, key=lambda r: (r.on, rank[r.what], r.sequence, r.what == "sell", r.name))
        for day in sorted({r.on for r in rows}):
            for row in ordered:
                if row.on == day:
                    getattr(self, row.what)(row)
            self.settle()
        return self

    # --- what happens ------------------------------------------------------------------------------------------

    def buy(self, row: Row) -> None:
        self.cuts[row.account, row.name] = 0
        order = (row.sequence, row.name)
        self.pieces.append(
            Piece(
                row.name,
                row.name,
                row.account,
                row.security,
                row.shares,
                row.usd,
                row.acquired or row.on,
                row.held_since or row.acquired or row.on,
                row.purchase or row.name,
                order,
            )
        )

    def __getattr__(self, name: str) -> object:
        if name == "in":  # a keyword
            return self.buy
        raise AttributeError(name)

    def split(self, row: Row) -> None:
        for piece in self.pieces:
            if piece.security == row.security:
                if piece.open:
                    piece.shares *= row.shares
                else:
                    piece.later_splits *= row.shares

    def sell(self, row: Row) -> None:
        for piece in self.chosen(row):
            self.sales += 1
            piece.sold, piece.sale, piece.proceeds = row.on, row.name, row.usd * piece.shares / row.shares
            piece.sale_rank = self.sales

    def out(self, row: Row) -> None:
        for piece in self.chosen(row):
            piece.gone = row.on

    def move(self, row: Row) -> None:
        for piece in self.chosen(row, named=True):
            if (row.to, piece.root) in self.cuts:
                piece.name = piece.root = f"{piece.name}@{piece.account}"
                self.cuts[row.to, piece.root] = 0
            self.cuts.setdefault((row.to, piece.root), self.cuts.get((piece.account, piece.root), 0))
            piece.account = row.to

    def chosen(self, row: Row, *, named: bool = False) -> list[Piece]:
        """The pieces a row takes, cut so that they have just the shares."""
        held = [p for p in self.pieces if p.open and (p.account, p.security) == (row.account, row.security)]
        held.sort(key=lambda p: (p.acquired, p.order, self.days(p), p.name))
        held = [p for p in held if p.acquired <= row.on]
        if row.method == "lifo":
            held.reverse()
        if row.method == "hifo":
            held.sort(key=lambda p: -p.basis / p.shares)
        if row.lots:
            return self.named(held, row)
        found, left = [], row.shares
        for piece in held:
            if left:
                take = min(left, piece.shares)
                found.append(self.cut(piece, take, keep_name=not named))
                left -= take
        assert not left, row
        return found

    def named(self, held: list[Piece], row: Row) -> list[Piece]:
        found, left = [], row.shares
        for lot, amount in row.lots:
            mine = [p for p in held if p.name == lot] + [p for p in held if p.root == lot != p.name]
            wanted = min(left, sum((p.shares for p in mine), ZERO)) if amount is None else amount
            for piece in mine:
                take = min(wanted, piece.shares)
                if take:
                    found.append(self.cut(piece, take, keep_name=True))
                    wanted -= take
                    left -= take
        assert not left, row
        return found

    def cut(self, piece: Piece, shares: Fraction, *, keep_name: bool) -> Piece:
        """Cut shares off a piece; what an open one loses has a name of its own unless it is being sold."""
        if shares == piece.shares:
            return piece
        off = replace(piece, shares=shares)
        for amount in ("basis", "proceeds", "disallowed"):
            part = getattr(piece, amount) * shares / piece.shares
            setattr(off, amount, part)
            setattr(piece, amount, getattr(piece, amount) - part)
        piece.shares -= shares
        if piece.open and not keep_name:
            key = (piece.account, piece.root)
            self.cuts[key] = self.cuts.get(key, 0) + 1
            off.name = f"{piece.root}~{self.cuts[key]}"
        self.pieces.append(off)
        return off

    # --- wash sales --------------------------------------------------------------------------------------------

    def settle(self) -> None:
        while self.one_match():
            pass

    def one_match(self) -> bool:
        losses = [p for p in self.pieces if p.sold and not p.washed and p.loss and self.taxed(p)]
        for loss in sorted(losses, key=self.turn):
            fitting = [p for p in self.pieces if self.replaces(p, loss)]
            if fitting:
                self.match(loss, min(fitting, key=self.place))
                return True
        return False

    def replaces(self, piece: Piece, loss: Piece) -> bool:
        return (
            self.rules.group(piece.security) == self.rules.group(loss.security)
            and abs(piece.acquired - loss.sold) <= timedelta(days=30)
            and piece.purchase != loss.purchase
            and not (piece.replaced or piece.washed)
            and (self.rules.sold_before_counts or piece.open or (piece.sold or piece.gone) >= loss.sold)
            and (self.rules.plans_wash or self.rules.kind(piece.account) not in {"retirement_plan", "hsa"})
        )

    def place(self, piece: Piece) -> tuple[object, ...]:
        fills = [p for p in self.pieces if (p.purchase, p.acquired) == (piece.purchase, piece.acquired)]
        first_fill = min(p.order for p in fills)
        went_last_first = 0 if piece.open else -(piece.sold or piece.gone).toordinal()
        return (
            piece.acquired,
            first_fill,
            not piece.open,
            went_last_first,
            self.days(piece),
            piece.order,
            piece.name,
            -piece.sale_rank,
        )

    def turn(self, loss: Piece) -> tuple[object, ...]:
        took_over = (not loss.replaced, -loss.loss / loss.shares)
        return (loss.sold, loss.acquired, loss.order, self.days(loss), loss.name, loss.sale_rank, *took_over)

    def match(self, loss: Piece, piece: Piece) -> None:
        shares = min(loss.shares_of_today, piece.shares_of_today)
        loss = self.cut(loss, shares / loss.later_splits, keep_name=False)
        piece = self.cut(piece, shares / piece.later_splits, keep_name=False)
        loss.washed, loss.disallowed, piece.replaced = True, loss.loss, True
        kind = self.rules.kind(piece.account)
        if kind in {"ira", "roth", "retirement_plan", "hsa"} or (
            kind == "spouse" and not self.rules.spouse_takes_basis
        ):
            loss.lost = True
            return
        piece.basis += loss.disallowed
        piece.held_since = piece.acquired - (loss.sold - loss.held_since)

    # --- small answers -----------------------------------------------------------------------------------------

    def taxed(self, piece: Piece) -> bool:
        return self.rules.kind(piece.account) in {"taxable", "spouse"}

    def days(self, piece: Piece) -> int:
        return piece.held_since.toordinal() * (1 if self.rules.tacked_first else -1)
