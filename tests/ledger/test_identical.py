"""Groups of substantially identical securities: disjoint, by data, and checked within one proposal."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from di_advisor.domain.events import Buy, OpenAccount, Sell
from di_advisor.domain.universe import Security
from di_advisor.errors import InputError
from di_advisor.ledger.identical import GroupFacts, IdenticalGroups, Level, UnclearGroups
from di_advisor.ledger.identical_defaults import KNOWN_GROUPS, default_groups, groups_of_universe, near_twins
from di_advisor.ledger.replay import replay

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


# --- levels, decisions, known cases --------------------------------------------------------------------------------

UNCLEAR = GroupFacts(Level.UNCLEAR, "a convertible preferred may be", "Rev. Rul. 77-201")


def test_an_unclear_group_counts_as_identical_unless_a_setting_says_otherwise() -> None:
    groups = IdenticalGroups.from_lists({"g": ["C", "P"]}, {"g": UNCLEAR})
    assert groups.key("C") == groups.key("P")
    assert "unclear, setting unclear = as_identical" in groups.why("C", "P")
    relaxed = replace(groups, unclear=UnclearGroups.AS_DISTINCT)
    assert relaxed.key("C") != relaxed.key("P")
    assert "do not count" in relaxed.why("C", "P")


def test_a_decision_needs_a_reason_and_stays_with_the_result() -> None:
    groups = default_groups({"GOOG": "1", "GOOGL": "2"})
    with pytest.raises(InputError, match="without a reason"):
        groups.decide("Alphabet", Level.DISTINCT, reason=" ")
    relaxed = groups.decide("Alphabet", Level.DISTINCT, reason="counsel's letter", decided_by="Ada")
    assert groups.key("1") == groups.key("2")
    assert relaxed.key("1") != relaxed.key("2")
    assert any("counsel's letter" in line and "Ada" in line for line in relaxed.recorded())
    assert "decided by Ada: counsel's letter" in relaxed.why("1", "2")
    assert relaxed.recorded() != groups.recorded()


def test_the_last_decision_on_a_group_counts() -> None:
    groups = default_groups({"FOX": "1", "FOXA": "2"})
    groups = groups.decide("Fox", Level.DISTINCT, reason="first thought")
    groups = groups.decide("Fox", Level.IDENTICAL, reason="second thought")
    assert groups.key("1") == groups.key("2")


def test_joining_takes_whole_groups_along_so_that_groups_stay_disjoint() -> None:
    groups = default_groups({"SPY": "1", "VOO": "2", "IWB": "3", "VONE": "4"})
    assert groups.key("1") != groups.key("3")
    tight = groups.join("large caps", ["1", "3"], reason="cautious client")
    assert len({tight.key(s) for s in "1234"}) == 1
    assert tight.members("1") == ("1", "2", "3", "4")


def test_separating_one_security_leaves_the_rest_together() -> None:
    groups = default_groups({"SPY": "1", "VOO": "2", "IVV": "3"})
    apart = groups.separate("3", reason="another legal form")
    assert apart.key("1") == apart.key("2") != apart.key("3")
    with pytest.raises(InputError, match="stands in no group"):
        apart.separate("3", reason="again")


def test_a_decision_on_a_group_that_is_none_names_those_there_are() -> None:
    with pytest.raises(InputError, match="no group 'Fix'") as caught:
        default_groups({"FOX": "1", "FOXA": "2"}).decide("Fix", Level.DISTINCT, reason="typing")
    assert "Fox" in caught.value.hint


def test_a_group_of_one_is_refused() -> None:
    with pytest.raises(InputError, match="would hold 1"):
        IdenticalGroups().join("g", ["1"], reason="alone")


@pytest.mark.parametrize(
    "pair", [("GOOG", "GOOGL"), ("BRK-A", "BRK/B"), ("FOX", "FOXA"), ("NWS", "NWSA"), ("UA", "UAA"), ("SPY", "VOO")]
)
def test_known_cases_are_identical_by_default_with_reason_and_source(pair: tuple[str, str]) -> None:
    groups = default_groups({ticker: f"id of {ticker}" for ticker in (*pair, "IBM")})
    one, other = (f"id of {ticker}" for ticker in pair)
    assert groups.key(one) == groups.key(other)
    assert "no ruling was found" in groups.why(one, other)
    assert groups.key("id of IBM") == "id of IBM"


def test_known_cases_are_disjoint_and_say_why() -> None:
    tickers = [t for g in KNOWN_GROUPS for t in g.tickers]
    assert len(set(tickers)) == len(tickers)
    assert all(g.facts.reason and g.facts.source for g in KNOWN_GROUPS)


def test_a_fund_and_the_stocks_it_holds_and_funds_on_other_indices_are_not_identical() -> None:
    groups = default_groups({t: t for t in ("SPY", "VOO", "IWB", "VONE", "AAPL")})
    assert len({groups.key(t) for t in ("SPY", "IWB", "AAPL")}) == 3
    assert "overlap widely" in near_twins("SPY", "VTI")
    assert near_twins("SPY", "VOO") == near_twins("SPY", "AAPL") == ""


def test_a_universe_s_own_groups_come_before_the_known_cases() -> None:
    groups = groups_of_universe(
        [
            Security("1", "GOOG", identical_group="Alphabet"),
            Security("2", "GOOGL"),
            Security("3", "FOX"),
            Security("4", "FOXA"),
        ]
    )
    assert groups.key("1") != groups.key("2")
    assert groups.key("3") == groups.key("4")


def test_one_ticker_written_twice_with_two_ids_is_refused() -> None:
    with pytest.raises(InputError, match="BRK-B leads to 2"):
        default_groups({"BRK.B": "1", "BRK-B": "2"})


def test_a_wash_sale_across_share_classes_says_why_they_count_as_one() -> None:
    groups = default_groups({"GOOG": "1", "GOOGL": "2"})
    day = date(2024, 3, 1)
    events = [
        OpenAccount(event_id="open", on=day, account_id="A"),
        Buy(event_id="old", on=day, account_id="A", security_id="1", shares=Decimal(1), amount_usd=Decimal(9)),
        Sell(event_id="s", on=day, account_id="A", security_id="1", shares=Decimal(1), amount_usd=Decimal(5)),
        Buy(event_id="new", on=day, account_id="A", security_id="2", shares=Decimal(1), amount_usd=Decimal(5)),
    ]
    books = replay(events, as_of=day, groups=groups)
    (match,) = books.washes
    assert "1 and 2 count as substantially identical (identical)" in match.rule
    relaxed = replay(events, as_of=day, groups=groups.decide("Alphabet", Level.DISTINCT, reason="counsel's letter"))
    assert relaxed.washes == ()
    assert any("counsel's letter" in line for line in relaxed.canonical())
