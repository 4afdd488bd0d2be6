"""Verbs of the account and wishes pages on the sample: what is asked of the child process."""

import pytest

from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.screen_presets import screen
from di_advisor.errors import InputError
from di_advisor.report.tables import Table
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.ui.desk import Desk
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.verbs import lots, opening, wishing

SPEC = RunSpec(SampleSource(), "concentrated", Mandate(tracking_error_max=0.05))


class Said:
    """Keeps what a verb said on the way."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.fractions: list[float] = []

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def progress(self, fraction: float, text: str) -> None:
        assert text
        self.fractions.append(fraction)

    def partial(self, content: object) -> None:
        raise AssertionError(content)


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture
def say() -> Said:
    return Said()


def test_opening_gives_every_account_its_picture_and_says_it_is_simulated(desk: Desk, say: Said) -> None:
    found = restored(plain(opening.open_source(desk, {"source": SPEC.source}, say)))
    assert set(found["standing"]) == {"young", "seasoned", "concentrated"}
    for label, bundle in found["standing"].items():
        assert f"Account {label} on 2026-06-30" in bundle["text/plain"]
        assert "Simulated: " in bundle["text/html"]
        assert len(bundle["text/html"]) < 60_000


def test_lots_come_as_a_table_with_an_id_a_row_and_cross_the_pipe(desk: Desk, say: Said) -> None:
    found = lots.lots(desk, {"spec": SPEC}, say)
    back = restored(plain(found))
    assert isinstance(back["table"], Table)
    assert back["table"] == found["table"]
    assert len(set(back["ids"])) == len(back["table"].rows) == 52


def test_what_can_be_wished_has_coverage_factors_and_industries(desk: Desk, say: Said) -> None:
    found = restored(plain(wishing.wishable(desk, {"spec": SPEC}, say)))
    assert all(0 < m.index_coverage <= 1 and m.covered <= m.names for m in found["measures"])
    assert all(m.lowest <= m.index_average <= m.highest for m in found["measures"])
    assert "market" in found["factors"]
    assert "98.5" in found["bundle"]["text/plain"]


def first_measure(desk: Desk, say: Said) -> str:
    return str(desk.facts(SPEC.source, say).measures[0])


def test_the_price_of_a_wish_is_the_difference_of_two_plans_and_nothing_is_set(desk: Desk, say: Said) -> None:
    wish = EsgWish(first_measure(desk, say), uplift_min=0.02)
    asked = {"spec": SPEC, "mandate": SPEC.mandate.with_changes(esg=(wish,)), "wish": "<b>better"}
    found = restored(plain(wishing.price_wish(desk, asked, say)))
    without = desk.propose(SPEC, say)
    with_wish = desk.propose(SPEC.with_changes(mandate=asked["mandate"]), say)
    assert found["feasible"]
    apart = with_wish.after.tracking_error - without.after.tracking_error
    assert found["tracking_error"] == pytest.approx(apart, abs=1e-3)  # rounding to shares lies between
    assert found["cost_usd"] > -1  # a wish is never worth anything, but for the gaps
    assert "&lt;b&gt;better" in found["bundle"]["text/html"]
    assert "Solving with the wish" in say.phases
    assert without.mandate == SPEC.wishes


def test_a_wish_that_cannot_be_met_says_the_most_that_can_be_had(desk: Desk, say: Said) -> None:
    wish = EsgWish(first_measure(desk, say), ceiling=5.0)
    asked = {"spec": SPEC, "mandate": SPEC.mandate.with_changes(esg=(wish,)), "wish": "hardly any risk"}
    found = wishing.price_wish(desk, asked, say)
    assert not found["feasible"]
    assert "'hardly any risk' cannot be met by this account as things stand." in found["bundle"]["text/plain"]
    assert "a ceiling" in found["bundle"]["text/plain"]


def screened(desk: Desk, say: Said) -> RunSpec:
    measure = next(m for m in desk.facts(SPEC.source, say).measures if m.startswith("tobacco"))
    return SPEC.with_wishes(exclusions=(screen("tobacco", measure=measure),))


def test_a_screen_shows_its_reason_lines_with_its_price(desk: Desk, say: Said) -> None:
    mandate = screened(desk, say).mandate
    found = wishing.price_wish(desk, {"spec": SPEC, "mandate": mandate, "wish": "no tobacco"}, say)
    assert "tobacco; rule tobacco" in found["bundle"]["text/plain"]


def test_prices_of_all_wishes_count_what_is_done(desk: Desk, say: Said) -> None:
    bundle = wishing.price_all(desk, {"spec": screened(desk, say)}, say)
    assert say.fractions == sorted(say.fractions)
    assert say.fractions[-1] == 1.0
    assert "they do not add up" in bundle["text/plain"]


def test_a_measure_that_is_not_there_is_refused_by_name(desk: Desk, say: Said) -> None:
    mandate = SPEC.mandate.with_changes(esg=(EsgWish("kindness", floor=1.0),))
    with pytest.raises(InputError, match="kindness"):
        wishing.price_wish(desk, {"spec": SPEC, "mandate": mandate, "wish": "kind"}, say)
