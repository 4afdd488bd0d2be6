"""Plug-ins by entry point: found by name, checked against their port, and every failure says what there is."""

from importlib.metadata import EntryPoint

import pytest

from di_advisor import registry
from di_advisor.errors import InputError, PluginError
from di_advisor.ports import CostModel, PortfolioReader, RiskModel

HERE = "tests.registry.fake_plugins"


@pytest.fixture
def installed(monkeypatch):
    """Pretend that packages with these cost models are installed, by name and value."""

    def install(*points):
        made = [EntryPoint(name, value, registry.COST_MODELS) for name, value in points]
        monkeypatch.setattr(registry, "entry_points", lambda group: [p for p in made if p.group == group])

    return install


def test_the_plug_ins_of_this_project_are_found_and_keep_their_ports():
    assert isinstance(registry.risk_model(), RiskModel)
    assert isinstance(registry.risk_model("volatility"), RiskModel)
    assert isinstance(registry.cost_model(), CostModel)
    assert isinstance(registry.portfolio_reader(), PortfolioReader)
    assert {"factor", "volatility"} <= set(registry.available(registry.RISK_MODELS))


def test_settings_reach_the_plug_in():
    assert registry.risk_model("volatility", correlation=0.2).correlation == 0.2
    assert registry.portfolio_reader("csv", delimiter=";").delimiter == ";"


def test_an_error_of_the_plug_in_itself_is_let_through():
    with pytest.raises(InputError, match="The assumed correlations are 2"):
        registry.risk_model("volatility", correlation=2)


def test_a_name_that_is_not_installed_is_refused_with_those_that_are():
    with pytest.raises(PluginError) as caught:
        registry.risk_model("barra")
    assert "There is no plug-in 'barra' in di_advisor.risk_models; there is: factor, volatility" in str(caught.value)
    assert "Install the package that brings it" in caught.value.hint
    assert "factor" in caught.value.facts["available"]


def test_a_group_without_plug_ins_says_none(installed):
    installed()
    with pytest.raises(PluginError, match=r"There is no plug-in 'prior' in di_advisor\.cost_models; there is: none"):
        registry.cost_model()


def test_a_right_plug_in_of_a_third_party_is_made_with_its_settings(installed):
    installed(("mine", f"{HERE}:Right"))
    assert registry.cost_model("mine", scale=2.0).scale == 2.0


@pytest.mark.parametrize(
    ("value", "settings", "words"),
    [
        (f"{HERE}:Wrong", {}, "(Wrong) does not keep the port CostModel: it lacks curves."),
        (f"{HERE}:Missing", {}, "cannot be loaded: module 'tests.registry.fake_plugins' has no attribute 'Missing'"),
        ("nowhere.at_all:Model", {}, "(nowhere.at_all:Model) cannot be loaded: No module named 'nowhere'."),
        (f"{HERE}:NOT_A_CLASS", {}, "is not a class."),
        (f"{HERE}:Right", {"colour": 1}, "cannot be made with the settings {'colour': 1}"),
    ],
)
def test_a_plug_in_that_does_not_work_says_why(installed, value, settings, words):
    installed(("mine", value))
    with pytest.raises(PluginError) as caught:
        registry.cost_model("mine", **settings)
    assert words in str(caught.value)
    assert caught.value.hint


def test_two_packages_that_use_one_name_are_refused_and_one_that_is_listed_twice_is_not(installed):
    installed(("mine", f"{HERE}:Right"), ("mine", f"{HERE}:Wrong"))
    with pytest.raises(PluginError, match=r"Two plug-ins of di_advisor\.cost_models are called 'mine'"):
        registry.cost_model("mine")
    installed(("mine", f"{HERE}:Right"), ("mine", f"{HERE}:Right"))
    assert registry.cost_model("mine").scale == 1.0
