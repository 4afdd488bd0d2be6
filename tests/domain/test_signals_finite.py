"""Signals that hold no numbers are refused where they are made, not by a solver."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.errors import InputError
from di_advisor.testing.random_cases import random_case


@pytest.mark.parametrize("name", ["target_weight", "lot_value_usd", "lot_gain_usd", "continuation_usd"])
@pytest.mark.parametrize("figure", [np.nan, np.inf])
def test_a_figure_of_an_account_that_is_no_number_is_refused_by_name(name: str, figure: float) -> None:
    account = random_case(1, names=8).signals.account
    figures = getattr(account, name).copy()
    figures[1] = figure
    with pytest.raises(InputError, match=name):
        replace(account, **{name: figures})


def test_a_volume_that_is_no_number_is_refused() -> None:
    market = random_case(1, names=8).signals.market
    volumes = market.adv_usd.copy()
    volumes[2] = np.nan
    with pytest.raises(InputError, match="adv_usd"):
        replace(market, adv_usd=volumes)
