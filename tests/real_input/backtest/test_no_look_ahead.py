"""Nothing that a past says of a day depends on what came later."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks.past_folder import FolderPast, WeightKind, open_past


def days_until(past: FolderPast, day: date) -> list[date]:
    until = [d for d in past.sessions if d <= day]
    return [*until[::60], *until[-12:]]


@pytest.mark.parametrize("weights", [WeightKind.VOLUME, WeightKind.EQUAL])
def test_other_days_for_all_later_rows_change_no_answer(
    some_names: Path, with_another_future: Callable[[date], Path], weights: WeightKind
) -> None:
    # The raw sample of 2020 that sets levels lies before the day: not even levels may change.
    day = date(2021, 6, 30)
    before = open_past(some_names, weights=weights, cache=False)
    other = open_past(with_another_future(day), weights=weights, cache=False)
    assert not np.array_equal(before.panel.total_return, other.panel.total_return, equal_nan=True)
    for d in days_until(before, day):
        one, two = before.market(d), other.market(d)
        assert one.universe == two.universe, d
        assert one.price_usd == two.price_usd, d
        for name in ("adv_usd", "half_spread_bps", "volatility_per_year", "market_cap_usd"):
            assert np.allclose(getattr(one, name), getattr(two, name), rtol=1e-9), (d, name)
        for name, values in one.characteristics.items():
            assert np.allclose(values, two.characteristics[name], equal_nan=True), (d, name)
        assert before.target(d) == other.target(d), d
        assert before.opening(d) == other.opening(d), d
        assert before.payouts(d) == other.payouts(d), d
        assert before.index_return(d) == pytest.approx(other.index_return(d), abs=1e-12), d
        assert before.index_yield(d) == pytest.approx(other.index_yield(d), abs=1e-12), d
    for d in (days_until(before, day)[8], day):
        one, two = before.returns(d), other.returns(d)
        assert one.security_ids == two.security_ids
        assert np.array_equal(one.total_return, two.total_return)
        assert one.dates.max() <= np.datetime64(d, "D")


def test_levels_that_later_files_set_change_no_return_and_no_weight(
    some_names: Path, with_another_future: Callable[[date], Path]
) -> None:
    # Here the raw sample lies in the future: prices may differ by a constant a name, and nothing else may.
    day = date(2018, 6, 29)
    before = open_past(some_names, cache=False)
    other = open_past(with_another_future(day), cache=False)
    row = before.panel.sessions.index(day)
    shared_ids = [i for i in before.panel.ids if i in other.panel.ids]
    # With its spin-off of 2020 on another day, this one's dividends look as if a factor had not divided them.
    shared_ids.remove("US:PFE")
    one, two = ([p.panel.ids.index(i) for i in shared_ids] for p in (before, other))
    first, second = before.panel.total_return[: row + 1, one], other.panel.total_return[: row + 1, two]
    assert np.allclose(first, second, equal_nan=True, atol=1e-9)
    ratio = before.panel.close_usd[: row + 1, one] / other.panel.close_usd[: row + 1, two]
    spread = np.nanmax(ratio, axis=0) / np.nanmin(ratio, axis=0)
    assert np.nanmax(np.abs(spread - 1)) < 1e-6
    for d in days_until(before, day):
        weights = before.target(d).weights_on(d)
        assert weights == pytest.approx(other.target(d).weights_on(d), rel=1e-3), d


def test_a_change_of_members_is_not_known_before_its_notice(some_names: Path) -> None:
    past = open_past(some_names, cache=False)
    inside = past.members.inside
    joined = [(r, j) for r, j in zip(*np.nonzero(inside[1:] & ~inside[:-1]), strict=True) if r > 300]
    assert joined
    for r, j in joined:
        effective, security_id = r + 1, past.panel.ids[j]
        early = past.panel.sessions[effective - past.notice - 1]
        dates = [w.effective for w in past.target(early).components[0].path if security_id in w.weights]
        assert past.panel.sessions[effective] not in dates
