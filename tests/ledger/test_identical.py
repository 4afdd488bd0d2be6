"""Groups of substantially identical securities: disjoint, by data, and checked within one proposal."""

import pytest

from di_advisor.domain.universe import Security
from di_advisor.errors import InputError
from di_advisor.ledger.identical import IdenticalGroups

ALPHABET = IdenticalGroups.from_lists({"alphabet": ["GOOG", "GOOGL"], "fox": ["FOX", "FOXA"]})


def test_share_classes_of_one_group_share_a_key_and_others_do_not() -> None:
    assert ALPHABET.key("GOOG") == ALPHABET.key("GOOGL")
    assert ALPHABET.key("GOOG") != ALPHABET.key("FOX")
    assert ALPHABET.key("IBM") != ALPHABET.key("MSFT")


def test_a_group_named_like_a_security_does_not_take_that_security_in() -> None:
    groups = IdenticalGroups.from_lists({"IBM": ["GOOG", "GOOGL"]})
    assert groups.key("GOOG") != groups.key("IBM")


def test_a_security_in_two_groups_is_refused_and_both_are_named() -> None:
    with pytest.raises(InputError, match=r"GOOG stands in two groups .* g1 and g2") as caught:
        IdenticalGroups.from_lists({"g1": ["GOOG"], "g2": ["GOOG", "GOOGL"]})
    assert "disjoint" in caught.value.hint


def test_groups_come_from_the_universe_and_an_empty_one_means_alone() -> None:
    groups = IdenticalGroups.from_securities(
        [Security("1", identical_group="g"), Security("2", identical_group="g"), Security("3"), Security("4")]
    )
    assert groups.key("1") == groups.key("2")
    assert len({groups.key(s) for s in "134"}) == 3


def test_a_security_that_comes_twice_with_different_groups_is_refused() -> None:
    with pytest.raises(InputError, match="two groups"):
        IdenticalGroups.from_securities([Security("1", identical_group="a"), Security("1", identical_group="b")])


def test_a_proposal_that_sells_one_class_at_a_loss_and_buys_the_other_is_caught() -> None:
    assert ALPHABET.sold_at_loss_and_bought(["GOOG", "IBM"], ["GOOGL", "MSFT"]) == (("GOOG", "GOOGL"),)
    assert ALPHABET.sold_at_loss_and_bought(["IBM"], ["IBM"]) == (("IBM", "IBM"),)
    assert ALPHABET.sold_at_loss_and_bought(["IBM", "IBM"], ["IBM"]) == (("IBM", "IBM"),)
    assert ALPHABET.sold_at_loss_and_bought(["GOOG"], ["FOX"]) == ()
    assert ALPHABET.sold_at_loss_and_bought([], ["GOOG"]) == ()
