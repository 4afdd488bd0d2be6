"""The text of an event is the same everywhere, reads back exactly, and is refused where it is not one."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.amounts import exact
from di_advisor.domain.event_text import (
    EVENT_SCHEMA,
    EVENT_TYPES,
    amount_text,
    content_differences,
    content_sha256,
    content_text,
    event_from_text,
    event_text,
)
from di_advisor.domain.events import Buy, Correction, Deposit, Event, LotChoice, LotShares, Sell, SpinOff
from di_advisor.errors import InputError, NewerSchemaError
from tests.domain.event_strategies import BY_TYPE, events, money

BUY = Buy(
    event_id="b1",
    on=date(2025, 1, 2),
    source="lots.csv, row 7",
    account_id="A",
    security_id="X",
    shares="10",
    amount_usd="1000.00",
)


def test_the_strategies_know_every_type_of_event() -> None:
    assert set(BY_TYPE) == set(EVENT_TYPES.values())


def test_the_names_of_the_types_stay_what_they_are() -> None:
    # A renamed class would make the journals that exist unreadable: it needs a new version of the schema.
    assert sorted(EVENT_TYPES) == sorted(
        "Buy CashInLieu CashMerger Correction Delisting Deposit Dividend Exchange GiftGiven GiftReceived Inheritance "
        "MixedMerger OpenAccount Reinvestment ReturnOfCapital ReverseSplit Rights Sell SpinOff Split StockDividend "
        "StockMerger TickerChange Transfer TransferIn TransferOut Withdrawal Worthless YearAmended YearClosed".split()
    )


@pytest.mark.parametrize("kind", BY_TYPE, ids=lambda kind: kind.__name__)
def test_every_type_of_event_comes_back_as_it_was(kind: type[Event]) -> None:
    @settings(max_examples=30)
    @given(BY_TYPE[kind])
    def holds(event: Event) -> None:
        again = event_from_text(event_text(event))
        assert again == event
        assert type(again) is type(event)
        assert event_text(again) == event_text(event)

    holds()


@given(events(), events())
def test_content_is_equal_exactly_where_the_facts_are(one: Event, other: Event) -> None:
    assert content_differences(one, one) == ()
    assert (content_text(one) == content_text(other)) == (content_differences(one, other) == ())


@given(money)
def test_an_amount_reads_back_as_the_same_number(value: Decimal | Fraction) -> None:
    assert exact(amount_text(value), "it") == value


@given(st.fractions(), st.integers(-40, 40), st.integers(-40, 40))
def test_any_fraction_reads_back_as_the_same_number(value: Fraction, twos: int, tens: int) -> None:
    wide = value * Fraction(2) ** twos * Fraction(10) ** tens
    assert exact(amount_text(wide), "it") == wide


@pytest.mark.parametrize(
    ("spellings", "text"),
    [
        ((Decimal("1000.00"), Decimal("1E+3"), Fraction(1000), 1000), "1000"),
        ((Decimal("-0"), Decimal("0.00"), Fraction(0)), "0"),
        ((Decimal("0.10"), Fraction(1, 10)), "0.1"),
        ((Decimal("-0.005"), Fraction(-1, 200)), "-0.005"),
        ((Fraction(1, 3), Fraction(2, 6)), "1/3"),
        ((Decimal("1E-28"),), "0.0000000000000000000000000001"),
        ((Decimal("1E+28"),), "10000000000000000000000000000/1"),
    ],
)
def test_the_same_amount_has_the_same_text_however_it_was_written(spellings: tuple, text: str) -> None:
    assert {amount_text(value) for value in spellings} == {text}


def test_the_text_of_an_event_is_this_on_every_machine() -> None:
    assert event_text(BUY) == (
        '{"account_id":"A","amount_usd":"1000","event_id":"b1","lot_id":"b1","on":"2025-01-02","purchase_id":"b1",'
        '"security_id":"X","shares":"10","source":"lots.csv, row 7","type":"Buy","version":1}'
    )
    assert content_sha256(BUY) == "45d3d279d6c014504ea61f3a9fe94a6d59ef60ca3c4d20cdd5fb261f2b9ae72b"


def test_where_a_fact_was_read_is_not_part_of_the_fact() -> None:
    elsewhere = Buy(
        event_id="b1",
        on=date(2025, 1, 2),
        source="b.csv",
        account_id="A",
        security_id="X",
        shares=10,
        amount_usd="1E+3",
    )
    assert content_text(elsewhere) == content_text(BUY)
    assert event_text(elsewhere) != event_text(BUY)
    fixed = [
        Correction(event_id="c", on=date(2025, 2, 1), source=where, corrects="b0", reason="typo", replacement=event)
        for where, event in (("here", BUY), ("there", elsewhere))
    ]
    assert content_text(fixed[0]) == content_text(fixed[1])


def test_differences_are_told_field_by_field() -> None:
    choices = LotChoice("specific", (LotShares("L1", "1/3"), LotShares("L2"))), LotChoice("hifo")
    one, other = (
        Sell(
            event_id="s", on=date(2025, 3, 1), account_id="A", security_id="X", shares=5, amount_usd=usd, choice=choice
        )
        for usd, choice in zip(("100", "120.00"), choices, strict=True)
    )
    assert content_differences(one, other) == (
        "amount_usd 100 against 120",
        "choice.lots L1 1/3, L2 against nothing",
        "choice.method specific against hifo",
    )


def test_a_newer_version_is_refused_and_both_versions_are_named() -> None:  # BI-063
    text = event_text(BUY).replace('"version":1', '"version":99')
    with pytest.raises(NewerSchemaError, match=rf"version 99; this di_advisor reads versions up to {EVENT_SCHEMA}"):
        event_from_text(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "Evil"}, "'Evil' is no type of event"),
        ({"type": "Event"}, "'Event' is no type of event"),
        ({"type": "os.system"}, "no type of event"),
        ({"type": ["Buy"]}, "no type of event"),
        ({"version": None}, "version None"),
        ({"version": "1"}, "version '1'"),
        ({"version": True}, "version True"),
        ({"colour": "red"}, "Buy 'b1': no field 'colour'"),
        ({"shares": 10}, "Buy 'b1': shares is 10, not an amount as text"),
        ({"shares": "ten"}, "Buy 'b1': shares is not a number"),
        ({"shares": "NaN"}, "not finite"),
        ({"shares": None}, "shares is None"),
        ({"shares": "-1"}, "more than zero"),
        ({"on": "2025-1-2"}, "on is '2025-1-2', not a date"),
        ({"on": "2025-02-30"}, "on is '2025-02-30', not a date"),
        ({"on": "20250102"}, "not a date"),
        ({"sequence": True}, "sequence is True, not a whole number"),
        ({"account_id": 7}, "account_id is 7, not text"),
    ],
)
def test_what_is_no_event_is_refused_with_the_field_that_is_wrong(change: dict, words: str) -> None:
    text = json.dumps({**json.loads(event_text(BUY)), **change})
    with pytest.raises(InputError, match=words):
        event_from_text(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ('{"type":"Buy"', "not JSON"),
        ("[]", "is a JSON object"),
        ("null", "is a JSON object"),
        ("[" * 200_000, "not JSON"),
        (" " * 2_000_000, "more than 1000000"),
        ('{"version":1,"version":1}', "says twice: version"),
        ('{"version":1.0}', "holds the number 1.0"),
        ('{"version":NaN}', "holds the number NaN"),
        ('{"version":' + "9" * 5000 + "}", "holds no figure"),
        ('{"version":1,"type":"Buy"}', "account_id is missing"),
    ],
)
def test_what_is_no_text_of_an_event_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        event_from_text(text)


def test_a_choice_of_lots_is_read_as_strictly() -> None:
    sale = Sell(event_id="s", on=date(2025, 3, 1), account_id="A", security_id="X", shares=5, amount_usd=1)
    read = json.loads(event_text(sale))
    for choice in ({"method": "average"}, {"method": "best"}, {"lots": {}}, {"lots": [1]}, {"note": "x"}, "fifo", None):
        with pytest.raises(InputError):
            event_from_text(json.dumps({**read, "choice": choice}))


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b"])
def test_characters_that_no_database_holds_are_refused(bad: str) -> None:  # BI-068
    with pytest.raises(InputError, match=r"Deposit .*: event_id holds a character"):
        event_text(Deposit(event_id=bad, on=date(2025, 1, 2), account_id="A", amount_usd=1))


def test_a_type_of_event_that_is_not_of_this_schema_cannot_be_written() -> None:
    class Rumour(Deposit):
        pass

    with pytest.raises(InputError, match="Rumour is no event that can be written"):
        event_text(Rumour.__new__(Rumour))


def test_the_parts_of_a_spin_off_may_be_a_decimal_and_a_ratio() -> None:
    common = {"event_id": "o", "on": date(2025, 3, 1), "source": "Form 8937", "security_id": "X"}
    off = SpinOff(
        **common,
        tax_treatment="tax_free",
        spun_security_id="Y",
        new_per_old="1/3",
        parent_fraction=Decimal("0.75"),
        spun_fraction=Fraction(1, 4),
    )
    assert event_from_text(event_text(off)) == off
