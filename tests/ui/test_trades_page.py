"""The trades page without a kernel, and its verbs on the sample: decisions, cards, orders."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from di_advisor.domain.kept_trades import KeptTrade, kept_of
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.propose.proposal import Proposal
from di_advisor.report.card_tables import swaps_bundle
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.code import python_of
from di_advisor.runs.decisions import Decisions
from di_advisor.ui.app_state import Answer
from di_advisor.ui.desk import Desk
from di_advisor.ui.formatters import explanation_bundle
from di_advisor.ui.pages.trades import TradesPage
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.serving import answer
from di_advisor.ui.verbs import explaining, exporting
from di_advisor.ui.verbs.explaining import trade_key
from tests.report import fakes
from tests.ui.fake_host import FakeHost

SPEC = RunSpec(SampleSource(), "concentrated")
CARD = {"text/html": "a card", "text/markdown": "", "text/plain": ""}


class Quiet:
    def phase(self, text: str) -> None: ...

    def progress(self, fraction: float, text: str) -> None: ...

    def partial(self, content: Any) -> None: ...


def page(**answers: Any) -> tuple[TradesPage, FakeHost, Proposal]:
    host, made = FakeHost(SPEC, answers), fakes.proposal(6, 4)
    host.state.keep(Answer(SPEC, made))
    host.page = shown = TradesPage(host)
    host.refresh()
    return shown, host, made


def test_each_trade_is_a_row_and_names_from_files_stay_text() -> None:
    shown, _, made = page()
    assert shown._grid.ids == [trade_key(t) for t in made.trade_list]
    assert "<img src=x onerror=alert(1)>" in {row[0] for row in shown._grid.rows}


def test_a_filter_lists_only_its_trades() -> None:
    shown, _, made = page()
    shown._kind.value = "buy"
    assert len(shown._grid.rows) == sum(t.side is Side.BUY for t in made.trade_list)
    assert {row[1] for row in shown._grid.rows} == {"Buy"}


def test_choosing_one_trade_shows_its_card_and_it_stays() -> None:
    shown, host, made = page(explain=CARD)
    shown._grid.selected = [trade_key(made.trade_list[0])]
    assert host.asked == [("explain", {"spec": SPEC, "trade": trade_key(made.trade_list[0])})]
    assert host.shown == [CARD]
    assert shown.result(host.state) == CARD


def test_rejecting_changes_what_is_asked_and_solves_once() -> None:
    shown, host, made = page()
    first = made.trade_list[0]
    shown._grid.selected = [trade_key(t) for t in made.trade_list[:2]]
    shown._reject.click()
    assert host.state.spec.decisions.rejected[first.security_id] is first.side
    assert [verb for verb, _ in host.asked] == ["propose"]
    assert shown._grid.rows[0][7] == "rejected"


def test_accepting_marks_and_makes_nothing_stale_while_rejecting_does() -> None:
    shown, host, made = page()
    shown._grid.selected = [trade_key(t) for t in made.trade_list[:2]]
    shown._accept.click()
    assert shown._grid.rows[0][7] == "accepted"
    assert not host.state.stale
    shown._reject.click()
    assert host.state.stale
    assert made.trade_list[0].security_id not in host.state.spec.decisions.accepted
    shown._undo.click()
    assert not host.state.stale


def test_locking_keeps_the_shares_and_the_answer_still_answers() -> None:
    shown, host, made = page()
    shown._grid.selected = [trade_key(t) for t in made.trade_list[:2]]
    shown._lock.click()
    locked = host.state.spec.decisions.locked
    assert locked == kept_of(made.trade_list[:2])
    assert shown._grid.rows[0][7] == "locked"
    assert not host.state.stale
    assert [verb for verb, _ in host.asked] == []
    shown._reject.click()
    assert not host.state.spec.decisions.locked
    shown._undo.click()
    host.edit(SPEC.with_changes(decisions=Decisions(locked={"MOON": KeptTrade(Side.BUY, Decimal(1))})))
    assert host.state.stale


def test_swaps_are_shown_below_and_stay() -> None:
    shown, host, made = page()
    shown._swaps.click()
    assert host.shown == [swaps_bundle(made)]
    assert shown.result(host.state) == swaps_bundle(made)
    assert "<img" not in swaps_bundle(made)["text/html"]


def test_trades_of_older_wishes_are_not_exported() -> None:
    shown, host, _ = page()
    host.edit(SPEC.with_wishes(tracking_error_max=0.005))
    shown._export.click()
    assert host.asked == []
    assert "Propose again" in shown._says.value


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def test_a_rejected_trade_does_not_come_back(desk: Desk) -> None:
    dropped = next(t for t in desk.propose(SPEC, Quiet()).trade_list if t.side is Side.BUY)
    decided = SPEC.with_changes(decisions=Decisions(rejected={dropped.security_id: dropped.side}))
    again = desk.propose(decided, Quiet())
    assert (dropped.security_id, dropped.side) not in {(t.security_id, t.side) for t in again.trade_list}


def test_a_trade_is_explained_and_another_name_says_why_not(desk: Desk) -> None:
    proposal = desk.propose(SPEC, Quiet())
    card = explaining.explain(desk, {"spec": SPEC, "trade": trade_key(proposal.trade_list[0])}, Quiet())
    assert proposal.trade_list[0].ticker in card["text/plain"]
    why = explaining.why_not(desk, {"spec": SPEC, "name": proposal.trade_list[0].security_id}, Quiet())
    assert "What stands in the way" in why["text/html"]
    with pytest.raises(InputError, match="no such trade any more"):
        explaining.explain(desk, {"spec": SPEC, "trade": "sell nothing"}, Quiet())


def test_the_line_on_the_card_explains_the_same_trade_again(desk: Desk) -> None:
    trade = next(t for t in desk.propose(SPEC, Quiet()).trade_list if t.side is Side.SELL)
    card = explaining.explain(desk, {"spec": SPEC, "trade": trade_key(trade)}, Quiet())
    kernel: dict[str, Any] = {}
    exec(python_of(SPEC), kernel)  # noqa: S102 lines of our own
    line = card["text/plain"].rstrip().splitlines()[-1]
    again = eval(line, kernel)  # noqa: S307 a line of our own
    assert explanation_bundle(again) == card


def test_orders_are_written_once_and_only_accepted_names_where_asked(desk: Desk, tmp_path: Path) -> None:
    name = desk.propose(SPEC, Quiet()).trade_list[0].security_id
    spec = SPEC.with_changes(decisions=Decisions(accepted=frozenset({name})))
    request = {"spec": spec, "folder": str(tmp_path / "orders"), "accepted": True, "basket": True}
    written = exporting.export_orders(desk, request, Quiet())
    assert {Path(f).name for f in written["files"]} == {"trades.csv", "ibkr_basket.csv", "lot_instructions.csv"}
    assert len((tmp_path / "orders" / "trades.csv").read_text("utf-8").splitlines()) == written["trades"] + 1
    with pytest.raises(InputError, match="already holds"):
        exporting.export_orders(desk, request, Quiet())
    assert exporting.export_orders(desk, {**request, "replace": True}, Quiet())["trades"] == written["trades"]


def test_a_refusal_brings_its_facts(desk: Desk) -> None:
    impossible = SPEC.with_wishes(tracking_error_max=0.001, turnover_max=0.05)
    kind, content = answer(desk, "propose", plain({"spec": impossible}), Quiet())
    assert kind == "refused"
    facts = restored(content["facts"])
    assert len(facts["relaxations"]) == len(facts["conflict"]) == len(facts["rules"]) == 2


def test_a_locked_trade_stays_to_the_share_under_another_wish_and_a_card_still_explains_it() -> None:
    desk = Desk()
    first = desk.propose(SPEC, Quiet())
    kept = kept_of(first.trade_list[:3])
    spec = SPEC.with_changes(decisions=Decisions(locked=kept)).with_wishes(tracking_error_max=0.012)
    again = desk.propose(spec, Quiet())
    assert kept_of(t for t in again.trade_list if t.security_id in kept) == kept
    assert again.trade_list != first.trade_list
    named = next(t for t in again.trade_list if t.security_id in kept)
    said = explaining.explain(desk, {"spec": spec, "trade": trade_key(named)}, Quiet())
    assert named.ticker in said["text/plain"]
