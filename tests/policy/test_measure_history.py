"""Measures kept day by day in a store."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import DamagedStoreError, InputError
from di_advisor.ledger.store import Store
from di_advisor.policy.measure_history import (
    DayMeasures,
    measured,
    measures_frame,
    record_measures,
    value_history_of,
)
from di_advisor.policy.measures import measures_of_history

NOW = datetime(2026, 3, 2, 22, tzinfo=UTC)


def row(day: int, value_usd: float = 100.0, account_id: str = "a", **figures: float) -> DayMeasures:
    plain = dict.fromkeys(
        ("flow_usd", "tax_usd", "cost_usd", "unrealised_usd", "liquidation_tax_usd"), 0.0
    ) | {"tracking_error": 0.01, "factor_share": 0.5, "correlation": 0.99}  # fmt: skip
    return DayMeasures(account_id, date(2026, 3, day), value_usd, **plain | figures, active_factors={"size": -0.1})


def test_what_was_measured_is_read_back_by_account_and_day(tmp_path: Path) -> None:
    rows = [row(3), row(2), row(2, account_id="b")]
    with Store.open(tmp_path / "books.db") as store:
        assert len(record_measures(store, "ann", rows, recorded_at=NOW)) == 3
        assert measured(store, "ann") == (row(2), row(3), row(2, account_id="b"))
        assert measured(store, "ann", "b") == (row(2, account_id="b"),)
        assert measured(store, "bob") == ()
    with Store.open(tmp_path / "books.db") as store:
        assert measured(store, "ann", "a") == (row(2), row(3))


def test_the_same_again_is_not_written_and_a_later_figure_counts(tmp_path: Path) -> None:
    with Store.open(tmp_path / "books.db") as store:
        record_measures(store, "ann", [row(2)], recorded_at=NOW)
        assert record_measures(store, "ann", [row(2)], recorded_at=NOW) == ()
        assert len(record_measures(store, "ann", [row(2, 101.0)], recorded_at=NOW)) == 1
        assert measured(store, "ann") == (row(2, 101.0),)
        assert len(store.notes("ann")) == 2


def test_a_note_of_another_writer_is_an_error_that_names_it(tmp_path: Path) -> None:
    with Store.open(tmp_path / "books.db") as store:
        store.add_note("ann", "measures", "a", '{"as_of": "2026-03-02", "mood": 1}', recorded_at=NOW)
        with pytest.raises(DamagedStoreError, match="Note 1 on a"):
            measured(store, "ann")


def test_returns_and_costs_follow_from_what_was_kept() -> None:
    rows = [row(2, 100.0), row(3, 121.0, flow_usd=11.0, cost_usd=0.5), row(4, 121.0, tax_usd=2.2)]
    history = value_history_of(rows)
    assert history.daily(taxed=False).tolist() == pytest.approx([0.1, 0.0])
    assert history.daily(taxed=True)[1] == pytest.approx(-2.2 / 121)
    assert measures_of_history(history).cost_per_year > 0
    frame = measures_frame(rows)
    assert frame["active_size"].tolist() == [-0.1] * 3
    assert "active_factors" not in frame


def test_a_history_is_of_one_account_and_a_figure_that_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="Measures of a, b"):
        value_history_of([row(2), row(3, account_id="b")])
    with pytest.raises(InputError, match="tracking_error is no number"):
        row(2, tracking_error=float("nan"))


@given(st.floats(1e-6, 1e12), st.floats(-1e12, 1e12, allow_subnormal=True))
def test_figures_come_back_to_the_last_bit(value: float, gain: float) -> None:
    from di_advisor.ledger.store import Note
    from di_advisor.policy import measure_history as kept

    written = row(2, value, unrealised_usd=gain)
    assert kept._row(Note(1, NOW, "measures", "a", kept._text(written))) == written
