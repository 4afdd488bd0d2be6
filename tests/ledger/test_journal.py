"""The journal records each fact once, refuses contradictions whole, and never forgets what it knew."""

import dataclasses
import random
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.content_ids import UNNAMED, named_by_content
from di_advisor.domain.events import Buy, Correction, Event, Sell, SpinOff, Split, TaxTreatment, YearClosed
from di_advisor.errors import ConflictingEventError, InputError
from di_advisor.ledger.journal import Journal, JournalEntry
from tests.domain.event_strategies import busy_batches, events

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def buy(event_id: str = "b1", usd: str = "100", **other) -> Buy:
    given = {"on": date(2025, 3, 3), "account_id": "A", "security_id": "X", "shares": "10", "source": "lots.csv, row 2"}
    return Buy(event_id=event_id, amount_usd=usd, **{**given, **other})


def split(event_id: str, new_per_old: object = 2, source: str = "vendor 1", **other) -> Split:
    given = {"on": date(2025, 3, 10), "security_id": "X", "tax_treatment": TaxTreatment.SPLIT}
    return Split(event_id=event_id, new_per_old=new_per_old, source=source, **{**given, **other})


def correction(event_id: str, corrects: str, replacement: Event | None = None) -> Correction:
    return Correction(
        event_id=event_id, on=date(2025, 6, 1), corrects=corrects, replacement=replacement, reason="typing error"
    )


def journal_of(*batches: list[Event]) -> Journal:
    journal = Journal()
    for batch in batches:
        journal, _ = journal.append(batch, recorded_at=NOW)
    return journal


def ids(events: tuple[Event, ...]) -> list[str]:
    return [event.event_id for event in events]


def test_the_same_event_twice_is_recorded_once_and_counted() -> None:  # BI-013
    journal, report = Journal().append([buy(), buy(usd="1E+2", source="other.csv")], recorded_at=NOW)
    assert len(journal) == 1
    assert report.duplicates == ("b1",)
    assert report.sentence == "1 event added, 1 duplicate skipped"


def test_one_id_with_two_contents_is_refused_with_the_difference_and_neither_is_recorded() -> None:  # BI-014
    with pytest.raises(
        ConflictingEventError, match=r"Buy 'b1' .*: amount_usd 100 against 120 \(lots.csv, row 2"
    ) as wrong:
        Journal().append([buy(), buy("b2"), buy(usd="120.00")], recorded_at=NOW)
    assert wrong.value.facts["differences"] == ("amount_usd 100 against 120",)
    journal = journal_of([buy()])
    with pytest.raises(ConflictingEventError, match="amount_usd 100 against 120"):
        journal.append([buy("b2"), buy(usd="120")], recorded_at=NOW)
    assert journal.effective() == (buy(),)


def test_all_contradictions_of_a_batch_are_told_at_once() -> None:
    journal = journal_of([buy("b1"), buy("b2")])
    with pytest.raises(ConflictingEventError, match=r"2 events contradict.*'b1'.*'b2'"):
        journal.append([buy("b1", "1"), buy("b2", "2"), buy("b3")], recorded_at=NOW)


def test_the_same_id_for_another_type_of_event_is_a_contradiction() -> None:
    sale = Sell(event_id="b1", on=date(2025, 3, 3), account_id="A", security_id="X", shares="10", amount_usd="100")
    with pytest.raises(ConflictingEventError, match="type Buy against Sell"):
        journal_of([buy()]).append([sale], recorded_at=NOW)


@settings(max_examples=50)
@given(st.lists(events(), max_size=6, unique_by=lambda e: e.event_id), st.randoms(use_true_random=False))
def test_importing_twice_changes_nothing_and_the_order_of_rows_neither(
    batch: list[Event], chance: random.Random
) -> None:
    batch = [e for e in batch if not isinstance(e, Correction)]  # BI-016, BI-017
    try:
        journal, first = Journal().append(batch, recorded_at=NOW, batch="file")
    except ConflictingEventError:
        return
    again, second = journal.append(batch, recorded_at=NOW + timedelta(days=1), batch="file again")
    assert again is journal
    assert second.added == ()
    assert len(second.duplicates) == len(batch)
    chance.shuffle(batch)
    assert Journal().append(batch, recorded_at=NOW, batch="file") == (journal, first)


@settings(max_examples=60)
@given(st.lists(busy_batches(), max_size=6), st.randoms(use_true_random=False))
def test_whatever_is_appended_a_journal_stays_whole(batches: list[list[Event]], chance: random.Random) -> None:
    journal = Journal()
    for batch in batches:
        shuffled = chance.sample(batch, len(batch))
        try:
            longer, report = journal.append(batch, recorded_at=NOW)
        except InputError as error:
            with pytest.raises(type(error)):
                journal.append(shuffled, recorded_at=NOW)
            continue
        assert journal.append(shuffled, recorded_at=NOW)[0] == longer
        assert len(report.added) + len(report.duplicates) == len(batch)
        assert longer.entries[: len(journal)] == journal.entries
        assert longer.append(batch, recorded_at=NOW)[0] is longer
        assert longer.until(len(journal)) == journal
        assert longer.effective(at_position=len(journal)) == journal.effective()
        journal = longer
    assert [e.position for e in journal.entries] == list(range(1, len(journal) + 1))
    again = Journal(journal.entries)
    assert again.effective() == journal.effective()
    assert again._known == journal._known
    splits = [e for e in journal.effective() if isinstance(e, Split)]
    assert len({(e.security_id, e.on) for e in splits}) == len(splits)


