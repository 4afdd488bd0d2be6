"""The harvest model of a run: by name, for the run's taxpayer and interval; in the answer, the file and the code."""

from dataclasses import replace
from datetime import date

import pytest

from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError, PluginError
from di_advisor.propose.proposal import Proposal
from di_advisor.runs import Facts, Models, RunResult, RunSpec, SampleSource, facts_of, run
from di_advisor.runs.code import python_of
from di_advisor.runs.harvest_models import client_of, harvesting_of
from di_advisor.runs.run import advisor_of
from di_advisor.runs.saved import SavedRun, run_from_toml, run_toml
from di_advisor.runs.spec import STARTING_TAX
from di_advisor.ui.desk import Desk

SPEC = RunSpec(SampleSource(), "young")
WAITING = SPEC.with_changes(models=Models(harvest="program", review_days=28))
TODAY = date(2026, 6, 30)


def loss_taken_usd(proposal: Proposal) -> float:
    return -sum(float(t.gain_usd) for t in proposal.trade_list if t.gain_usd is not None and t.gain_usd < 0)


@pytest.fixture(scope="module")
def facts() -> Facts:
    found, advisor = facts_of(SPEC.source), advisor_of(SPEC.models)
    risk = advisor.estimate_risk(found.market, found.returns, found.exposures)
    return replace(found, risk=risk, costs=advisor.estimate_costs(found.market))


@pytest.fixture(scope="module")
def waiting(facts: Facts) -> RunResult:
    return run(WAITING, facts)


def test_a_run_that_names_a_harvest_model_prices_waiting_and_takes_fewer_losses(
    facts: Facts, waiting: RunResult
) -> None:
    without = run(SPEC, facts).proposal
    assert "value of waiting" not in without.terms_usd
    assert waiting.proposal.terms_usd["value of waiting"] != 0
    assert 0 <= loss_taken_usd(waiting.proposal) < loss_taken_usd(without)


def test_the_app_proposes_the_same_as_the_run(facts: Facts, waiting: RunResult) -> None:
    desk = Desk()
    desk.give(SPEC.source, facts)

    class Quiet:
        def phase(self, words: str) -> None: ...

        def __getattr__(self, name: str) -> object:
            return lambda *_, **__: False

    assert desk.propose(WAITING, Quiet()).trade_list == waiting.proposal.trade_list  # type: ignore[arg-type]


def test_the_file_and_the_printed_python_keep_the_model_and_the_interval(waiting: RunResult) -> None:
    text = run_toml(SavedRun(WAITING))
    assert 'harvest = "program"' in text
    assert "review_days = 28" in text
    assert run_from_toml(text).spec == WAITING
    assert 'models=Models(harvest="program", review_days=28)' in python_of(WAITING)
    names: dict[str, object] = {}
    exec(python_of(WAITING), names)  # noqa: S102 our own lines
    again = names["result"]
    assert isinstance(again, RunResult)
    assert again.proposal.trade_list == waiting.proposal.trade_list


def test_a_file_from_before_there_was_an_interval_opens_with_weekly_reviews() -> None:
    text = "".join(line for line in run_toml(SavedRun(SPEC)).splitlines(True) if "review_days" not in line)
    assert run_from_toml(text).spec == SPEC


def test_the_client_has_the_rates_of_the_taxpayer_losses_at_what_they_save() -> None:
    assert client_of(STARTING_TAX, TODAY) == ClientProfile(0.408, 0.238, 0.408, 0.238)
    saves = TaxProfile(ConstantRates(0.4, 0.2), loss_rates=ConstantRates(0.3, 0.1))
    assert client_of(saves, TODAY) == ClientProfile(0.3, 0.1, 0.4, 0.2)


def test_without_a_name_there_is_no_model_and_a_name_that_is_not_installed_is_told() -> None:
    assert harvesting_of(Models(), STARTING_TAX, TODAY) is None
    with pytest.raises(PluginError, match="crystal ball"):
        harvesting_of(Models(harvest="crystal ball"), STARTING_TAX, TODAY)


def test_the_trained_model_refuses_an_interval_that_it_was_not_made_for(facts: Facts) -> None:
    with pytest.raises(InputError, match="review"):
        run(SPEC.with_changes(models=Models(harvest="learned", review_days=14)), facts)


def test_reviews_less_than_a_day_apart_are_refused() -> None:
    with pytest.raises(InputError, match="every 0 days"):
        Models(review_days=0)
