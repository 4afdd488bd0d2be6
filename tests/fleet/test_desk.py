"""The desk: exceptions first, totals to the cent, one account's panel with the list's own orders."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.fleet.desk import Desk
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.record import FleetRecord
from di_advisor.fleet.running import propose
from di_advisor.report.desk_view import desk_bundle, desk_text
from di_advisor.runs.of_fleet import run_of_account
from di_advisor.runs.run import run
from di_advisor.sample.world import SampleWorld


@pytest.fixture(scope="module")
def desk(six: SampleFleet, facts: FleetFacts, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Five accounts, the second of which nobody can solve; priced at their joint size."""
    accounts = [
        replace(a, mandate=a.mandate.with_changes(withdrawal_usd=Decimal(10**9))) if i == 1 else a
        for i, a in enumerate(list(six)[:5])
    ]
    folder = tmp_path_factory.mktemp("desk")
    propose(accounts, facts, into=folder, scheduler="in-process", joint_rounds=1)
    return Desk.open(folder, facts, accounts)


def test_accounts_without_a_proposal_stand_first_and_then_what_is_worth_most(desk: Desk) -> None:
    assert desk.rows[0].label == "A000001"
    assert desk.rows[0].exception.startswith("A withdrawal of $1,000,000,000.00 leaves nothing of an account worth $")
    assert desk.rows[0].kind == "InfeasibleError"
    assert {r.kind for r in desk.rows[1:]} == {""}
    plain = [r for r in desk.rows if not r.exception and not r.warnings]
    assert [r.benefit_usd for r in plain] == sorted((r.benefit_usd for r in plain), reverse=True)
    assert desk.exceptions[0] is desk.rows[0]


def test_totals_are_the_sums_of_the_records_to_the_cent(desk: Desk) -> None:
    done = [r for r in desk.records() if isinstance(r, FleetRecord)]
    totals = desk.totals
    assert (totals.accounts, totals.proposed, totals.set_aside) == (5, 4, 1)
    losses = [o.gain_usd for r in done for o in r.orders if o.gain_usd is not None and o.gain_usd < 0]
    assert totals.harvested_usd == -sum(losses)
    assert totals.benefit_usd == sum(r.benefit_usd for r in done)
    assert totals.sold_usd == sum(o.value_usd for r in done for o in r.orders if o.side is Side.SELL)
    after = sorted(r.tracking_error_after for r in done)
    assert (totals.tracking_error_after[0], totals.tracking_error_after[-1]) == (after[0], after[-1])


def test_an_accounts_panel_has_the_lists_own_orders_with_their_reasons(desk: Desk) -> None:
    for label in ("A000000", "A000004"):
        record, proposal = desk.record(label), desk.account(label).propose()
        assert isinstance(record, FleetRecord)
        assert {(o.security_id, o.lot_id): o.shares for o in record.orders} == {
            (t.security_id, t.lot_id): t.shares for t in proposal.trade_list
        }
        assert proposal.benefit_usd == record.benefit_usd
        assert all(t.sentence for t in proposal.trade_list)


def test_the_app_is_given_an_account_as_a_run_with_the_same_answer(desk: Desk, world: SampleWorld) -> None:
    spec, given = run_of_account(desk, "A000002", world.market())
    record = desk.record("A000002")
    assert isinstance(record, FleetRecord)
    assert run(spec, given).proposal.benefit_usd == record.benefit_usd
    with pytest.raises(InputError, match="The market is of"):
        run_of_account(desk, "A000002", world.market(world.days[-2].astype(object)))


def test_a_desk_without_facts_shows_its_list_and_says_what_a_panel_needs(desk: Desk) -> None:
    bare = Desk.open(desk.records_folder.parent)
    assert bare.rows == desk.rows
    with pytest.raises(InputError, match="without the facts"):
        bare.account("A000000")
    with pytest.raises(InputError, match="no account 'B'"):
        desk.record("B")


def test_a_desk_of_another_market_is_refused(desk: Desk, facts: FleetFacts) -> None:
    other = replace(facts.market.costs, linear=facts.market.costs.linear * 2)
    with pytest.raises(InputError, match="rest on other facts"):
        Desk.open(desk.records_folder.parent, facts.with_costs(other))


def test_the_view_says_the_exceptions_before_the_list_and_escapes_what_it_shows(desk: Desk, tmp_path: Path) -> None:
    text = desk_text(desk)
    assert text.startswith("4 of 5 accounts with a proposal")
    assert text.index("To look at first: 1 account") < text.index("Worklist")
    assert "Error" not in text  # the names of types are for programs
    odd = replace(desk, rows=(replace(desk.rows[0], label="<script>x</script>", exception="$a|b`"),))
    bundle = desk_bundle(odd)
    assert "<script>" not in bundle["text/html"]
    assert "&lt;script&gt;" in bundle["text/html"]
    assert "<script>" not in bundle["text/markdown"]


def test_the_list_as_a_frame_has_one_row_an_account_with_dollars_as_numbers(desk: Desk) -> None:
    frame = desk.to_frame()
    assert list(frame["label"]) == [r.label for r in desk.rows]
    assert frame["harvested_usd"].sum() == pytest.approx(float(desk.totals.harvested_usd))
