"""Runs that are not recognised: which setting differs is said, not only that nothing is there."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from di_advisor.backtest.asked import Facts, digest_of, facts_of, in_words
from di_advisor.backtest.stored import asked_in, from_bytes, to_bytes
from di_advisor.backtest.unfinished import NOT_RUN, unfinished
from di_advisor.backtest.vintages import Vintage, Vintages, asked_of, key_of, replay_vintages
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import DamagedStoreError, InputError
from di_advisor.policy.policies import periodic, threshold
from di_advisor.policy.sessions import Cadence
from di_advisor.policy.triggers import LossAvailable
from tests.backtest.hand_past import HandPast
from tests.backtest.rows import replayed_of

DAYS = (date(2024, 1, 8), date(2024, 1, 9), date(2024, 1, 10))
PAST = HandPast(
    DAYS, {"A": ("10", "11", "12"), "B": ("20",) * 3}, {DAYS[0]: {"A": 0.5, "B": 0.5}}, index_returns={DAYS[1]: 0.05}
)
MADE_UP = replace(replayed_of([100.0] * 3, [0.0] * 3, start=DAYS[0]), past="by hand")
RUN = Vintage(
    "monthly-2024-01-08-wash",
    DAYS[0],
    DAYS[-1],
    periodic(Cadence.MONTHLY),
    Mandate(),
    TaxProfile(ConstantRates(short_term=0.408, long_term=0.238)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module", autouse=True)
def made_up() -> Iterator[None]:
    """What came of a run is not the subject: every replay is of three days without a trade."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("di_advisor.backtest.vintages.replay", lambda *_: MADE_UP)
        yield


@pytest.fixture(scope="module")
def done(folder: Path, made_up: None) -> Vintages:
    del made_up
    return replay_vintages(PAST, (RUN,), folder)


def _facts(run: Vintage = RUN, past: HandPast = PAST) -> Facts:
    return asked_of(past, (run,))[run.name]


def _result(folder: Path) -> Path:
    return folder / f"{key_of(RUN.name, _facts())}.result"


def _written_without_its_settings(body: bytes) -> bytes:
    """The file of an earlier version."""
    _, _, text = gzip.decompress(body).partition(b"\n")
    document = json.loads(text)
    del document["asked"]
    old = json.dumps(document).encode()
    return gzip.compress(hashlib.sha256(old).hexdigest().encode() + b"\n" + old)


def test_what_is_finished_is_left_out_and_what_nobody_ran_is_said_so(folder: Path, done: Vintages) -> None:
    assert list(done) == [RUN.name]
    other = replace(RUN, name="monthly-2024-01-09-wash", start=DAYS[1])
    assert unfinished(PAST, (RUN, other), folder) == {other.name: NOT_RUN}
    assert unfinished(PAST, (RUN,), folder / "nowhere") == {RUN.name: NOT_RUN}
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mandate": Mandate(tracking_error_max=0.03)}, "mandate.tracking_error_max is 0.03, was none"),
        ({"end": DAYS[1]}, "end is 2024-01-09, was 2024-01-10"),
        (
            {"tax": TaxProfile(ConstantRates(short_term=0.408, long_term=0.238), state="CA")},
            "tax.state is CA, was none",
        ),
        ({"policy": replace(RUN.policy, at_most_every_days=7)}, "policy.at_most_every_days is 7, was 0"),
    ],
)
def test_the_setting_that_differs_is_named(folder: Path, done: Vintages, change: dict[str, object], said: str) -> None:
    assert done
    missing = unfinished(PAST, (replace(RUN, **change),), folder)  # type: ignore[arg-type]
    assert missing == {RUN.name: f"run with other settings: {said}"}


def test_another_past_is_named(folder: Path, done: Vintages) -> None:
    assert done
    renamed = unfinished(replace(PAST, label="another"), (RUN,), folder)[RUN.name]
    assert renamed == "run with other settings: the past is another, was by hand"
    dearer = replace(PAST, closes={"A": ("10.01", "11", "12"), "B": ("20",) * 3})
    assert unfinished(dearer, (RUN,), folder)[RUN.name].endswith(
        "the past of this label holds other days, prices, weights, dividends or events"
    )


def test_triggers_are_named_by_their_names() -> None:
    policy = threshold()
    at = next(k for k, t in enumerate(policy.triggers) if isinstance(t, LossAvailable))
    other = replace(policy, triggers=(*policy.triggers[:at], LossAvailable(least_usd=5.0), *policy.triggers[at + 1 :]))
    told = in_words(_facts(replace(RUN, policy=other)), _facts(replace(RUN, policy=policy)))
    assert told == "policy.triggers[loss available].least_usd is 5.0, was 1000.0"
    fewer = replace(policy, triggers=policy.triggers[:2], at_once=())
    told = in_words(_facts(replace(RUN, policy=fewer)), _facts(replace(RUN, policy=policy)))
    assert told.startswith("policy.triggers is name drift, sector drift, was name drift, sector drift, tracking error")


