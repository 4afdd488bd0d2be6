"""Triggers of what happens, each both ways."""

from datetime import date
from decimal import Decimal

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.events import Dividend, Event, Split
from di_advisor.domain.events.event import SecurityEvent, TaxTreatment
from di_advisor.domain.exclusions import Exclusion
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.rebalance_state import RebalanceState, RebalanceWorth
from di_advisor.errors import InputError
from di_advisor.policy.day_facts import last_traded
from di_advisor.policy.sessions import Cadence, due_session, sessions_after, sessions_between
from di_advisor.policy.triggers import (
    CalendarDue,
    CashOutside,
    CorporateAction,
    DividendReceived,
    EsgDowngrade,
    ExcludedHeld,
    LearnedValue,
    Reconstitution,
    TriggerState,
    judge,
)
from di_advisor.policy.triggers.events import _KINDS
from tests.ledger.actions.ledgers import FREE, TAXABLE, action, spin_off, split
from tests.policy.world import AS_OF, HELD, WEIGHTS, Day

NEW = TriggerState()


@pytest.mark.parametrize(
    ("cash", "withdrawal", "outside", "side"),
    [("2000", 0, 0.0, "within"), ("12000", 0, 12000 / 110000 - 0.02, "above"), ("2000", 3000, 1000 / 97000, "below")],
)
def test_cash_fires_outside_its_range_on_either_side(cash: str, withdrawal: int, outside: float, side: str) -> None:
    facts = Day(cash_usd=cash, mandate=Mandate(withdrawal_usd=Decimal(withdrawal))).facts()
    firing, _ = judge(CashOutside(0.005), facts, NEW)
    assert firing.reading.figure == pytest.approx(outside)
    assert firing.fired == (outside > 0)
    assert f"{side} the range from 0.0 bps to 200.0 bps" in firing.reading.sentence


def _paid(amount: str, on: date, account: str = "account", number: int = 1) -> Event:
    return Dividend(event_id=f"{on} {number}", on=on, account_id=account, security_id="B", amount_usd=Decimal(amount))


def test_dividends_of_the_day_and_the_account_add_up() -> None:
    events = (
        _paid("60", AS_OF),
        _paid("40.50", AS_OF, number=2),
        _paid("500", date(2026, 11, 19)),
        _paid("500", AS_OF, "other"),
    )
    firing, _ = judge(DividendReceived(100.0), Day().facts(events=events), NEW)
    assert firing.reading.figure == pytest.approx(100.5)
    assert firing.reading.sentence == "Dividends of $100.50 came in, against $100.00 (T-B)."
    assert firing.fired
    assert not judge(DividendReceived(101.0), Day().facts(events=events), NEW)[0].fired


def test_an_event_of_tomorrow_is_refused() -> None:
    with pytest.raises(InputError, match="after 2026-11-20"):
        Day().facts(events=(_paid("60", date(2026, 11, 21)),))
    with pytest.raises(InputError, match="last rebalance is of 2026-11-21"):
        Day().facts(last_rebalance=date(2026, 11, 21))


PATH = {date(2020, 1, 1): WEIGHTS, date(2026, 11, 30): {"A": 0.5, "B": 0.5}}


@pytest.mark.parametrize(("sessions", "fired"), [(4, False), (5, True)])
def test_an_announced_reconstitution_fires_so_many_sessions_ahead(sessions: int, *, fired: bool) -> None:
    # From Friday 20 to Monday 30 November: 23, 24, 25, 27 (the 26th is Thanksgiving), 30.
    assert sessions_between(AS_OF, date(2026, 11, 30)) == 5
    firing, _ = judge(Reconstitution(0.3, within_sessions=sessions), Day(path=PATH).facts(), NEW)
    assert firing.fired == fired
    if fired:
        assert firing.reading.figure == pytest.approx((0.1 + 0.2 + 0.3) / 2)
        assert firing.reading.names == ("T-C", "T-B", "T-A")
        assert "0 names enter, 1 leave, 3,000.0 bps of turnover" in firing.reading.sentence
    else:
        assert "the next is on 2026-11-30" in firing.reading.sentence


