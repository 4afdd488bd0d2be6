"""Read-only mappings of facts: equal to dicts, closed to change, open to copies."""

import copy

import pytest

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.mandate import Band, Mandate


def test_it_reads_like_a_dict_and_cannot_change() -> None:
    given = {"a": 1, "b": 2}
    frozen = FrozenMap(given)
    given["a"] = 9
    assert frozen == {"a": 1, "b": 2}
    assert list(frozen) == ["a", "b"]
    assert repr(frozen) == "{'a': 1, 'b': 2}"
    with pytest.raises(TypeError):
        frozen["a"] = 3  # type: ignore[index]


def test_facts_that_hold_one_can_be_copied_deeply() -> None:
    mandate = Mandate(factor_bands={"market": Band.within(0.1)})
    assert copy.deepcopy(mandate) == mandate
    make, arguments = FrozenMap({"a": 1}).__reduce__()
    assert make(*arguments) == {"a": 1}
