"""Answers: what the ledger says, each with the way in which it is compared with what a case expects.

Problem: a case prints money to the cent, per-share figures to some digits, and the law in words.
Decision: an answer is computed without looking at what is expected, and knows by itself when a
printed value says the same: money within half a cent, figures within half a unit of their last
printed digit, words by their meaning (`Meaning`). What an answer takes no position on is a
difference, never a pass. Limits: whole numbers of shares are compared exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Final, Protocol

from benchmarks.tax_cases.given import CaseError, amount_of

__all__ = [
    "Answer",
    "Answers",
    "ByName",
    "Day",
    "Difference",
    "Differs",
    "Exactly",
    "Meaning",
    "Money",
    "Nothing",
    "PerShare",
    "Shares",
    "SharesByName",
    "TermOf",
]

_CENT: Final = Fraction(1, 100)
_FINEST_SHARE_DIGITS: Final = 2
_SHOWN_DIGITS: Final = 6


@dataclass(frozen=True)
class Difference:
    """A field whose answer is not what was expected."""

    field: str
    expected: object
    got: str


class Answer(Protocol):
    """Something that can be compared with a field of ``expected``."""

    def differences(self, expected: Any, where: str) -> Iterator[Difference]:  # noqa: ANN401  (any JSON)
        """What is different; nothing where both say the same."""
        ...

    def __str__(self) -> str: ...


class _Single:
    """An answer of one value."""

    def says(self, expected: Any) -> bool:  # noqa: ANN401  (any JSON)
        raise NotImplementedError

    def differences(self, expected: Any, where: str) -> Iterator[Difference]:  # noqa: ANN401  (any JSON)
        """One difference, or none."""
        try:
            same = self.says(expected)
        except CaseError as error:
            yield Difference(where, expected, f"{self} ({error})")
            return
        if not same:
            yield Difference(where, expected, str(self))


@dataclass(frozen=True)
class Money(_Single):
    """An amount in USD, exact; ``leeway_usd`` where roundings of splits may have added up.

    The leeway counts only if the exact amount is no whole number of cents, so that rounding was
    needed at all.
    """

    usd: Fraction
    leeway_usd: Fraction = Fraction(0)

    def says(self, expected: Any) -> bool:  # noqa: ANN401
        """Whether a printed amount is this one."""
        if expected is None:
            return False
        rounded = (self.usd / _CENT).denominator != 1
        allowed = max(_CENT / 2, self.leeway_usd) if rounded else Fraction(0)
        return abs(amount_of(expected, "the expected amount") - self.usd) <= allowed

    def __str__(self) -> str:
        return _shown(self.usd, 2)


@dataclass(frozen=True)
class PerShare(_Single):
    """A figure per share, compared at the digits that are printed, at least to the cent."""

    usd: Fraction

    def says(self, expected: Any) -> bool:  # noqa: ANN401
        """Whether a printed figure is this one."""
        unit = Fraction(1, 10 ** max(1, _digits(expected)))
        return abs(amount_of(expected, "the expected figure") - self.usd) <= unit / 2

    def __str__(self) -> str:
        return _shown(self.usd, 4)


@dataclass(frozen=True)
class Shares(_Single):
    """Shares: equal, or equal at the digits printed where these are two or more."""

    shares: Fraction

    def says(self, expected: Any) -> bool:  # noqa: ANN401
        """Whether printed shares are these."""
        value = amount_of(expected, "the expected shares")
        digits = _digits(expected)
        close = digits >= _FINEST_SHARE_DIGITS and abs(value - self.shares) <= Fraction(1, 10**digits) / 2
        return value == self.shares or close

    def __str__(self) -> str:
        return _shown(self.shares, 0)


@dataclass(frozen=True)
class Exactly(_Single):
    """A word, a truth or a whole number; words in any case."""

    value: str | bool | int

    def says(self, expected: Any) -> bool:  # noqa: ANN401
        """Whether it is the same."""
        if isinstance(self.value, bool) or isinstance(expected, bool):
            return expected is self.value
        if isinstance(self.value, str):
            return str(expected).strip().casefold() == self.value.casefold()
        return amount_of(expected, "the expected number") == self.value

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Day(_Single):
    """A date."""

    day: date

    def says(self, expected: Any) -> bool:  # noqa: ANN401
        """Whether it is the same day."""
        return bool(expected == self.day.isoformat())

    def __str__(self) -> str:
        return self.day.isoformat()


class Nothing(_Single):
    """There is no such figure: null is expected."""

    def says(self, expected: Any) -> bool:  # noqa: ANN401
        """Whether nothing is expected."""
        return expected is None

    def __str__(self) -> str:
        return "nothing"


@dataclass(frozen=True)
class TermOf(_Single):
    """Short-term or long-term; "long (deemed)" also asks that it is so whatever the dates."""

    term: str
    deemed: bool = False

    def says(self, expected: Any) -> bool:  # noqa: ANN401
        """Whether a printed term is this one."""
        words = re.findall(r"[a-z]+", str(expected).casefold())
        return words[:1] == [self.term] and ("deemed" not in words or self.deemed)

    def __str__(self) -> str:
        return f"{self.term} (deemed)" if self.deemed else self.term


@dataclass(frozen=True)
class Meaning(_Single):
    """What the books mean in words.

    Attributes
    ----------
    meaning : str
        One of the names of ``phrases``, from typed results.
    phrases : Mapping of str to tuple of str
        Parts of sentences that say it; the first name with a phrase in the text is its meaning, so
        negations stand first.
    """

    meaning: str
    phrases: Mapping[str, tuple[str, ...]]

    def says(self, expected: Any) -> bool:  # noqa: ANN401
        """Whether a text means the same."""
        text = str(expected).casefold()
        meant = next((name for name, parts in self.phrases.items() if any(part in text for part in parts)), None)
        if meant is None:
            raise CaseError(f"what is expected says none of: {', '.join(self.phrases)}")
        return meant == self.meaning

    def __str__(self) -> str:
        return self.meaning


@dataclass(frozen=True)
class SharesByName:
    """Shares left by the name of their lot; lots with none are left out."""

    shares: Mapping[str, Fraction]

    def differences(self, expected: Any, where: str) -> Iterator[Difference]:  # noqa: ANN401
        """Lots that differ."""
        if not isinstance(expected, Mapping):
            yield Difference(where, expected, str(self))
            return
        for name in {**expected, **self.shares}:
            mine, theirs = self.shares.get(name, Fraction(0)), expected.get(name, "0")
            yield from Shares(mine).differences(theirs, f"{where}.{name}")

    def __str__(self) -> str:
        return ", ".join(f"{name} {_shown(n, 0)}" for name, n in self.shares.items()) or "none"


@dataclass(frozen=True)
class ByName:
    """Records that carry a name, such as lots: each is compared by its own fields."""

    key: str
    records: Mapping[str, Answers]

    def differences(self, expected: Any, where: str) -> Iterator[Difference]:  # noqa: ANN401
        """Records that are missing, too many, or different."""
        if isinstance(expected, str) or not isinstance(expected, Sequence):
            yield Difference(where, expected, str(self))
            return
        named = {}
        for each in expected:
            if not isinstance(each, Mapping) or str(each.get(self.key)) not in self.records:
                yield Difference(where, each, f"no such {self.key}; there are: {', '.join(self.records)}")
            else:
                named[str(each[self.key])] = {k: v for k, v in each.items() if k != self.key}
        for name, answers in self.records.items():
            if name in named:
                yield from answers.differences(named[name], f"{where}[{name}]")
            else:
                yield Difference(f"{where}[{name}]", None, str(answers))

    def __str__(self) -> str:
        return "; ".join(f"{name}: {each}" for name, each in self.records.items())


@dataclass(frozen=True)
class Differs:
    """A wrong answer that some program gives: it must not be ours."""

    right: Mapping[str, Answer]
    whole: Answer | None = None

    def differences(self, expected: Any, where: str) -> Iterator[Difference]:  # noqa: ANN401
        """Where the wrong answer is ours."""
        pairs = expected.items() if isinstance(expected, Mapping) else [("", expected)]
        for name, wrong in pairs:
            answer = self.right.get(name) if name else self.whole
            label = f"{where}.{name}" if name else where
            if answer is None:
                yield Difference(label, f"not {wrong}", "no answer: this is not computed")
            elif not list(answer.differences(wrong, label)):
                yield Difference(label, f"not {wrong}", str(answer))

    def __str__(self) -> str:
        return "; ".join(f"{name}: {each}" for name, each in self.right.items()) or str(self.whole)


@dataclass
class Answers:
    """Answers by field, and by the pattern of a field's name where a case names it after a ticker.

    Attributes
    ----------
    fields : dict of str to Answer
        By name.
    patterns : list of (str, Answer)
        Regular expressions of whole names, tried in order where no name fits.
    notes : list of str
        What a reader should know of how the case was read.
    """

    fields: dict[str, Answer]
    patterns: list[tuple[str, Answer]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def differences(self, expected: Mapping[str, Any], where: str = "") -> Iterator[Difference]:
        """Every expected field that is not answered so."""
        for name, value in expected.items():
            label = f"{where}.{name}" if where else name
            answer = self.fields.get(name) or next(
                (a for pattern, a in self.patterns if re.fullmatch(pattern, name, re.IGNORECASE)), None
            )
            if answer is None:
                yield Difference(label, value, "no answer: this is not computed")
            else:
                yield from answer.differences(value, label)

    def __str__(self) -> str:
        return ", ".join(f"{name} {answer}" for name, answer in self.fields.items())


def _digits(printed: object) -> int:
    text = str(printed).strip()
    return len(text.partition(".")[2]) if re.fullmatch(r"-?\$?[\d,]*\.\d+", text) else 0


def _shown(value: Fraction, places: int) -> str:
    """The value, exactly where six decimals suffice, else with six and a mark."""
    for digits in range(places, _SHOWN_DIGITS + 1):
        if (value * 10**digits).denominator == 1:
            return f"{float(value):.{digits}f}" if digits else str(int(value))
    return f"{float(value):.{_SHOWN_DIGITS}f}..."
