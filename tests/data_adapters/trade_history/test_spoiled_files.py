"""Files that are spoiled at random are read or refused with a typed error, never anything else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_data.trade_history import FlexStatements, OrderFiles
from tests.data_adapters.trade_history.order_files import FILLS, ORDERS, conditions, write
from tests.data_adapters.trade_history.test_flex import ORDER, USUAL, statement

SPOILS = st.sampled_from(
    [
        "",
        ",",
        '"',
        "\n",
        "=",
        "-1",
        "0",
        "nan",
        "1e999",
        "٣",
        "9" * 40,
        "0001-01-01T00:00:00+23:00",
        "Z",
        "\0",
        "1/3",
        "<",
        "&",
    ]
)
STATEMENT = statement(ORDER, *USUAL)


@st.composite
def spoiled(draw, text):
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(SPOILS) + text[start + draw(st.sampled_from([0, 1, 4, 20])) :]
    return text


@pytest.mark.filterwarnings("ignore::di_advisor.errors.InputWarning")
@settings(max_examples=60)
@given(orders=spoiled(ORDERS), fills=spoiled(FILLS), flex=spoiled(STATEMENT))
def test_a_spoiled_file_is_read_or_refused_with_a_typed_error(orders, fills, flex, tmp_path_factory):
    folder = tmp_path_factory.mktemp("spoiled")
    paths = write(folder, orders), write(folder, fills, "fills.csv"), write(folder, flex, "flex.xml")
    market = conditions()
    for read in (
        lambda: OrderFiles().trade_history(paths[0], fills=paths[1], conditions=market),
        lambda: FlexStatements("America/New_York").trade_history(paths[2], conditions=market),
    ):
        try:
            found = read()
        except InputError:
            continue
        assert len(found.history) == found.quality.orders_kept
