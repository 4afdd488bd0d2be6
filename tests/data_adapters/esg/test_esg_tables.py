from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.master_identities import observations_by_security
from di_advisor.domain.observations import Observation, Provenance, Reading, Status
from di_advisor.domain.security_facts import Issuer, ListedSecurity
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.tickers import TickerSpan
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError
from di_advisor.ports import EsgSource
from di_data.esg.intensity import carbon_intensity, with_emissions_added
from di_data.esg.table import ObservedEsg, table_of_measures

DAY = date(2024, 12, 31)


def observed(security, value, metric="esg_score", **changed):
    provider = changed.pop("provider", "P")
    made = {
        "subject": Identifier(IdentifierScheme.TICKER, changed.pop("subject", security or "NOBODY")),
        "metric": metric,
        "value": value,
        "unit": "points",
        "reading": Reading.HIGHER_IS_BETTER,
        "status": Status.NOT_DISCLOSED if value is None else Status.REPORTED,
        "known_on": date(2024, 1, 1),
        "provenance": Provenance(provider, "file", "free", datetime(2024, 1, 1, tzinfo=UTC), "0" * 64),
        "security_id": security,
    }
    return Observation(**(made | changed))


def measures(*observations, day=DAY):
    return {m.name: m for m in table_of_measures(observations, day=day).table.measures}


def test_each_provider_and_metric_is_a_measure_of_its_own():
    found = measures(
        observed("A", 5.0),
        observed("B", 6.0, known_on=date(2024, 3, 1)),
        observed("A", 7.0, provider="Q"),
        observed("A", 20.0, "esg_risk_score", reading=Reading.LOWER_IS_BETTER),
    )
    assert set(found) == {"esg_score, P", "esg_score, Q", "esg_risk_score, P"}
    assert dict(found["esg_score, P"].values) == {"A": 5.0, "B": 6.0}
    assert found["esg_score, P"].known_at == date(2024, 3, 1)
    assert found["esg_score, P"].direction is Direction.HIGHER_IS_BETTER
    assert found["esg_risk_score, P"].direction is Direction.LOWER_IS_BETTER


def test_what_was_not_known_on_the_day_does_not_count():
    early, late = observed("A", 5.0), observed("A", 6.0, known_on=date(2024, 6, 1))
    assert dict(measures(early, late, day=date(2024, 5, 31))["esg_score, P"].values) == {"A": 5.0}
    assert dict(measures(early, late)["esg_score, P"].values) == {"A": 6.0}


def test_a_later_period_counts_before_a_later_revision_of_an_earlier_one():
    new = observed("A", 6.0, period_end=date(2023, 12, 31), known_on=date(2024, 3, 1))
    revised = observed("A", 5.0, period_end=date(2022, 12, 31), known_on=date(2024, 6, 1))
    assert dict(measures(new, revised)["esg_score, P"].values) == {"A": 6.0}


def test_flags_are_ones_and_zeros_and_unknown_is_neither():
    flag = {"reading": Reading.FLAG, "unit": ""}
    found = measures(
        observed("A", True, "involved_tobacco", **flag),
        observed("B", False, "involved_tobacco", **flag),
        observed("C", None, "involved_tobacco", **flag),
        observed("A", True, "sbti_target_set", **flag),
    )
    assert dict(found["involved_tobacco, P"].values) == {"A": 1.0, "B": 0.0}
    assert found["involved_tobacco, P"].direction is Direction.LOWER_IS_BETTER
    assert found["sbti_target_set, P"].direction is Direction.HIGHER_IS_BETTER


def test_what_is_left_out_is_counted_by_reason():
    read = table_of_measures(
        [
            observed("", 5.0),
            observed("A", None),
            observed("B", "AA", "grade", reading=Reading.NEUTRAL),
            observed("C", 1.0, known_on=date(2025, 1, 1)),
        ],
        day=DAY,
    )
    assert read.table.measures == ()
    assert dict(read.left_out) == {
        "known later": 1,
        "of nobody known": 1,
        "without value: not_disclosed": 1,
        "classes and neutral figures": 1,
    }


def test_a_figure_of_a_company_counts_for_all_its_share_classes():
    master = SecurityMaster(
        [Issuer("alphabet")],
        [ListedSecurity("GOOG", "alphabet"), ListedSecurity("GOOGL", "alphabet")],
        [TickerSpan("GOOG", "GOOG"), TickerSpan("GOOGL", "GOOGL")],
    )
    given = [observed("", 24.0, subject="GOOGL"), observed("", 7.0, "scope_1_t", subject="GOOGL", unit="tCO2e")]
    found = measures(*observations_by_security(master, given, on=DAY).observations)
    assert dict(found["esg_score, P"].values) == {"GOOGL": 24.0, "GOOG": 24.0}
    assert dict(found["scope_1_t, P"].values) == {"GOOGL": 7.0, "GOOG": 7.0}


def test_the_scale_travels_with_the_measure_and_two_scales_are_refused():
    found = measures(observed("A", 5.0, scale=(0.0, 10.0)), observed("B", 6.0, scale=(0.0, 10.0)))
    assert found["esg_score, P"].bounds == (0.0, 10.0)
    with pytest.raises(InputError, match="on several scales"):
        measures(observed("A", 5.0, scale=(0.0, 10.0)), observed("B", 6.0, scale=(0.0, 100.0)))


def test_two_subjects_that_became_one_security_and_disagree_are_an_error():
    with pytest.raises(InputError, match=r"both 5.0 \(ticker:X\) and 6.0 \(ticker:Y\)"):
        measures(observed("A", 5.0, subject="X"), observed("A", 6.0, subject="Y"))


