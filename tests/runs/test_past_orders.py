"""Past orders as app and command line read them: files are checked and purged, a source's are taken as they are."""

from pathlib import Path

import pandas as pd
import pytest

from di_advisor import sample
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_advisor.runs.past_orders import SAMPLE_ORDERS, OrderFiles, orders_of_files, orders_of_frame
from tests.data_adapters.trade_history.order_files import DAILY, FILLS, ORDERS, QUOTES, write


@pytest.fixture
def files(tmp_path):
    texts = {"orders": ORDERS, "fills": FILLS, "daily": DAILY, "quotes": QUOTES}
    return OrderFiles(**{name: write(tmp_path, text, f"{name}.csv") for name, text in texts.items()})


def test_files_are_read_with_their_quality_overlaps_and_shortfall(files):
    found = orders_of_files(files)
    assert len(found.history) == 2
    assert found.quality.orders_kept == 2
    assert found.sentences[0].startswith("orders.csv: ")
    assert "None of 2 orders overlaps" in found.sentences[1]
    assert "2 orders cost" in found.sentences[2]


def test_a_table_that_was_checked_is_read_again_without_another_check(files, tmp_path):
    first = orders_of_files(files).history
    first.to_frame().to_parquet(tmp_path / "checked.parquet", index=False)
    again = orders_of_files(OrderFiles(tmp_path / "checked.parquet"))
    assert again.quality is None
    assert again.history.order_id.tolist() == first.order_id.tolist()
    assert "checked before" in again.sentences[0]


def test_orders_that_overlap_are_left_out_and_counted(files, tmp_path):
    frame = orders_of_files(files).history.to_frame().iloc[[0, 0]].assign(order_id=["A", "B"])
    frame.to_parquet(tmp_path / "twice.parquet", index=False)
    found = orders_of_files(OrderFiles(tmp_path / "twice.parquet"))
    assert len(found.history) == 1
    assert len(found.read) == 2
    assert "1 of 2 orders overlapped" in found.overlaps


def test_the_samples_orders_come_by_name_or_with_the_source_and_are_simulated():
    frame = sample.load().orders
    for found in (orders_of_files(OrderFiles(SAMPLE_ORDERS)), orders_of_frame(frame)):
        assert found.history.simulated
        assert len(found.history) == len(frame)
        assert not found.overlaps


def test_simulated_orders_are_still_simulated_after_they_were_written_as_a_table(tmp_path):
    history = orders_of_files(OrderFiles(SAMPLE_ORDERS)).history.take(slice(0, 50))
    frame = history.to_frame()
    frame.to_parquet(tmp_path / "checked.parquet", index=False)
    frame.to_csv(tmp_path / "checked.csv", index=False)
    assert orders_of_files(OrderFiles(tmp_path / "checked.parquet")).history.simulated
    again = TradeHistory.from_frame(pd.read_csv(tmp_path / "checked.csv"))
    assert again.simulated
    assert (again.broker == "").all()  # blank throughout, and not "nan"
    assert orders_of_frame(frame).history.simulated
    assert not orders_of_frame(frame.assign(simulated=False)).history.simulated
    assert not orders_of_frame(frame.drop(columns="simulated")).history.simulated


def test_a_source_without_orders_and_a_reader_without_a_mapping_say_so(files):
    with pytest.raises(InputError, match="brings no past orders"):
        orders_of_frame(None)
    with pytest.raises(InputError, match="takes no mapping"):
        orders_of_files(OrderFiles(files.orders, reader="ibkr_flex", mapping=Path("m.toml")))
