"""Pieces of lots after wash sales: what the books say of each, and how they are compared with a case's.

Problem: a lot falls into pieces, and two right programs may cut it differently. Decision: each
expected piece must be one of ours and none may be left over, in any order; only where that fails
are pieces joined, on both sides, if each share of them tells the same. Limits: joined pieces are
compared with a leeway of a cent for each piece, since programs round when they split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from benchmarks.tax_cases.answers import Answer, Answers, Day, Difference, Exactly, Money, Nothing, Shares, TermOf
from benchmarks.tax_cases.given import CaseError, amount_of
from di_advisor.ledger.books import Books
from di_advisor.ledger.realized import BookedLot, Realized

__all__ = ["Piece", "Pieces", "answers_of", "pieces_of"]

_CENT: Final = Fraction(1, 100)


@dataclass(frozen=True)
class Piece:
    """A piece of a lot, sold or held, as the books have it."""

    lot: str
    shares: Fraction
    basis_usd: Fraction
    disallowed_usd: Fraction
    held_since: date
    sold: date | None
    recognized_usd: Fraction | None
    is_replacement: bool
    term: str

    def joins(self, other: Piece) -> bool:
        """Whether two pieces tell the same of each share."""
        return self._alike(other) and self._per_share() == other._per_share()

    def _alike(self, other: Piece) -> bool:
        mine = (self.lot, self.held_since, self.sold, self.is_replacement)
        return mine == (other.lot, other.held_since, other.sold, other.is_replacement)

    def _per_share(self) -> tuple[Fraction, ...]:
        return (
            self.basis_usd / self.shares,
            self.disallowed_usd / self.shares,
            (self.recognized_usd or 0) / self.shares,
        )


def pieces_of(books: Books, named: Mapping[tuple[str, str], str]) -> list[Piece]:
    """All pieces of the books, by the names that the case gives to lots of an account."""
    sold = [_sold(r, named[r.account_id, r.root_id]) for r in books.realized]
    return sold + [_held(b, named[b.lot.account_id, b.root_id]) for b in books.lots]


def _sold(r: Realized, name: str) -> Piece:
    if r.basis_usd is None or r.held_since is None:  # pragma: no cover - rows give both
        raise CaseError(f"lot {name} has no basis or no date")
    # In a retirement account there is neither gain nor loss.
    recognized = r.recognized_usd if r.taxed else Fraction(0)
    return Piece(
        name, r.shares, r.basis_usd, r.disallowed_usd, r.held_since, r.sold, recognized, r.is_replacement, r.term.value
    )


def _held(b: BookedLot, name: str) -> Piece:
    if b.lot.basis_total_usd is None or b.lot.held_since is None:  # pragma: no cover - rows give both
        raise CaseError(f"lot {name} has no basis or no date")
    return Piece(
        name,
        Fraction(b.lot.shares),
        Fraction(b.lot.basis_total_usd),
        Fraction(0),
        b.lot.held_since,
        None,
        None,
        b.is_replacement,
        "",
    )


def answers_of(piece: Piece, leeway: Fraction) -> Answers:
    """Answers to the fields of one piece."""
    open_still: Answer = Nothing()
    fields: dict[str, Answer] = {
        "lot": Exactly(piece.lot),
        "shares": Shares(piece.shares),
        "adjusted_basis": Money(piece.basis_usd, leeway),
        "disallowed_loss": Money(piece.disallowed_usd, leeway),
        "holding_period_start": Day(piece.held_since),
        "sell_date": open_still if piece.sold is None else Day(piece.sold),
        "gain_loss_after_adjustment": open_still
        if piece.recognized_usd is None
        else Money(piece.recognized_usd, leeway),
        "is_replacement": Exactly(piece.is_replacement),
        "term": TermOf(piece.term) if piece.term else open_still,
    }
    return Answers(fields)


class Pieces:
    """Pieces of lots, compared as a set: each expected piece must be one of ours, and none may be left.

    Where a case cuts a lot into other pieces of which each share tells the same, pieces that join
    are compared joined.
    """

    def __init__(self, pieces: Sequence[Piece], leeway_usd: Fraction) -> None:
        self._pieces = pieces
        self._answers = [answers_of(piece, leeway_usd) for piece in pieces]

    def differences(self, expected: Any, where: str) -> Iterator[Difference]:  # noqa: ANN401
        """Pieces expected in vain, and pieces of ours that nobody expected."""
        if isinstance(expected, str) or not isinstance(expected, Sequence):
            yield Difference(where, expected, str(self))
            return
        missed, left = _matched(expected, self._answers)
        if missed or left:
            ours = _joined(self._pieces)
            try:
                theirs = _joined_expected(expected)
            except CaseError as error:
                yield Difference(where, expected, str(error))
                return
            leeway = _CENT * len(self._pieces)
            if _matched(theirs, [answers_of(piece, leeway) for piece in ours]) == ([], []):
                return
        for piece, near in _pairs(missed, left):
            if piece is None:
                yield Difference(where, "no such piece", str(near))
            elif near is None:
                yield Difference(where, _told(piece), "no such piece")
            else:
                yield from near.differences(piece, f"{where}[{piece.get('lot', '?')}]")

    def __str__(self) -> str:
        return "; ".join(map(str, self._answers))


def _matched(expected: Sequence[Any], ours: Sequence[Answers]) -> tuple[list[Any], list[Answers]]:
    """Pair pieces that say the same (augmenting paths), and return what is left on both sides."""
    fits = [
        [j for j, answers in enumerate(ours) if isinstance(piece, Mapping) and not list(answers.differences(piece))]
        for piece in expected
    ]
    partner: dict[int, int] = {}

    def place(i: int, seen: set[int]) -> bool:
        for j in fits[i]:
            if j not in seen:
                seen.add(j)
                if j not in partner or place(partner[j], seen):
                    partner[j] = i
                    return True
        return False

    missed = [piece for i, piece in enumerate(expected) if not place(i, set())]
    return missed, [answers for j, answers in enumerate(ours) if j not in partner]


def _pairs(missed: list[Any], left: list[Answers]) -> Iterator[tuple[Any, Answers | None]]:
    """Expected pieces with the nearest of ours that is left over."""
    left = list(left)
    for piece in missed:
        fitting = [
            a
            for a in left
            if isinstance(piece, Mapping) and not list(a.fields["lot"].differences(piece.get("lot"), ""))
        ]
        near = min(fitting, key=lambda a: len(list(a.differences(piece))), default=None)
        if near is not None:
            left.remove(near)
        yield piece, near
    for answers in left:
        yield None, answers


def _told(piece: Any) -> str:  # noqa: ANN401
    return ", ".join(f"{k} {v}" for k, v in piece.items()) if isinstance(piece, Mapping) else str(piece)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        for i, other in enumerate(joined):
            if piece.joins(other):
                joined[i] = Piece(
                    piece.lot,
                    piece.shares + other.shares,
                    piece.basis_usd + other.basis_usd,
                    piece.disallowed_usd + other.disallowed_usd,
                    piece.held_since,
                    piece.sold,
                    None if piece.recognized_usd is None else piece.recognized_usd + (other.recognized_usd or 0),
                    piece.is_replacement,
                    piece.term,
                )
                break
        else:
            joined.append(piece)
    return joined


_AMOUNTS: Final = ("adjusted_basis", "disallowed_loss", "gain_loss_after_adjustment")


def _joined_expected(expected: Sequence[Any]) -> list[Any]:
    """Expected pieces that differ in shares and amounts only, by the same rule per share."""
    joined: list[dict[str, Any]] = []
    for piece in expected:
        fields = dict(piece)
        fields["shares"] = amount_of(fields.get("shares"), "shares of a piece")
        for name in _AMOUNTS:
            if fields.get(name) is not None:
                fields[name] = amount_of(fields[name], name)
        for other in joined:
            if _alike(fields, other):
                for name in ("shares", *_AMOUNTS):
                    if fields.get(name) is not None:
                        other[name] += fields[name]
                break
        else:
            joined.append(fields)
    return joined


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    rest = {"shares", *_AMOUNTS}
    if {k: v for k, v in one.items() if k not in rest} != {k: v for k, v in other.items() if k not in rest}:
        return False
    for name in _AMOUNTS:
        mine, theirs = one.get(name), other.get(name)
        if (mine is None) != (theirs is None):
            return False
        if (
            mine is not None
            and abs(mine / one["shares"] - theirs / other["shares"]) * min(one["shares"], other["shares"]) > _CENT
        ):
            return False
    return True