def test_settings_that_came_and_went_between_versions_are_named() -> None:
    then = json.loads(json.dumps(_facts()))
    mandate = then["run"][1]["mandate"][1]
    del mandate["max_trades"]
    mandate["patience"] = ["float", "0.5"]
    told = in_words(_facts(), then)
    assert "mandate.max_trades is none, was not known to the version that ran it" in told
    assert "mandate.patience is no setting any more, was 0.5" in told


def test_many_differences_are_counted() -> None:
    other = Mandate(tracking_error_max=0.1, risk_aversion=1.0, max_names=3, max_trades=4, turnover_max=0.1)
    told = in_words(_facts(replace(RUN, mandate=other, end=DAYS[1])), _facts())
    assert told.count("; ") == 4
    assert told.endswith("; and 2 more")


def test_the_nearest_of_several_results_is_told(tmp_path: Path) -> None:
    far = replace(RUN, mandate=Mandate(max_names=5, risk_aversion=3.0), end=DAYS[1])
    near = replace(RUN, mandate=Mandate(risk_aversion=30.0))
    for each in (far, near):
        replay_vintages(PAST, (each,), tmp_path)
    assert unfinished(PAST, (RUN,), tmp_path)[RUN.name].endswith(": mandate.risk_aversion is 25.0, was 30.0")


def test_a_file_of_an_earlier_version_is_told_by_what_it_shows(folder: Path, done: Vintages, tmp_path: Path) -> None:
    assert done
    _, _, body = _result(folder).read_bytes().partition(b"\n")
    old = _written_without_its_settings(body)
    assert asked_in(old) is None
    kept = hashlib.sha256(old).hexdigest().encode() + b"\n" + old
    (tmp_path / f"{RUN.name}-0123456789ab.result").write_bytes(kept)
    told = "run by an earlier version, which did not keep its settings"
    assert unfinished(PAST, (RUN,), tmp_path) == {RUN.name: f"{told}, over the same days"}
    shorter = unfinished(PAST, (replace(RUN, end=DAYS[1]),), tmp_path)
    assert shorter == {RUN.name: f"{told}: from 2024-01-08 to 2024-01-10"}
    renamed = unfinished(replace(PAST, label="x"), (RUN,), tmp_path)
    assert renamed == {RUN.name: f"{told}: the past is x, was by hand"}


def test_a_damaged_file_is_said_to_be_one(folder: Path, done: Vintages, tmp_path: Path) -> None:
    assert done
    (tmp_path / _result(folder).name).write_bytes(_result(folder).read_bytes()[:-9])
    (tmp_path / f"{RUN.name}-0123456789ab.result").write_bytes(b"nothing")
    assert unfinished(PAST, (RUN,), tmp_path) == {RUN.name: "its file is damaged"}


def test_a_result_keeps_what_it_was_asked(folder: Path, done: Vintages) -> None:
    _, _, body = _result(folder).read_bytes().partition(b"\n")
    kept = asked_in(body)
    assert kept is not None
    assert digest_of(kept) == digest_of(_facts())
    assert in_words(_facts(), kept) == ""
    assert from_bytes(body) == done[RUN.name]
    assert asked_in(to_bytes(done[RUN.name])) is None


def test_a_changed_byte_inside_a_file_is_told_whatever_the_unpacking_says_of_it(done: Vintages) -> None:
    content = to_bytes(done[RUN.name])
    for at in range(0, len(content), 7):
        if at not in range(4, 10):  # the time and the system in gzip's own head, which nothing reads
            with pytest.raises(DamagedStoreError):
                asked_in(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])


def test_sums_of_another_processor_are_the_same_past() -> None:
    """The last digit of a sum is the processor's; a thousandth of a basis point is another past."""
    ours, theirs = 0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1
    assert ours != theirs
    told = [
        _facts(past=replace(PAST, index_returns={DAYS[1]: r}, weights={DAYS[0]: {"A": w, "B": 1 - w}}))
        for r, w in ((ours, ours), (theirs, theirs), (ours + 1e-7, ours), (ours, ours + 1e-5))
    ]
    assert digest_of(told[0]) == digest_of(told[1])
    assert len({digest_of(each) for each in told}) == 3


def test_facts_of_two_runs_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="share a name"):
        unfinished(PAST, (RUN, RUN), tmp_path)
    assert facts_of(RUN, "x", "y")["past"] == "x"