@pytest.mark.parametrize(("last", "fired"), [(date(2026, 11, 27), True), (date(2026, 11, 30), False)])
def test_a_reconstitution_that_was_missed_fires_until_the_next_rebalance(last: date, *, fired: bool) -> None:
    day = Day(path=PATH, as_of=date(2026, 12, 2))
    assert judge(Reconstitution(0.3), day.facts(last_rebalance=last), NEW)[0].fired == fired


def test_a_corporate_action_concerns_names_held_or_in_the_target() -> None:
    def doubled(name: str, on: date) -> Event:
        return Split(
            event_id=f"{name} {on}",
            on=on,
            security_id=name,
            tax_treatment=TaxTreatment.SPLIT,
            source="a test",
            new_per_old=Decimal(2),
        )

    fires, _ = judge(CorporateAction(), Day().facts(events=(doubled("A", AS_OF),)), NEW)
    assert fires.fired
    assert "Split of T-A" in fires.reading.sentence
    assert fires.reading.sentence.startswith("1 name held or in the target has a corporate action today")
    others = (doubled("Z", AS_OF), doubled("A", date(2026, 11, 19)))
    assert not judge(CorporateAction(), Day().facts(events=others), NEW)[0].fired


def test_two_actions_of_a_name_are_both_told_and_an_acquirers_shares_concern_who_has_them() -> None:
    on = AS_OF.isoformat()
    twice, spun = split(on, "2", "A"), spin_off(on, "1/2", "Y", "A")
    gone = action(ev.StockMerger, on, FREE, "Z", new_security_id="B", new_per_old="2")
    paid = action(ev.CashMerger, on, TAXABLE, "Q", cash_per_share_usd="2")
    reading = judge(CorporateAction(), Day().facts(events=(twice, spun, gone, paid)), NEW)[0].reading
    assert reading.figure == 2.0
    assert reading.sentence == (
        "2 names held or in the target have a corporate action today, against 1: "
        "Split of T-A, Spin-off of T-A, Merger for shares of Z."
    )


def test_every_corporate_action_has_a_name_that_people_use() -> None:
    kinds = {kind.__name__ for kind in SecurityEvent.__subclasses__() if kind.__module__.startswith("di_advisor.")}
    assert kinds == {kind.__name__ for kind in _KINDS}


def test_a_withdrawal_of_all_there_is_leaves_shares_of_the_account_as_it_stands() -> None:
    facts = Day(mandate=Mandate(withdrawal_usd=Decimal(100_000))).facts()
    assert facts.value_usd == 100_000.0
    told = judge(CashOutside(), facts, NEW)[0].reading
    assert told.sentence.startswith("Cash of -$98,000.00 is -9,800.0 bps of the account, below the range")
    assert abs(facts.active()).max() < 1.0


@pytest.mark.parametrize(
    ("cadence", "last", "fired"),
    [
        (Cadence.MONTHLY, date(2026, 10, 30), True),
        (Cadence.MONTHLY, date(2026, 11, 2), False),
        (Cadence.QUARTERLY, date(2026, 9, 30), True),
        (Cadence.QUARTERLY, date(2026, 10, 1), False),
        (Cadence.ANNUAL, date(2025, 12, 31), True),
        (Cadence.ANNUAL, date(2026, 1, 2), False),
        (Cadence.MONTHLY, None, False),
    ],
)
def test_a_period_is_due_once_it_began_after_the_last_rebalance(
    cadence: Cadence, last: date | None, *, fired: bool
) -> None:
    assert judge(CalendarDue(cadence), Day().facts(last_rebalance=last), NEW)[0].fired == fired