def test_fills_without_ids_that_look_alike_stay_two() -> None:  # BI-015
    fills = [buy(UNNAMED, source=f"row {row}") for row in (1, 2)] + [buy(UNNAMED, "120"), buy("own")]
    named = named_by_content(fills)
    assert len(set(ids(named))) == 4
    assert named[3] == buy("own")
    assert {e.event_id.rpartition("#")[2] for e in named[:2]} == {"1", "2"}
    assert all(e.lot_id == e.purchase_id == e.event_id for e in named)
    assert len(journal_of(named, named)) == 4


@given(st.permutations([("100", 1), ("100", 2), ("100", 3), ("120", 4), ("120", 5)]))
def test_the_order_of_rows_without_ids_changes_nothing(rows: list[tuple[str, int]]) -> None:  # BI-017
    journal = journal_of(named_by_content([buy(UNNAMED, usd, source=f"row {row}") for usd, row in rows]))
    straight = journal_of(named_by_content([buy(UNNAMED, usd) for usd in sorted(usd for usd, _ in rows)]))
    assert journal.content_sha256 == straight.content_sha256
    assert ids(journal.effective()) == ids(straight.effective())


def test_an_action_told_by_two_sources_applies_once() -> None:  # BI-042
    journal, report = journal_of([split("s1")]).append([split("s2", "2.0", "vendor 2")], recorded_at=NOW)
    assert ids(journal.effective()) == ["s1"]
    assert report.repeated_actions == ("s2",)
    assert report.sentence == "1 event added, 1 corporate action known already, applied once"
    assert journal.append([split("s2", 2, "vendor 2")], recorded_at=NOW)[0] is journal


def test_two_sources_that_disagree_on_an_action_are_an_error() -> None:  # BI-042
    with pytest.raises(
        ConflictingEventError, match=r"other terms: new_per_old 2 against 3 \(vendor 1 against vendor 2\)"
    ):
        journal_of([split("s1")]).append([split("s2", 3, "vendor 2")], recorded_at=NOW)


def test_actions_on_other_days_of_other_kinds_or_names_are_others() -> None:
    others = [split("s2", on=date(2025, 3, 11)), split("s3", security_id="Y")]
    assert len(journal_of([split("s1"), *others]).effective()) == 3


def test_two_companies_spun_off_on_one_day_are_two_actions() -> None:
    def off(event_id: str, spun: str, ratio: str) -> SpinOff:
        return SpinOff(
            event_id=event_id,
            on=date(2020, 4, 3),
            source="Form 8937",
            security_id="UTX",
            tax_treatment=TaxTreatment.TAX_FREE,
            spun_security_id=spun,
            new_per_old=ratio,
        )

    assert len(journal_of([off("1", "CARR", "1"), off("2", "OTIS", "0.5")]).effective()) == 2


def test_what_overrules_an_action_overrules_all_that_tell_it() -> None:
    journal = journal_of([split("s1")], [split("s2", source="vendor 2")], [correction("c1", "s2")])
    assert journal.effective() == ()
    assert journal.overruled_by("s1") == journal.overruled_by("s2") == "c1"
    assert ids(journal_of([split("s1")], [correction("c1", "s1")], [split("s3", 3)]).effective()) == ["s3"]


def test_a_correction_voids_or_replaces_and_the_replacement_can_be_corrected() -> None:
    journal = journal_of(
        [buy("b1"), buy("b2")],
        [correction("c1", "b1", buy("b1/2", "110"))],
        [correction("c2", "b1/2", buy("b1/3", "111"))],
        [correction("c3", "b2")],
    )
    assert [ids(journal.effective(at_position=n)) for n in range(6)] == [
        [],
        ["b1"],
        ["b1", "b2"],
        ["b1/2", "b2"],
        ["b1/3", "b2"],
        ["b1/3"],
    ]
    assert journal.event("b1/2") == buy("b1/2", "110")
    assert journal.overruled_by("b1") == "c1"
    assert journal.overruled_by("b1/3") is None
    assert journal.append([buy("b1"), buy("b1/2", "110")], recorded_at=NOW)[0] is journal


