"""A deferred sequence is made at the first look, once, and is the tuple of its values in every way."""

from copy import deepcopy

import pytest

from di_advisor.domain.deferred import Deferred


def test_nothing_is_made_before_somebody_looks_and_then_once() -> None:
    asked: list[int] = []

    def make() -> tuple[str, ...]:
        asked.append(1)
        return ("a", "b", "c")

    found = Deferred(make)
    assert asked == []
    assert (len(found), found[0], found[1:], [*found], "b" in found) == (3, "a", ("b", "c"), ["a", "b", "c"], True)
    assert asked == [1]


def test_it_is_equal_to_its_tuple_and_to_another_of_the_same_values() -> None:
    found = Deferred(lambda: (1, 2))
    assert found == (1, 2)
    assert (1, 2) == found  # noqa: SIM300 the other way round
    assert found == Deferred(lambda: (1, 2))
    assert found != (2, 1)
    assert found != [1, 2]
    assert (hash(found), repr(found)) == (hash((1, 2)), "(1, 2)")
    assert type(deepcopy(found)) is tuple  # as a process passes it to another
    assert not Deferred(tuple)


def test_what_cannot_be_made_says_so_again_at_the_next_look() -> None:
    found = Deferred(lambda: (1 // 0,))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            len(found)
