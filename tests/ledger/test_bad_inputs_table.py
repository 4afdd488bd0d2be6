"""One table: every published bad input has a check, or a reason why it has none yet."""

import ast
import json
from pathlib import Path

import pytest

from tests.data_adapters.test_published_bad_inputs import CASES as OF_FILES
from tests.ledger.test_bad_inputs_actions import CHECKS as OF_ACTIONS
from tests.ledger.test_bad_inputs_lots_and_dates import CHECKS as OF_LOTS
from tests.ledger.test_bad_inputs_wash_and_tax import CHECKS as OF_WASH_AND_TAX

CHECKED_HERE = {**OF_FILES, **OF_LOTS, **OF_ACTIONS, **OF_WASH_AND_TAX}

ELSEWHERE = {
    "BI-054": "solve/test_discrete.py::test_rules_that_contradict_each_other_are_named",
    "BI-055": "own/test_conic_bounds.py::test_every_other_end_is_typed",
    "BI-056": "solve/test_discrete.py::test_a_solution_that_breaks_a_rule_refuses_itself",
    "BI-057": "solve/test_fallback.py::test_a_solver_that_is_not_installed_is_named_with_the_line_that_installs_it",
    "BI-058": "models/test_supplied_risk.py::test_an_indefinite_covariance_is_refused_with_its_smallest_eigenvalue",
    "BI-059": "propose/test_settle_and_explain.py::test_every_rule_holds_after_rounding_and_cash_is_never_negative",
    "BI-060": "propose/test_settle_and_explain.py::test_orders_are_whole_shares_unless_a_position_is_sold_out",
    "BI-063": "domain/test_event_text.py::test_a_newer_version_is_refused_and_both_versions_are_named",
    "BI-065": "data_adapters/test_data_commands.py::test_yaml_with_tags_of_python_is_no_toml_and_runs_nothing",
    "BI-071": "report/test_views.py::test_tags_in_names_are_shown_and_not_parsed",
    "BI-072": "report/test_views.py::test_markdown_shows_names_as_they_are_without_markup_links_or_formulas",
    "BI-073": "cli/test_screen.py::test_no_control_character_but_line_ends_reaches_the_terminal",
    "BI-074": "data_adapters/frame/test_addresses.py"
    "::test_an_address_that_may_not_be_called_is_refused_before_anything_is_sent",
    "BI-075": "data_adapters/frame/test_secrets.py::test_a_key_is_sent_and_found_nowhere_else",
    "BI-076": "data_adapters/frame/test_stored.py::test_a_refused_body_is_stored_nowhere",
    "BI-077": "data_adapters/frame/test_stored.py"
    "::test_a_limit_or_a_silence_ends_after_bounded_tries_and_writes_no_part_of_a_day",
    "BI-078": "data_adapters/frame/test_stored.py"
    "::test_a_past_price_that_changed_is_told_and_the_former_stays_reproducible",
}
"""Entries whose check stands with the code that it is about."""

NOT_YET: dict[str, str] = {}
"""Entries that belong to later work, and why."""

ALL_DONE = {"lots", "dates", "prices", "actions", "wash", "tax"}
"""Areas in which no entry may wait."""


@pytest.fixture(scope="module")
def listed(shared) -> dict[str, dict]:
    return {each["id"]: each for each in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}


def test_every_entry_of_the_list_has_a_check_or_a_reason(listed):
    known = {*CHECKED_HERE, *ELSEWHERE, *NOT_YET}
    assert sorted(set(listed) - known) == []
    assert sorted(known - set(listed)) == []


def test_no_entry_waits_that_is_about_the_ledger(listed):
    assert [name for name in NOT_YET if listed[name]["area"] in ALL_DONE] == []
    assert [name for name, each in listed.items() if each["area"] in ALL_DONE and name not in CHECKED_HERE] == []


def test_a_check_is_a_check_and_not_also_an_excuse():
    assert set(NOT_YET) & {*CHECKED_HERE, *ELSEWHERE} == set()
    assert set(ELSEWHERE) & set(CHECKED_HERE) == set()
    assert all(callable(check) for check in CHECKED_HERE.values())


def test_checks_that_stand_elsewhere_are_there(root: Path):
    missing = []
    for name, where in ELSEWHERE.items():
        path, _, test = where.partition("::")
        tree = ast.parse((root / "tests" / path).read_text(encoding="utf-8"))
        if test not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            missing.append((name, where))
    assert missing == []