def test_one_measure_has_one_unit():
    with pytest.raises(InputError, match="gives esg_score as"):
        measures(observed("A", 5.0), observed("B", 6.0, unit="grades"))


@given(st.dictionaries(st.sampled_from("ABCDEFGH"), st.one_of(st.none(), st.floats(-50, 50)), max_size=8))
def test_missing_never_becomes_a_figure(values):
    found = measures(*(observed(s, v) for s, v in values.items()))
    known = {s: v for s, v in values.items() if v is not None}
    assert (dict(found["esg_score, P"].values) if found else {}) == known


def test_observations_are_a_source_of_measures_for_a_universe():
    source = ObservedEsg((observed("A", 5.0), observed("B", 6.0, known_on=date(2024, 6, 1))))
    universe = Universe(tuple(Security(s, s) for s in "CBA"))
    assert isinstance(source, EsgSource)
    np.testing.assert_array_equal(source.measures(universe, known_at=DAY)["esg_score, P"], [np.nan, 6.0, 5.0])
    early = source.measures(universe, known_at=date(2024, 5, 1))["esg_score, P"]
    np.testing.assert_array_equal(early, [np.nan, np.nan, 5.0])


# --- intensity -------------------------------------------------------------------------------------------------------


def emitted(security, tonnes, year=2023, **changed):
    amount = {"unit": "tCO2e", "reading": Reading.LOWER_IS_BETTER, "period_end": date(year, 12, 31)}
    return observed(security, tonnes, "scope_1_t", **(amount | changed))


def earned(security, usd, end=date(2023, 12, 31), **changed):
    amount = {"unit": "USD", "reading": Reading.NEUTRAL, "period_end": end, "provider": "SEC"}
    return observed(security, usd, "revenue_usd", **(amount | changed))


def intensity(emissions, revenue, day=DAY):
    return carbon_intensity(emissions, revenue, day=day, scope="Scope 1 (test)")


def test_intensity_is_tonnes_per_million_of_revenue_and_carries_its_label():
    found = intensity([emitted("A", 5e6), emitted("B", 1e4)], [earned("A", 20e9), earned("B", 1e9)])
    assert dict(found.measure.values) == {"A": 250.0, "B": 10.0}
    assert str(found.label) == "Scope 1 (test) / revenue in USD, tCO2e per USD million, emissions of 2023 (2)"
    assert found.measure.direction is Direction.LOWER_IS_BETTER


def test_the_average_of_a_portfolio_says_how_much_of_it_is_covered():
    found = intensity([emitted("A", 5e6), emitted("B", 1e4)], [earned("A", 20e9), earned("B", 1e9)])
    average = found.waci({"A": 0.3, "B": 0.3, "C": 0.4})
    assert average.value == pytest.approx(130.0)
    assert average.coverage == pytest.approx(0.6)
    assert "0.600 of the weight, 2 of 3 names" in average.sentence
    with pytest.raises(InputError, match="No weight is covered"):
        found.waci({"C": 1.0})
    with pytest.raises(InputError, match="negative"):
        found.waci({"A": -1.0})


@pytest.mark.parametrize(
    ("emission", "revenue", "reason"),
    [
        (emitted("A", 5.0), earned("A", 0.0), "revenue of zero or less"),
        (emitted("A", 5.0), earned("A", None), "revenue not_disclosed"),
        (emitted("A", None), earned("A", 1e9), "emissions not_disclosed"),
        (emitted("A", 5.0), earned("B", 1e9), "no revenue of the year"),
        (emitted("A", 5.0), earned("A", 1e9, date(2020, 12, 31)), "no revenue of the year"),
        (emitted("A", 5.0), earned("A", 1e9, known_on=date(2026, 1, 1)), "no revenue of the year"),
        (emitted("A", 5.0, period_end=None), earned("A", 1e9), "no revenue of the year"),
    ],
)
def test_a_company_without_both_figures_is_left_out_by_reason(emission, revenue, reason):
    found = intensity([emission], [revenue])
    assert (dict(found.measure.values), dict(found.left_out)) == ({}, {reason: 1})


def test_the_fiscal_year_that_ends_closest_counts():
    revenue = [
        earned("A", 1e9, date(2023, 9, 30)),
        earned("A", 2e9, date(2024, 9, 30)),
        earned("A", 3e9, date(2022, 9, 30)),
    ]
    assert dict(intensity([emitted("A", 1e6)], revenue).measure.values) == {"A": 1000.0}


def test_revenue_in_other_money_and_emissions_in_other_units_are_refused():
    with pytest.raises(InputError, match="in EUR"):
        intensity([emitted("A", 1.0)], [earned("A", 1e9, unit="EUR")])
    with pytest.raises(InputError, match="cannot make one intensity"):
        intensity([emitted("A", 1.0, unit="kt")], [earned("A", 1e9)])


def test_parents_that_became_one_company_are_added_up():
    (found,) = with_emissions_added([emitted("A", 5.0, subject="X"), emitted("A", 6.0, subject="Y"), emitted("", 9.0)])
    assert found.value == 11.0
    assert "ticker:X, ticker:Y" in found.note


@given(st.floats(1.0, 1e9), st.floats(1.0, 1e12))
def test_revenue_twice_as_large_halves_the_intensity(tonnes, usd):
    one = intensity([emitted("A", tonnes)], [earned("A", usd)]).measure.values["A"]
    two = intensity([emitted("A", tonnes)], [earned("A", 2 * usd)]).measure.values["A"]
    assert np.isclose(two, one / 2)
