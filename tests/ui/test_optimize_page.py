"""The optimize page without a kernel: dials, scenarios side by side, ways out of a conflict, frontiers."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.mandate import Band
from di_advisor.errors import InputError
from di_advisor.report.compare_view import compare_bundle, compare_table
from di_advisor.report.sections import turnover_of
from di_advisor.runs import FileSource, RunSpec, SampleSource
from di_advisor.ui.app_state import Answer
from di_advisor.ui.desk import Desk
from di_advisor.ui.footer import Footer
from di_advisor.ui.pages.dials import FIRST, MORE, SWEPT, amount_of, values_of
from di_advisor.ui.pages.optimize import OptimizePage
from di_advisor.ui.pages.page import Asked
from di_advisor.ui.pages.relaxing import ways_of
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.repeat import answered_bundle
from di_advisor.ui.serving import answer
from di_advisor.ui.verbs import sweeping
from tests.browser.test_own_account import files_of_an_account
from tests.report import fakes
from tests.ui.fake_host import FakeHost

SPEC = RunSpec(SampleSource(), "concentrated")
DRAWN = {"text/html": "a picture", "text/markdown": "", "text/plain": ""}
CAP, TURNOVER, GAINS = SWEPT[0], SWEPT[1], SWEPT[2]


class Told:
    def __init__(self) -> None:
        self.steps: list[float] = []

    def phase(self, text: str) -> None: ...

    def progress(self, fraction: float, text: str) -> None:
        assert text
        self.steps.append(fraction)

    def partial(self, content: Any) -> None: ...


def page(spec: RunSpec = SPEC, **answers: Any) -> tuple[OptimizePage, FakeHost]:
    host = FakeHost(spec, answers)
    host.page = shown = OptimizePage(host)
    host.refresh()
    return shown, host


def refused(host: FakeHost, *rules: tuple[str, float, bool], together: tuple[str, ...] = ()) -> None:
    host.state.start("Proposing")
    facts = {
        "conflict": tuple(f"{rule} holds <b>." for rule, _, _ in rules),
        "relaxations": tuple(f"{rule} to give" for rule, _, _ in rules),
        "rules": tuple(rule for rule, _, _ in rules),
        "amounts": tuple(amount for _, amount, _ in rules),
        "enough": tuple(enough for _, _, enough in rules),
        "together": together,
    }
    host.state.refuse("No plan.", "Loosen.", facts)
    host.refresh()


def buttons(shown: OptimizePage) -> list[str]:
    box = shown._ways
    if box.box.layout.display == "none":
        return []
    return [b.description for b in box._buttons if b.layout.display != "none"]


def test_each_control_says_its_unit_and_writes_its_own_field_only() -> None:
    lopsided = SPEC.with_wishes(sector_band=Band(-0.01, 0.03))
    shown, host = page(lopsided)
    assert all(control.description.endswith(")") for control in shown._boxes.values())
    shown._cap.value = 150.0
    assert host.state.spec == lopsided.with_wishes(tracking_error_max=0.015)
    shown._boxes[MORE[0]].value = 12.5
    assert host.state.spec.mandate.turnover_max == 0.125
    shown._boxes[MORE[0]].value = 0.0
    shown._cap.value = 100.0
    assert host.state.spec == lopsided


@pytest.mark.parametrize("dial", [*FIRST, *MORE], ids=lambda d: d.field)
def test_what_a_dial_shows_gives_the_same_wish_back(dial: Any) -> None:
    mandate = SPEC.with_wishes(turnover_max=0.07).mandate
    assert dial.take(dial.shown(mandate)) == getattr(mandate, dial.field)


def test_no_gain_budget_and_a_budget_of_nothing_are_two_things() -> None:
    shown, host = page()
    shown._gains.value = "0"
    assert host.state.spec.mandate.gain_budget_usd == 0
    shown._gains.value = "-2,500"
    assert host.state.spec.mandate.gain_budget_usd == -2500
    shown._gains.value = "lots"
    assert "no amount" in shown._wrong.value
    assert host.state.spec.mandate.gain_budget_usd == -2500
    shown._gains.value = ""
    assert shown._wrong.value == ""
    assert host.state.spec == SPEC
    with pytest.raises(InputError):
        amount_of("NaN")


def test_each_scenario_brings_its_own_wishes_back() -> None:
    shown, host = page()
    shown._scenario.value = "B"
    assert host.state.scenario == "B"
    shown._cap.value = 50.0
    shown._scenario.value = "A"
    assert shown._cap.value == 100.0
    shown._scenario.value = "B"
    assert shown._cap.value == 50.0
    host.state.start("Proposing")
    host.refresh()
    assert shown._scenario.disabled


def test_two_answers_stand_side_by_side_above_the_one_at_hand() -> None:
    shown, host = page()
    host.state.keep(Answer(SPEC, fakes.proposal(6, 4)))
    alone = shown.result(host.state)
    assert alone is not None
    assert "Scenarios side by side" not in alone["text/plain"]
    host.to_scenario("B")
    waiting = shown.result(host.state)
    assert waiting is not None
    assert "B has no proposal yet." in waiting["text/plain"]
    tighter = SPEC.with_wishes(tracking_error_max=0.005)
    host.edit(tighter)
    host.state.keep(Answer(tighter, fakes.proposal(9, 2, seed=2)))
    both = shown.result(host.state)
    assert both is not None
    for text in both.values():
        assert "side by side" in text
        assert "B against A: tracking error max 50 bps a year (was 100 bps a year)" in text
    host.edit(SPEC)
    stale = shown.result(host.state)
    assert stale is not None
    assert "B was asked with older wishes" in stale["text/plain"]


def test_benefits_by_term_add_up_to_the_benefit_in_every_column() -> None:
    made = {"A": fakes.proposal(6, 4), "C": fakes.proposal(9, 2, seed=2)}
    table = compare_table(made)
    for column, proposal in enumerate(made.values(), start=2):
        terms = [str(r[column]) for r in table.rows if str(r[0]).startswith("of it: ")]
        assert sum(Decimal(t.replace(",", "")) for t in terms) == proposal.benefit_usd
    units = {str(r[0]): str(r[1]) for r in table.rows}
    assert units["Tracking error after trading"] == "bps a year"
    assert 0 < turnover_of(made["A"]) < 1


def test_another_price_of_risk_is_said_and_markup_in_names_stays_text() -> None:
    one = fakes.proposal(6, 4)
    other = replace(
        one,
        mandate=one.mandate.with_changes(risk_aversion=5.0),
        certificate=replace(one.certificate, solver="<script>x</script>"),
    )
    shown = compare_bundle({"A": one, "B": other}, ["<img src=x>"])
    assert "price of risk differs" in shown["text/plain"]
    assert "<script" not in shown["text/html"]
    assert "<img" not in shown["text/html"]


def test_wishes_are_said_in_words_and_solvers_in_a_sentence() -> None:
    without = SPEC
    wished = SPEC.with_wishes(esg=(EsgWish("score, House", uplift_min=0.02),))
    said = answered_bundle(Asked(wished), without)["text/plain"]
    assert "ESG score, House: at least 2.0 % better than the index" in said
    assert "the controls now say ESG none (was score, House: at least 2.0 %" in said
    assert "EsgWish" not in answered_bundle(Asked(without), wished)["text/html"]
    one = fakes.proposal(6, 4)
    other = replace(one, certificate=replace(one.certificate, solver="another"))
    assert f"Solved by {one.certificate.solver}." in compare_bundle({"A": one, "B": one})["text/plain"]
    assert "B was solved by another." in compare_bundle({"A": one, "B": other})["text/plain"]


def test_a_conflict_offers_its_dials_and_one_click_sets_one_and_proposes() -> None:
    spec = SPEC.with_wishes(turnover_max=0.05)
    shown, host = page(spec)
    assert buttons(shown) == []
    refused(
        host,
        ("locks", 0.002, True),
        ("sector band: Energy", 0.00123, False),
        ("tracking error cap", 0.00048, True),
        ("turnover", 0.02, True),
    )
    assert buttons(shown) == [
        "Allow 104.8 bps a year",
        "Allow 7.01 % turnover",
        "Widen all sector bands to ± 2.13 % of account",
    ]
    assert "Not enough alone" in shown._ways._lines[3].value
    assert "&lt;b&gt;" in shown._ways._lines[0].value
    assert "<b>" not in shown._ways._lines[0].value
    shown._ways._buttons[1].click()
    assert host.state.spec == spec.with_wishes(tracking_error_max=0.01048)
    assert [verb for verb, _ in host.asked] == ["propose"]
    assert buttons(shown) == []


def test_a_budget_is_relaxed_in_dollars_only_where_the_value_of_the_account_is_known() -> None:
    spec = SPEC.with_wishes(gain_budget_usd=Decimal(-1000))
    shown, host = page(spec)
    refused(host, ("gain budget", 0.001, True))
    assert buttons(shown) == []
    assert len(ways_of(host.state)) == 1
    made = fakes.proposal(6, 4)
    host.state.keep(Answer(spec, made))
    host.refresh()
    shown._ways._buttons[0].click()
    budget = host.state.spec.mandate.gain_budget_usd
    assert budget is not None
    assert 0.001 < (float(budget) + 1000.0) / float(made.weighed_usd) < 0.00101


def test_ways_out_of_older_wishes_are_not_offered_and_those_that_do_together_are_said() -> None:
    shown, host = page()
    refused(host, ("tracking error cap", 0.001, False), together=("cash down to 1 %", "turnover at least 9 %"))
    assert "cash down to 1 %; turnover at least 9 %" in shown._ways._rest.value
    assert "No single one" in shown._ways._lead.value
    host.edit(SPEC.with_wishes(tracking_error_max=0.02))
    assert shown._ways.box.layout.display == "none"
    host.edit(SPEC)
    assert len(ways_of(host.state)) == 1


def test_facts_that_do_not_match_are_words_only() -> None:
    shown, host = page()
    host.state.start("Proposing")
    host.state.refuse("No plan.", "", {"conflict": ("one", "two"), "relaxations": ("give one",)})
    host.refresh()
    assert buttons(shown) == []
    assert "Give one" in shown._ways._lines[0].value


def test_a_frontier_is_asked_in_fractions_is_marked_by_other_wishes_and_stays_until_another_answer() -> None:
    shown, host = page(frontier=DRAWN)
    host.state.keep(Answer(SPEC, fakes.proposal(6, 4)))
    form = shown._frontier
    assert form._values.value == "50 75 100 150 200"
    form._values.value = "50, 100"
    form._draw.click()
    assert host.asked == [("frontier", {"spec": SPEC, "field": "tracking_error_max", "values": (0.005, 0.01)})]
    assert host.shown == [DRAWN]
    assert shown.result(host.state) == DRAWN
    host.edit(SPEC.with_wishes(tracking_error_max=0.02))
    assert shown.result(host.state) == DRAWN
    asked = shown.asked(host.state)
    assert asked is not None
    said = answered_bundle(asked, host.state.spec)["text/plain"]
    assert "STALE: the controls now say tracking error max 200 bps a year" in said
    assert "Drawn for concentrated" in said
    host.state.keep(Answer(host.state.spec, fakes.proposal(6, 4)))
    assert shown.result(host.state) != DRAWN
    asked = shown.asked(host.state)
    assert asked is not None
    assert (asked.did, asked.spec) == ("Proposed", host.state.spec)
    assert form._values.value == "50, 100"


def test_values_of_a_frontier_that_are_none_are_said() -> None:
    shown, host = page()
    shown._frontier._values.value = "50 many"
    shown._frontier._draw.click()
    assert "many" in shown._frontier._wrong.value
    assert host.asked == []
    shown._frontier._dial.value = 1
    assert shown._frontier._values.description == "Values (% of account)"
    assert values_of(GAINS, "-500 0") == (Decimal(-500), Decimal(0))
    for text in ("50", "50 50", "-5 50", "nan 50", "50 1e9"):
        with pytest.raises(InputError):
            values_of(CAP, text)


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def test_a_frontier_of_the_sample_turns_the_asked_wish_and_counts_its_points(desk: Desk) -> None:
    desk.workspace(SPEC, Told())
    told, asked = Told(), SPEC.with_wishes(sector_band=None)
    drawn = sweeping.frontier(desk, {"spec": asked, "field": "tracking_error_max", "values": (0.01, 0.02)}, told)
    assert told.steps == [0.0, 0.5, 1.0]
    alone = desk.propose(asked.with_wishes(tracking_error_max=0.02), Told())
    assert f"{alone.benefit_usd:,.2f}" in drawn["text/plain"]


@pytest.mark.filterwarnings("ignore::di_advisor.errors.InputWarning")  # some lots bought on a holiday
def test_what_the_buttons_set_ends_in_a_plan(desk: Desk, tmp_path: Path) -> None:
    for name, text in files_of_an_account().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    source = FileSource(tmp_path / "lots.csv", tmp_path / "prices.csv", tmp_path / "index.csv", date(2026, 6, 30))
    shown, host = page(RunSpec(source, "mine").with_wishes(tracking_error_max=0.0001))
    kinds = []
    for _ in range(3):  # the cap, and the room that whole shares need above it
        host.state.start("Proposing")
        kind, content = answer(desk, "propose", plain({"spec": host.state.spec}), Told())
        kinds.append(kind)
        if kind == "result":
            break
        host.state.refuse(content["what"], content["hint"], restored(content["facts"]))
        host.refresh()
        (dial,) = (b for b in shown._ways._buttons if b.description.endswith("bps a year"))
        assert dial.description in buttons(shown)
        dial.click()
    assert kinds == ["refused", "refused", "result"]


def test_what_was_refused_is_said_once_where_it_is_explained_and_by_the_footer_elsewhere() -> None:
    shown, host = page()
    footer = Footer()

    def footer_says() -> bool:
        footer.show(host.state, str, explained=shown.explains(host.state))
        return "No plan." in footer._error.value

    refused(host, ("turnover", 0.02, True))
    assert "No plan." in shown._ways._lead.value
    assert 'role="alert"' in shown._ways._lead.value
    assert not footer_says()
    assert "No plan." not in shown._ways._lines[0].value
    host.edit(SPEC.with_wishes(turnover_max=0.5))  # what stood in the way was of other wishes
    assert footer_says()
    host.state.start("Proposing")
    host.state.fail("Broken.")
    footer.show(host.state, str, explained=True)
    assert "Broken." in footer._error.value


def test_a_cap_out_of_reach_is_said_by_the_refusal_and_not_again_beside_its_button() -> None:
    shown, host = page()
    host.state.start("Proposing")
    facts = {
        "conflict": ("Locks.", "Tracking error is at most 100.0 bps a year."),
        "relaxations": ("$9 traded all the same", "tracking error at least 120.0 bps (you allow 100.0)"),
        "rules": ("locks", "tracking error cap"), "amounts": (0.1, 0.002), "enough": (True, True),
        "smallest": 0.012, "cap": 0.01,
    }  # fmt: skip
    host.state.refuse("A tracking error of at most 100.0 bps cannot be reached. In its way: Locks.", "", facts)
    host.refresh()
    assert "cannot be reached" in shown._ways._lead.value
    assert shown._ways._lines[1].value.count("racking error") == 1
    assert "Locks." not in shown._ways._lines[0].value


def test_what_rounding_passed_is_given_twice_the_room() -> None:
    shown, host = page()
    host.state.start("Proposing")
    host.state.refuse("Passed <b>.", "", {"rule": "tracking error cap", "excess": 0.00005})
    host.refresh()
    assert buttons(shown) == ["Allow 101.0 bps a year"]
    assert "Passed &lt;b&gt;." in shown._ways._lead.value
    assert "not in whole shares" in shown._ways._lead.value


def test_dials_are_followed_only_where_that_is_ticked() -> None:
    host = FakeHost(SPEC)
    host.page = shown = OptimizePage(host)
    host.refresh()
    shown._cap.value = 80.0
    assert host.asked == []
    shown._follow.value = True
    shown._cap.value = 70.0
    shown._least.value = 900.0
    assert [verb for verb, _ in host.asked] == ["follow", "follow"]
