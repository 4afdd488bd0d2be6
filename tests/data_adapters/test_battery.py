"""The battery is complete: every source that asks a service is in it, and every case that was promised is run."""

from importlib.metadata import entry_points

import pytest

from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.frame.adapter import Adapter
from di_data.frame.discovery import SOURCE_ADAPTERS
from tests.data_adapters.brokers import test_flex_service
from tests.data_adapters.contract import AdapterContract, Case
from tests.data_adapters.esg import test_esg_contracts, test_identity_sources
from tests.data_adapters.market import test_market_contracts

PROMISED = {
    "good": "test_a_good_answer_becomes_records_with_where_they_come_from",
    "empty": "test_an_empty_body_is_refused",
    "HTML with 200": "test_a_login_page_under_status_200_is_refused",
    "error object with 200": "test_an_error_object_under_status_200_is_refused",
    "renamed column": "test_every_documented_name_is_missed_when_it_is_renamed",
    "missing column": "test_every_documented_name_is_missed_when_it_is_gone",
    "truncated, announced": "test_a_body_that_is_shorter_than_announced_is_refused",
    "truncated": "test_half_a_body_is_refused",
    "401, 402, 403": "test_a_refusal_says_what_to_do_and_is_not_repeated",
    "404": "test_nothing_found_is_said_and_not_repeated",
    "429 with Retry-After": "test_a_service_that_asks_to_wait_is_obeyed",
    "429 for an hour": "test_a_service_that_asks_to_wait_for_an_hour_is_told_no",
    "500 then good": "test_a_fault_that_passes_is_passed_over",
    "503 that stays": "test_a_fault_that_stays_is_given_up_after_three_more_tries",
    "redirect to a private address": "test_a_redirect_into_a_private_network_is_not_followed",
    "slow": "test_a_service_that_does_not_answer_in_time_is_given_up",
    "huge": "test_a_body_without_end_is_refused",
    "paging": "test_pages_and_steps_are_asked_for_until_there_are_no_more",
    "percent against decimal": "test_another_scale_is_refused",
    "BOM": "test_a_mark_at_the_beginning_changes_nothing",
    "stale on error": "test_a_refused_body_leaves_what_was_stored_and_its_age_is_told",
    "key": "test_the_key_reaches_the_service_and_nothing_that_is_kept",
}
"""Cases of the battery, and the test that runs each for every adapter."""

NO_OTHER_SCALE = {
    "epa_ghgrp": "tonnes; shares carry their percent sign, and a saved table of fractions is refused in its own tests",
    "gleif": "identities, no figures",
    "ibkr_flex": "dollars and shares",
    "nbim_exclusions": "flags, no figures",
    "openfigi": "identities, no figures",
    "sbti": "years and classes, no fractions",
    "sec_edgar": "dollars and shares",
    "tiingo_prices": "dollars and shares",
    "fmp_prices": "dollars and shares",
}
"""Sources whose figures have no second scale that they could be taken for, and why."""

MODULES = (test_flex_service, test_esg_contracts, test_identity_sources, test_market_contracts)


def installed() -> dict[str, Adapter]:
    return {point.name: point.load()() for point in entry_points(group=SOURCE_ADAPTERS)}


def cases() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for module in MODULES:
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, AdapterContract) and each is not AdapterContract:
                found.setdefault(each.case.adapter.facts.name, []).append(each.case)
    return found


def lacking(adapters: dict[str, Adapter], battery: dict[str, list[Case]]) -> list[str]:
    return sorted(name for name, each in adapters.items() if each.facts.hosts and name not in battery)


def test_every_source_that_asks_a_service_is_in_the_battery():
    assert lacking(installed(), cases()) == []


def test_a_source_that_is_not_in_the_battery_would_be_seen():
    battery = cases()
    del battery["sbti"]
    assert lacking(installed(), battery) == ["sbti"]


@pytest.mark.parametrize("promised", sorted(PROMISED))
def test_every_promised_case_is_run_by_every_contract_and_overridden_by_none(promised):
    name = PROMISED[promised]
    assert callable(getattr(AdapterContract, name))
    overriding = [
        each.__name__
        for module in MODULES
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, AdapterContract) and each is not AdapterContract
        if name in vars(each)
    ]
    assert overriding == []


def test_every_source_with_pages_or_steps_has_a_case_of_several_answers():
    paged = {name for name, each in installed().items() if type(each).following is not Adapter.following}
    several = {name for name, found in cases().items() if any(len(case.bodies) > 1 for case in found)}
    assert paged - several == set()


def test_every_source_states_another_scale_or_why_it_has_none():
    stated = {name for name, found in cases().items() if any(case.other_scale for case in found)}
    services = {name for name, each in installed().items() if each.facts.hosts}
    assert services - stated - set(NO_OTHER_SCALE) == set()
    assert stated & set(NO_OTHER_SCALE) == set()


def test_every_source_names_columns_that_must_not_be_missed():
    assert [name for name, found in cases().items() if not all(case.required for case in found)] == []


@pytest.mark.parametrize("name", ["esg_file", "index_file", "price_folder"])
def test_a_source_that_asks_no_service_says_how_its_file_is_read(name):
    adapter = installed()[name]
    assert adapter.facts.hosts == ()
    with pytest.raises(InputError, match="file"):
        adapter.plan(SourceQuery())
