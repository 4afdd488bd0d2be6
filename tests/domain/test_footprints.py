"""Footprints are averages over what is known, and say what they are of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.footprints import FootprintLabel, financed_intensity, weighted_footprint
from di_advisor.errors import InputError

WACI = FootprintLabel("WACI", "Scope 1 and 2", "revenue in USD", "tCO2e per USD million", "2023")


def test_the_sentence_names_scope_denominator_year_and_coverage() -> None:
    found = weighted_footprint({"A": 250.0, "B": 10.0, "C": float("nan")}, {"A": 0.3, "B": 0.3, "C": 0.4}, WACI)
    assert found.sentence == (
        "WACI 130.0 (Scope 1 and 2 / revenue in USD, tCO2e per USD million, emissions of 2023); "
        "covered: 0.600 of the weight, 2 of 3 names."
    )


def test_what_a_million_owns_follows_enterprise_value() -> None:
    tonnes, evic = {"A": 1e6, "B": 2e6, "C": 5e6}, {"A": 10e9, "B": 40e9, "C": 0.0}
    found = financed_intensity(tonnes, evic, {"A": 0.5, "B": 0.25, "C": 0.25}, scope="Scope 1", years="2023")
    assert found.value == pytest.approx((0.5 * 100.0 + 0.25 * 50.0) / 0.75)
    assert (found.names, found.held, found.coverage) == (2, 3, 0.75)
    assert "EVIC in USD" in found.sentence
    euros = financed_intensity(tonnes, evic, {"A": 1.0}, scope="Scope 1, 2 and 3", years="2023", currency="EUR")
    assert euros.label.unit == "tCO2e per EUR million invested"


@pytest.mark.parametrize("absent", ["kind", "scope", "denominator", "unit", "years"])
def test_a_label_that_leaves_something_out_is_refused(absent: str) -> None:
    parts = {"kind": "WACI", "scope": "Scope 1", "denominator": "revenue in USD", "unit": "t/$M", "years": "2023"}
    with pytest.raises(InputError, match=f"nothing of {absent}"):
        FootprintLabel(**parts | {absent: " "})


def test_unknown_is_not_zero_and_short_positions_are_refused() -> None:
    with pytest.raises(InputError, match="No weight is covered"):
        weighted_footprint({"A": 1.0}, {"B": 1.0}, WACI)
    with pytest.raises(InputError, match="negative"):
        weighted_footprint({"A": 1.0}, {"A": -1.0}, WACI)


@given(st.lists(st.floats(0.0, 1e5), min_size=1, max_size=8), st.floats(0.1, 10.0))
def test_an_average_lies_between_its_figures_and_does_not_depend_on_the_scale_of_weights(
    figures: list[float], times: float
) -> None:
    values = {f"N{i}": v for i, v in enumerate(figures)}
    weights = {name: 1.0 + i for i, name in enumerate(values)}
    found = weighted_footprint(values, weights, WACI)
    again = weighted_footprint(values, {n: times * w for n, w in weights.items()}, WACI)
    assert min(figures) * (1 - 1e-12) <= found.value <= max(figures) * (1 + 1e-12)
    assert again.value == pytest.approx(found.value)
