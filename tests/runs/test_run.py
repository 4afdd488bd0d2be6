"""A run on the sample: facts with their fingerprint, the same answer twice, decisions that are kept."""

import pytest

from di_advisor.domain.kept_trades import kept_of
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.runs import Decisions, Facts, RunResult, RunSpec, SampleSource, facts_of, run
from di_advisor.runs.code import python_of

SPEC = RunSpec(SampleSource(), "concentrated")


@pytest.fixture(scope="module")
def facts() -> Facts:
    return facts_of(SPEC.source)


@pytest.fixture(scope="module")
def first(facts: Facts) -> RunResult:
    return run(SPEC, facts)


def test_the_sample_has_accounts_a_label_and_a_fingerprint(facts: Facts) -> None:
    assert list(facts.accounts) == ["young", "seasoned", "concentrated"]
    assert "simulated" in facts.label
    assert facts.fingerprint == {"sample": "seed 7"}


def test_an_account_that_is_not_there_is_named_with_those_that_are(facts: Facts) -> None:
    with pytest.raises(InputError, match=r"no account 'old'. Hint: There are: young, seasoned, concentrated"):
        facts.account("old")


def test_a_result_carries_what_was_asked_and_what_it_rests_on(first: RunResult) -> None:
    assert first.spec is SPEC
    assert first.proposal.trade_list
    assert first.fingerprint == {"sample": "seed 7"}
    assert {"python", "numpy", "di-advisor"} <= set(first.versions)


def test_the_printed_python_makes_the_same_trades(first: RunResult) -> None:
    names: dict[str, object] = {}
    exec(python_of(SPEC), names)  # noqa: S102 our own lines
    again = names["result"]
    assert isinstance(again, RunResult)
    assert again.proposal.trade_list == first.proposal.trade_list


def test_rejected_trades_do_not_come_back_and_locked_ones_keep_their_shares(facts: Facts, first: RunResult) -> None:
    trades = first.proposal.trade_list
    rejected = min((t for t in trades if t.side is Side.SELL), key=lambda t: t.value_usd)
    kept = max((t for t in trades if t.security_id != rejected.security_id), key=lambda t: t.value_usd)
    locked = kept_of(t for t in trades if t.security_id == kept.security_id)
    decided = Decisions(rejected={rejected.security_id: Side.SELL}, locked=locked)
    second = run(SPEC.with_changes(decisions=decided), facts).proposal.trade_list
    assert not [t for t in second if t.security_id == rejected.security_id and t.side is Side.SELL]
    assert kept_of(t for t in second if t.security_id == kept.security_id) == locked
