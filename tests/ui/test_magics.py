"""Wishes written in a cell: what they mean, and how a wrong one is told."""

from decimal import Decimal
from typing import Any

import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.saved import SavedRun, run_toml
from di_advisor.ui import magics
from di_advisor.ui.magics import di, spec_of_cell


def test_bare_keys_are_wishes_for_the_sample() -> None:
    spec = spec_of_cell("seasoned", "tracking_error_max = 0.02\nmin_trade_usd = 250")
    assert spec.source == SampleSource()
    assert spec.account == "seasoned"
    assert spec.mandate == Mandate(tracking_error_max=0.02, min_trade_usd=Decimal(250))


def test_a_saved_file_pasted_into_a_cell_asks_the_same() -> None:
    spec = RunSpec(SampleSource(11), "concentrated").with_wishes(max_names=60)
    assert spec_of_cell("", run_toml(SavedRun(spec))) == spec


def test_a_wrong_key_is_named() -> None:
    with pytest.raises(InputError, match="tracking_eror_max"):
        spec_of_cell("", "tracking_eror_max = 0.02")


def test_the_cell_shows_a_proposal_and_an_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython.core.error import UsageError

    class Result:
        proposal = "the proposal"

    asked: list[Any] = []
    monkeypatch.setattr(magics, "run", lambda spec: asked.append(spec) or Result())
    assert di("young", "max_names = 40") == "the proposal"
    assert asked[0].mandate.max_names == 40
    with pytest.raises(UsageError, match="max_nmes"):
        di("", "max_nmes = 40")
    with pytest.raises(UsageError, match="cannot be read"):
        di("nowhere.di.toml")