def test_a_batch_may_hold_an_event_and_its_corrections_in_any_order() -> None:
    batch = [correction("c2", "b1/2"), correction("c1", "b1", buy("b1/2", "110")), buy("b1")]
    assert journal_of(batch) == journal_of(batch[::-1])
    assert journal_of(batch).effective() == ()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (correction("c9", "b7"), "corrects 'b7', and the journal holds no such event"),
        (correction("c9", "b2"), "names 'b2', which correction 'c2' has overruled. Hint: It is void"),
        (correction("c9", "b1"), "correction 'c1' has overruled. Hint: Correct its replacement 'b1/2'"),
        (correction("c9", "c1"), "is a correction itself"),
        (correction("c9", "b3", buy("b2")), "names 'b2', which correction 'c2' has overruled"),
        (correction("c1", "b3"), "told with other content: corrects b1 against b3"),
        (correction("c9", "b3", buy("b1/2", "7")), "'b1/2' is told with other content: amount_usd 110 against 7"),
    ],
)
def test_a_correction_of_what_does_not_hold_is_refused(wrong: Correction, words: str) -> None:
    journal = journal_of(
        [buy("b1"), buy("b2"), buy("b3")], [correction("c1", "b1", buy("b1/2", "110")), correction("c2", "b2")]
    )
    with pytest.raises(InputError, match=words):
        journal.append([buy("b8"), wrong], recorded_at=NOW)
    assert journal.event("b8") is None


def test_two_corrections_of_one_event_in_a_batch_contradict_each_other() -> None:
    with pytest.raises(InputError, match="which correction 'c1' has overruled"):
        journal_of([buy("b1"), correction("c2", "b1"), correction("c1", "b1", buy("b1/2"))])


def test_a_right_version_may_be_known_before_the_wrong_one_is_corrected() -> None:
    fix = correction("c1", "b1", buy("b2"))
    assert ids(journal_of([buy("b1"), buy("b2")], [fix]).effective()) == ["b2"]
    assert ids(journal_of([buy("b1")], [fix], [buy("b2")]).effective()) == ["b2"]


def test_instants_need_a_zone_and_are_kept_in_utc() -> None:
    with pytest.raises(InputError, match="without a zone"):
        Journal().append([buy()], recorded_at=datetime(2026, 1, 5))  # noqa: DTZ001
    zone = timezone(timedelta(hours=-5))
    journal, _ = Journal().append([buy()], recorded_at=datetime(2026, 1, 5, 4, 30, tzinfo=zone))
    assert journal == Journal().append([buy()], recorded_at=NOW)[0]


def test_a_past_instant_has_a_position() -> None:
    journal, _ = journal_of([buy("b1")]).append([buy("b2")], recorded_at=NOW + timedelta(days=2))
    assert [journal.position_at(NOW + timedelta(days=d)) for d in (-1, 0, 1, 2, 3)] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("position", [-1, 2, True])
def test_a_position_that_the_journal_does_not_have_is_an_error(position: int) -> None:
    with pytest.raises(InputError, match="It has positions 0 to 1"):
        journal_of([buy()]).until(position)


def test_the_digest_of_a_journal_is_this_on_every_machine() -> None:
    journal = journal_of([buy("b1"), split("s1")], [correction("c1", "b1", buy("b1/2", "110"))])
    assert journal.head_sha256 == "a4f5a0843c6427e56e648aebe0c1dab5486fd994b17761ed4ba45c66852fc9d2"
    assert journal.content_sha256 == "a71853c6a38c5d2bf93fe1ee18bcf750816d6f307e243eda40ec7a7faefaf362"


def test_an_entry_that_was_changed_is_found() -> None:
    journal = journal_of([buy("b1")], [buy("b2")], [buy("b3")])
    first, second, third = journal.entries
    forged = dataclasses.replace(second, text=second.text.replace("100", "900"))
    rewritten = JournalEntry.after(first, second.recorded_at, second.batch, forged.text)
    for entries in (
        (first, forged),
        (first, rewritten, third),
        (first, third),
        (second, third),
        (second,),
        (first, second, dataclasses.replace(third, batch="x")),
        (first, dataclasses.replace(second, recorded_at=NOW + timedelta(1))),
    ):
        with pytest.raises(InputError, match="is not what was recorded at position"):
            Journal(entries)
    with pytest.raises(InputError, match="repeats the event 'b1'"):
        Journal((first, JournalEntry.after(first, first.recorded_at, "", first.text)))
    assert Journal((first,)).extended((second, third)) == journal
    assert journal.extended(()) is journal


def test_only_events_and_named_batches_are_recorded() -> None:
    with pytest.raises(InputError, match="is no event"):
        Journal().append(["b1"], recorded_at=NOW)
    with pytest.raises(InputError, match="name of the batch"):
        Journal().append([buy()], recorded_at=NOW, batch="a\0b")


def test_closings_are_no_events_of_lots() -> None:
    closed = YearClosed(event_id="y", on=date(2026, 2, 1), tax_year=2025)
    journal = journal_of([buy(), closed])
    assert journal.effective() == (buy(),)
    assert journal.closed_through == 2025