def test_a_period_begins_with_its_first_session() -> None:
    assert due_session(date(2026, 1, 20), Cadence.MONTHLY) == date(2026, 1, 2)
    assert due_session(date(2026, 8, 31), Cadence.QUARTERLY) == date(2026, 7, 1)
    assert sessions_after(date(2026, 11, 21), 1) == date(2026, 11, 23)
    with pytest.raises(InputError, match="outside the exchange calendar"):
        due_session(date(1960, 1, 1), Cadence.MONTHLY)


def test_a_downgrade_fires_against_the_figure_of_the_day_before() -> None:
    trigger = EsgDowngrade("score", 10.0)
    first, state = judge(trigger, Day(esg={"score": [50.0, 60.0, float("nan")]}).facts(), NEW)
    assert not first.fired
    assert dict(state.known) == {"A": 50.0, "B": 60.0}
    second, state = judge(trigger, Day(esg={"score": [44.0, 61.0, 5.0]}).facts(), state)
    assert second.reading.figure == pytest.approx(6.0)
    assert not second.fired
    third, state = judge(trigger, Day(esg={"score": [39.0, 61.0, 5.0]}).facts(), state)
    assert third.fired, "falls that are small each day add up until the trigger fires"
    assert third.reading.names == ("T-A",)
    assert "worsened by 11, against 10" in third.reading.sentence
    fourth, _ = judge(trigger, Day(esg={"score": [39.0, 61.0, 5.0]}).facts(), state)
    assert not fourth.fired


def test_weight_in_names_that_a_screen_takes_out_fires() -> None:
    mandate = Mandate(exclusions=(Exclusion("tobacco", frozenset({"C"})),))
    firing, _ = judge(ExcludedHeld(), Day(mandate=mandate).facts(), NEW)
    assert firing.reading.figure == pytest.approx(0.18)
    assert firing.reading.names == ("T-C",)
    assert "tobacco" in firing.reading.sentence
    assert firing.fired
    assert not judge(ExcludedHeld(), Day().facts(), NEW)[0].fired


class Says:
    """A learned model that always says the same."""

    provenance = "a test's model"

    def __init__(self, lower_usd: float) -> None:
        self.lower_usd = lower_usd

    def rebalance_worth(self, state: RebalanceState) -> RebalanceWorth:
        assert state.largest_active == pytest.approx(0.12)
        return RebalanceWorth(2 * self.lower_usd / 100_000, self.lower_usd / 100_000, 0.0002, 10)


@pytest.mark.parametrize(("lower", "fired"), [(120.0, True), (99.0, False), (float("nan"), False)])
def test_a_learned_value_fires_where_its_lower_bound_is_above_the_threshold(lower: float, *, fired: bool) -> None:
    firing, _ = judge(LearnedValue(Says(lower), 100.0), Day().facts(), NEW)
    assert firing.fired == fired
    assert "a test's model" in firing.reading.sentence


def test_a_lower_bound_of_nothing_is_no_reason_to_act() -> None:
    assert not judge(LearnedValue(Says(0.0)), Day().facts(), NEW)[0].fired


def test_the_sentence_of_a_learned_value_tells_value_bound_and_the_fixed_thresholds() -> None:
    sentence = judge(LearnedValue(Says(30.0)), Day().facts(), NEW)[0].reading.sentence
    assert "worth $60.00 more than after 10 sessions, at least $30.00" in sentence
    assert "Fixed thresholds: $20.00, they would act (name drift, sector drift, tracking error)" in sentence


def test_the_last_trade_on_or_before_the_day_stands_in_for_the_last_rebalance() -> None:
    account = Day(book=HELD.replace("C @ 100.00 on 2020-01-02", "C @ 100.00 on 2026-03-04")).facts().account
    assert last_traded(account, AS_OF) == date(2026, 3, 4)
    assert last_traded(account, date(2025, 1, 1)) == date(2020, 1, 2)
    assert last_traded(account, date(2019, 1, 1)) is None
