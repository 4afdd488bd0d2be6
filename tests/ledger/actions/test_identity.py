"""Predecessor and successor: one security for wash sales where a group says so, else named where it matters."""

from datetime import date
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.events import Event
from di_advisor.ledger.forward import WashQuestions
from di_advisor.ledger.identical import IdenticalGroups, Level
from tests.ledger.actions.ledgers import BOOT, FREE, TAXABLE, about, action, books, bought, lots, sold

OLD = bought("L", 10, 1000, "2014-01-02")
ONE = IdenticalGroups.from_lists({"deal": ["X", "Y"]})
DEAL = "2016-01-04"


def merger(treatment=FREE, ratio: object = 1) -> Event:
    return action(
        ev.StockMerger, DEAL, treatment, new_security_id="Y", new_per_old=ratio, value_per_new_usd=60, event_id="deal"
    )


def with_boot() -> Event:
    return action(
        ev.MixedMerger,
        DEAL,
        BOOT,
        new_security_id="Y",
        new_per_old=1,
        cash_per_share_usd=1,
        value_per_new_usd=60,
        event_id="deal",
    )


def exchange() -> Event:
    return ev.Exchange(
        event_id="deal",
        on=date.fromisoformat(DEAL),
        account_id="A",
        security_id="X",
        new_security_id="Y",
        shares=20,
        new_per_old=1,
        tax_treatment=FREE,
        source="offer",
    )


@pytest.mark.parametrize("deal", [merger(), with_boot(), exchange()])
def test_in_one_group_a_recent_purchase_washes_a_loss_after_the_exchange(deal: Event) -> None:
    events = (OLD, bought("recent", 10, 500, "2015-12-30"), deal, sold("S", 10, 400, "2016-01-10", "Y", lot="L"))
    found = books(*events, groups=ONE)
    (loss,) = [r for r in found.realized if r.event_id == "S"]
    assert loss.disallowed_usd == -loss.gain_usd > 0
    assert [m.replacement_lot_id for m in found.washes] == ["recent"]
    assert about(found, "identity_unsettled") == []
    apart = books(*events)
    assert apart.disallowed_usd == 0
    assert about(apart, "identity_unsettled") == ["Y"]


def test_in_one_group_a_purchase_of_the_successor_washes_a_loss_on_the_predecessor() -> None:
    events = (OLD, sold("S", 10, 400, "2015-12-30"), bought("other", 1, 60), merger())
    events = (*events, bought("new", 10, 450, "2016-01-10", "Y"))
    found = books(*events, groups=ONE)
    assert found.disallowed_usd == 600
    assert lots(found, "Y")["new"] == (10, 1050)
    assert books(*events).disallowed_usd == 0


def test_pieces_of_a_purchase_split_over_an_exchange_replace_share_by_share() -> None:
    events = (OLD, bought("recent", 8, 400, "2015-12-30"), sold("early", 2, 150, "2015-12-31", lot="recent"))
    found = books(*events, merger(ratio=2), sold("S", 20, 800, "2016-01-10", "Y", lot="L"), groups=ONE)
    # The lot of 8 had 6 left, which became 12; the 2 sold before count one for one.
    held = [m for m in found.washes if m.replacement_security_id == "Y"]
    assert sum(m.loss_shares for m in held) == 12
    assert {m.replacement_purchase_id for m in found.washes} == {"recent"}
    assert found.disallowed_usd == Fraction(200, 20) * (12 + 2)


@pytest.mark.parametrize("on", ["2015-12-05", "2016-01-03"])
@pytest.mark.parametrize("deal", [merger(), with_boot(), exchange()])
def test_a_lot_bought_shortly_before_is_named_where_no_group_decides(deal: Event, on: str) -> None:
    found = books(OLD, bought("recent", 10, 500, on), deal)
    (notice,) = [n for n in found.notices if n.about == "identity_unsettled"]
    assert (notice.event_id, notice.security_id) == ("deal", "Y")
    assert "bought within 30 days before: recent" in notice.sentence
    assert "groups.join('Y', ['X', 'Y'], reason=...)" in notice.sentence


def test_a_loss_on_the_predecessor_shortly_before_is_named() -> None:
    loss = sold("S", 5, 100, "2015-12-30")
    (notice,) = [n for n in books(OLD, loss, merger()).notices if n.about == "identity_unsettled"]
    assert "sold at a loss within 30 days before: S" in notice.sentence
    assert "bought within" not in notice.sentence


@pytest.mark.parametrize(
    "events",
    [
        (bought("recent", 10, 500, "2015-12-04"), merger()),
        (sold("S", 5, 100, "2015-12-04"), merger()),
        (sold("S", 5, 900, "2015-12-30"), merger()),
        (bought("recent", 10, 500, "2015-12-30"), merger(TAXABLE)),
        (bought("recent", 10, 500, "2015-12-30", "Z"), merger()),
    ],
)
def test_nothing_is_named_where_it_cannot_matter(events: tuple[Event, ...]) -> None:
    """Too long before, a gain, a sale and purchase anyway, another name."""
    assert about(books(OLD, *events), "identity_unsettled") == []


def test_a_decision_either_way_settles_it() -> None:
    events = (OLD, bought("recent", 10, 500, "2015-12-30"), merger())
    for level in (Level.IDENTICAL, Level.DISTINCT):
        groups = IdenticalGroups().join("Y", ["X", "Y"], reason="same enterprise", level=level)
        found = books(*events, groups=groups)
        assert about(found, "identity_unsettled") == []
        assert [b.bought_on is not None for b in found.lots] == [level is Level.IDENTICAL] * 2


def test_a_question_after_the_exchange_is_answered_as_the_replay_books_it() -> None:
    events = (OLD, bought("recent", 10, 500, "2015-12-30"), merger())
    found = books(*events, groups=ONE, as_of=date(2016, 1, 5))
    asked = WashQuestions(found).sell("A", "L", price_usd=Fraction(40), on=date(2016, 1, 10))
    booked = books(*events, sold("S", 10, 400, "2016-01-10", "Y", lot="L"), groups=ONE)
    assert asked.disallowed_usd == booked.disallowed_usd == 600
