"""The page of ESG and factors without a kernel: forms, prices before wishes, what is set, text."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Uncovered
from di_advisor.domain.exclusions import Unknown
from di_advisor.domain.group_bands import GroupBand, GroupKind
from di_advisor.domain.mandate import Band, Mandate
from di_advisor.domain.screen_presets import screen
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.signals.measure_coverage import MeasureCoverage
from di_advisor.ui.pages.wish_items import items_of, out_of_reach
from di_advisor.ui.pages.wishes import WishesPage
from tests.ui.fake_host import FakeHost

SPEC = RunSpec(SampleSource(), "young")


def measure(name: str, unit: str = "", topic: str = "", direction: Direction | None = None) -> MeasureCoverage:
    return MeasureCoverage(name, unit, "Someone", topic, direction, 500, 480, 0.98, 0.97, 50.0, 49.0, 10.0, 90.0)


SCORE = measure("score", direction=Direction.HIGHER_IS_BETTER)
CARBON = measure("carbon", "t/$M", direction=Direction.LOWER_IS_BETTER)
TOBACCO = measure("tobacco, Someone", "%", "tobacco", Direction.LOWER_IS_BETTER)
KNOWN = {
    "measures": (SCORE, CARBON, TOBACCO),
    "factors": ("market", "style <b>value"),
    "industries": ("Tobacco",),
    "bundle": {"text/html": "covers", "text/markdown": "", "text/plain": ""},
}
PRICED = {"feasible": True, "sentence": "It costs $5.00.", "bundle": {"text/html": "priced"}}


def page(**answers: Any) -> tuple[WishesPage, FakeHost]:
    host = FakeHost(SPEC, {"wishable": KNOWN, "price_wish": PRICED, **answers})
    made = WishesPage(host)
    host.page = made
    host.refresh()
    made.opened()
    return made, host


def priced_and_set(made: WishesPage) -> None:
    made._price.click()
    made._set.click()


def test_opening_asks_once_what_can_be_wished_and_shows_what_is_covered() -> None:
    made, host = page()
    made.opened()
    assert [verb for verb, _ in host.asked] == ["wishable"]
    assert made.result(host.state) == KNOWN["bundle"]
    assert (
        "Covers 480 of 500 names of the index, 98.0 % of its weight and 97.0 % of the account"
        in made._form.reason.value
    )


def test_a_wish_is_priced_without_being_set_and_set_once_it_was_priced() -> None:
    made, host = page()
    made._price.click()
    verb, asked = host.asked[-1]
    assert (verb, asked["mandate"].esg) == ("price_wish", (EsgWish("score", uplift_min=0.1),))
    assert host.state.spec == SPEC
    assert "It costs $5.00." in made._told.value
    assert host.shown[-1] == PRICED["bundle"]
    made._set.click()
    assert host.state.spec.mandate == asked["mandate"]
    assert [verb for verb, _ in host.asked] == ["wishable", "price_wish"]
    assert (made._set.disabled, made._waits.value) == (True, ""), "it is set already"


def test_a_wish_that_was_not_priced_as_things_stand_cannot_be_set_and_the_page_says_why() -> None:
    made, host = page()
    assert made._set.disabled
    assert "Set it waits for the price of this wish" in made._waits.value
    made._set.click()  # a press that came before the button was disabled: it is priced, and not set
    assert host.asked[-1][0] == "price_wish"
    assert host.state.spec == SPEC
    assert not made._set.disabled
    assert made._waits.value == ""
    form: Any = made._form
    form._amount.value = 12.0
    assert made._set.disabled, "another wish has another price"
    form._amount.value = 10.0
    assert not made._set.disabled
    host.edit(SPEC.with_wishes(turnover_max=0.1))
    assert made._set.disabled, "under other wishes it has another price"
    assert "waits" in made._waits.value
    made._kind.value = "Factor"
    made._form._amount.value = -1.0  # type: ignore[attr-defined]
    assert (made._set.disabled, made._waits.value) == (True, ""), "the form says itself what is wrong"


def test_the_price_goes_when_the_wish_is_changed() -> None:
    made, _ = page()
    made._price.click()
    made._forms["ESG measure"]._amount.value = 12.0  # type: ignore[attr-defined]
    assert made._told.value == ""


def test_the_same_kind_of_wish_on_a_measure_takes_the_place_of_the_former() -> None:
    made, host = page()
    priced_and_set(made)
    form: Any = made._form
    form._amount.value = 20.0
    priced_and_set(made)
    form._ask.value, form._amount.value = "usd_per_point", 50.0
    priced_and_set(made)
    assert host.state.spec.mandate.esg == (EsgWish("score", uplift_min=0.2), EsgWish("score", usd_per_point=50.0))


def test_a_share_is_typed_in_percent_and_what_gaps_count_as_goes_along() -> None:
    made, host = page()
    form: Any = made._form
    form._measure.value, form._ask.value, form._amount.value, form._gaps.value = (
        TOBACCO.measure,
        "ceiling",
        7100.0,
        Uncovered.ZERO,
    )
    assert form._amount.description == "Limit (%)"
    priced_and_set(made)
    wish = EsgWish(TOBACCO.measure, ceiling=71.0, uncovered=Uncovered.ZERO, unit="%")
    assert host.state.spec.mandate.esg == (wish,)


def test_a_limit_beyond_every_figure_is_refused_before_anything_is_solved() -> None:
    made, host = page()
    form: Any = made._form
    form._ask.value, form._amount.value = "floor", 99.0
    assert "A floor of 99 is above the highest figure of any name, 90." in form.reason.value
    made._price.click()
    assert [verb for verb, _ in host.asked] == ["wishable"]
    assert 'role="alert"' in made._wrong.value


def test_a_screen_finds_the_measure_that_is_called_like_it_and_stand_ins_are_named_so() -> None:
    made, host = page()
    made._kind.value = "Screen"
    form: Any = made._form
    assert form._by.value == TOBACCO.measure
    form._unknown.value = Unknown.STRICT
    priced_and_set(made)
    (found,) = host.state.spec.mandate.exclusions
    assert (found.screen, found.unknown, found.source) == ("tobacco", Unknown.STRICT, "Someone")
    assert str(found.conditions[0]) == "tobacco, Someone >= 0.05"
    form._by.value = "industry, as a stand-in"
    priced_and_set(made)
    (found,) = host.state.spec.mandate.exclusions  # in the place of the former
    assert found.proxy
    form._preset.value = "gambling"
    assert "None of its industries is in this universe." in form.reason.value
    priced_and_set(made)
    assert len(host.state.spec.mandate.exclusions) == 1


def test_factors_get_bands_and_tilts_and_their_names_stay_words() -> None:
    made, host = page()
    made._kind.value = "Factor"
    form: Any = made._form
    form._factor.value = "style <b>value"
    priced_and_set(made)
    form._ask.value, form._amount.value = "tilt", -2000.0
    priced_and_set(made)
    mandate = host.state.spec.mandate
    assert mandate.factor_bands == {"style <b>value": Band.within(0.1)}
    assert mandate.factor_tilts == {"style <b>value": -2000.0}
    assert "<b>value" not in made._told.value


def test_each_wish_that_is_set_can_be_taken_out() -> None:
    made, host = page()
    priced_and_set(made)
    assert made._listed.layout.display == ""
    made._list.value = 0
    made._take.click()
    assert host.state.spec == SPEC
    assert "No ESG wish, screen or factor wish is set." in made._none.value


def test_text_is_taken_whole_or_its_key_is_named_and_nothing_is_set() -> None:
    made, host = page()
    box = made._text
    box._text.value += "turnover_max = 0.2\n"
    box._taken()
    assert host.state.spec.mandate.turnover_max == 0.2
    box._text.value += "turnover = 0.1\n"
    box._taken()
    assert "turnover" in box._wrong.value
    assert 'role="alert"' in box._wrong.value
    assert host.state.spec.mandate.turnover_max == 0.2


def test_text_that_is_being_typed_is_not_written_over_when_wishes_change_elsewhere() -> None:
    made, _ = page()
    made._text._text.value += "# half a thought"
    priced_and_set(made)
    assert made._text._text.value.endswith("# half a thought")
    made._text._reset()
    assert "uplift_min" in made._text._text.value


def test_every_field_can_be_looked_up_in_the_text() -> None:
    made, _ = page()
    made._text._template()
    made._text._template()
    assert made._text._text.value.count("wash_deferral_years =") == 1


def test_each_item_is_left_out_of_the_mandate_and_of_nothing_else() -> None:
    mandate = Mandate(
        esg=(EsgWish("a", floor=1.0), EsgWish("b", cut_min=0.2)),
        exclusions=(screen("tobacco", measure="t"),),
        group_bands=(GroupBand(GroupKind.SECTOR, "Energy", 0.0, 0.1),),
        factor_tilts={"value": 10.0},
        factor_bands={"size": Band.within(0.1)},
    )
    items = items_of(mandate)
    assert [i.label.partition(":")[0] for i in items] == ["a", "b", "no tobacco", "sector Energy", "value", "size"]
    for at, item in enumerate(items):
        left = [i.label for i in items_of(item.without)]
        assert left == [i.label for j, i in enumerate(items) if j != at]
    assert items_of(Mandate()) == ()


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=8), st.floats(-60, 60), st.sampled_from(["floor", "ceiling"]))
def test_what_some_weights_reach_is_never_called_out_of_reach(figures: list[float], limit: float, side: str) -> None:
    low, high = min(figures), max(figures)
    covers = MeasureCoverage("m", "", "", "", None, 9, len(figures), 1.0, 1.0, math.nan, math.nan, low, high)
    asked: Any = {side: limit}
    said = out_of_reach(EsgWish("m", **asked), covers)
    assert bool(said) == (limit > high if side == "floor" else limit < low)


@pytest.mark.parametrize("covered", [0, 480])
def test_a_measure_that_covers_nothing_is_out_of_reach(covered: int) -> None:
    covers = MeasureCoverage("m", "", "", "", None, 500, covered, 0.0, 0.0, math.nan, math.nan, 1.0, 2.0)
    assert bool(out_of_reach(EsgWish("m", uplift_min=0.1), covers)) == (covered == 0)
