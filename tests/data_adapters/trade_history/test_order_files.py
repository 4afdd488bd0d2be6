"""Files of orders and fills: three layouts, one history; what cannot be read is an error with its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.columns import ORDER_COLUMNS, ORDER_FILL_COLUMNS
from di_advisor.domain.history_quality import Flaw, Treatment
from di_advisor.domain.order_types import OrderType
from di_advisor.domain.tickers import Tickers, TickerSpan
from di_advisor.domain.trade_history import ArrivalPrice, TradeHistory
from di_advisor.errors import InputError, InputWarning, RowsError
from di_data.trade_history import ColumnMapping, OrderFiles, history_csv
from di_data.trade_history.aliases import ALIASES, BUY_WORDS, SELL_WORDS, side_of
from tests.data_adapters.trade_history.order_files import FILLS, ORDERS, conditions, frame, write


def read(tmp_path, orders=ORDERS, fills=FILLS, market=None, **settings):
    given_fills = None if fills is None else write(tmp_path, fills, "fills.csv")
    return OrderFiles(**settings).trade_history(
        write(tmp_path, orders), fills=given_fills, conditions=market or conditions()
    )


def the_same(a: TradeHistory, b: TradeHistory) -> None:
    for name in TradeHistory.columns():
        mine, theirs = getattr(a, name), getattr(b, name)
        assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind in "fM"), name


def test_fills_become_parent_orders_with_the_figures_worked_by_hand(tmp_path):
    found = read(tmp_path)
    h = found.history
    assert h.order_id.tolist() == ["O1", "O2"]
    assert h.side.tolist() == [1, -1]
    assert h.average_price_usd == pytest.approx([(100 * 50.03 + 200 * 50.06) / 300, 19.98])
    assert h.filled_shares.tolist() == [300, 150]
    assert h.ordered_shares.tolist() == [300, 200]
    assert h.venue.tolist() == ["SOUTH", "NORTH"]
    assert h.commission_usd.tolist() == [1.5, 0.75]
    assert h.end_utc[0] == np.datetime64("2024-03-05T15:05:00")
    assert h.arrival_utc[0] == np.datetime64("2024-03-05T15:00:00")
    assert h.decision_price_usd[0] == pytest.approx(49.98)
    assert h.time_of_day == pytest.approx([0.5 / 6.5, 1.5 / 6.5])
    assert h.close_price_usd.tolist() == [50.20, 19.80]
    assert found.quality.orders_read == found.quality.orders_kept == 2
    assert found.quality.fills_used == 3


def test_one_file_with_repeated_order_ids_is_the_same_history(tmp_path):
    both = frame(ORDERS).merge(frame(FILLS), on="order_id").to_csv(index=False)
    the_same(read(tmp_path, both, None).history, read(tmp_path).history)


def test_a_file_of_orders_with_averages_needs_no_fills(tmp_path):
    text = frame(ORDERS).assign(filled_shares=[300, 150], avg_fill_price_usd=[50.05, 19.98]).to_csv(index=False)
    h = read(tmp_path, text, None).history
    assert h.filled_shares.tolist() == [300, 150]
    assert np.isnat(h.end_utc).all()


def test_the_order_of_rows_of_fills_has_no_meaning(tmp_path):
    lines = FILLS.splitlines()
    shuffled = "\n".join([lines[0], *reversed(lines[1:])]) + "\n"
    the_same(read(tmp_path, fills=shuffled).history, read(tmp_path).history)


def test_fix_tags_and_words_of_usual_systems_are_known(tmp_path):
    orders = ORDERS.replace(
        "order_id,account_id,symbol,side,decision_time,arrival_time,order_shares", "11,1,55,54,created time,60,38"
    )
    orders = orders.replace(",buy,", ",1,").replace(",sell,", ",5,")
    fills = FILLS.replace(
        "order_id,fill_time,fill_shares,fill_price_usd,exec_id,venue,commission_usd",
        "ClOrdID,TransactTime,LastQty,LastPx,ExecID,LastMkt,Commission",
    )
    the_same(read(tmp_path, orders, fills).history, read(tmp_path).history)


def test_times_of_fix_are_utc_by_that_standard(tmp_path):
    orders = ORDERS.replace("2024-03-05T10:00:00-05:00", "20240305-15:00:00.000").replace(
        "2024-03-05T11:00:00-05:00", "20240305-16:00:00"
    )
    orders = orders.replace("2024-03-05T09:55:00-05:00", "20240305-14:55:00")
    the_same(read(tmp_path, orders).history, read(tmp_path).history)


def test_a_zone_may_be_stated_once_for_the_file(tmp_path):
    bare = {"orders": ORDERS.replace("-05:00", ""), "fills": FILLS.replace("-05:00", "")}
    the_same(read(tmp_path, **bare, zone="America/New_York").history, read(tmp_path).history)


def test_an_own_mapping_comes_first_as_an_argument_and_as_toml(tmp_path):
    orders = (
        ORDERS.replace("symbol", "Wertpapier")
        .replace("side", "Richtung")
        .replace(",buy,", ",KAUF,")
        .replace(",sell,", ",VERKAUF,")
    )
    columns, sides = {"symbol": "Wertpapier", "side": "Richtung"}, {"Kauf": "buy", "Verkauf": "sell"}
    the_same(read(tmp_path, orders, mapping=ColumnMapping(columns, sides)).history, read(tmp_path).history)
    toml = '[columns]\nsymbol = "Wertpapier"\nside = "Richtung"\n[sides]\nKauf = "buy"\nVerkauf = "sell"\n'
    path = write(tmp_path, toml, "mapping.toml")
    the_same(read(tmp_path, orders, mapping=path).history, read(tmp_path).history)


def test_order_types_are_read_in_any_words_and_unknown_ones_are_kept_and_counted(tmp_path):
    def of(word, **more):
        first, *rows = ORDERS.splitlines()
        found = read(tmp_path, "\n".join([f"{first},OrdType", *(f"{row},{word}" for row in rows)]) + "\n", **more)
        return set(found.history.order_type.tolist()), found.quality.count(Flaw.UNKNOWN_ORDER_TYPE)

    kept = len(read(tmp_path).history)
    for word, kind in {"MKT": "market", "2": "limit", "Peg-Mid": "midpoint", "MOC": "close auction"}.items():
        assert of(word) == ({kind}, 0)
    assert of("Iceberg") == ({""}, kept)
    assert of("") == ({""}, 0)
    mapping = ColumnMapping(order_types={"iceberg": "passive limit"})
    assert of("Iceberg", mapping=mapping) == ({"passive limit"}, 0)
    toml = write(tmp_path, '[order_types]\nICEBERG = "passive limit"\n', "types.toml")
    assert of("Iceberg", mapping=toml) == ({"passive limit"}, 0)


def test_a_mapping_that_gives_a_word_two_meanings_is_refused():
    with pytest.raises(InputError, match="order_types give 'peg' two meanings: midpoint and passive limit"):
        ColumnMapping(order_types={"PEG": "midpoint", "peg": "passive limit"})
    with pytest.raises(InputError, match="sides give 'x' two meanings"):
        ColumnMapping(sides={"X": "buy", "x": "sell"})
    assert ColumnMapping(order_types={"PEG": "midpoint", "peg": "midpoint"}).order_type("Peg") == "midpoint"


def test_a_mapping_to_an_order_type_that_is_none_is_refused():
    with pytest.raises(InputError, match="order type of 'X' is 'charming'"):
        ColumnMapping(order_types={"X": "charming"})


def test_tickers_become_permanent_ids_and_unknown_ones_are_counted(tmp_path):
    tickers = Tickers([TickerSpan("ACM", "ACME")])
    found = read(tmp_path, ORDERS.replace("ACME", "ACM"), tickers=tickers)
    assert found.history.security_id.tolist() == ["ACME"]
    assert found.quality.count(Flaw.UNKNOWN_SECURITY) == 1


def test_every_alias_names_a_documented_column_and_no_word_is_both_sides():
    assert set(ALIASES) <= {c.name for c in (*ORDER_COLUMNS, *ORDER_FILL_COLUMNS)}
    assert not set(BUY_WORDS) & set(SELL_WORDS)
    assert {side_of(w.upper(), ColumnMapping()) for w in BUY_WORDS} == {1}
    assert {side_of(w, ColumnMapping()) for w in SELL_WORDS} == {-1}


def test_formulas_in_a_file_stay_text_and_are_written_harmless(tmp_path):
    evil = "=HYPERLINK(1)"
    found = read(tmp_path, ORDERS.replace("A1,ACME", f"{evil},ACME"))
    assert found.history.account_id[0] == evil
    written = history_csv(found.history)
    assert f"'{evil}" in written
    assert f",{evil}" not in written
    again = OrderFiles().trade_history(write(tmp_path, written), conditions=None)
    the_same(again.history, found.history)


_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8).filter(
    lambda t: t == t.strip()
)
_ids = _words.filter(bool)
_money = st.floats(1.0, 900.0)
_when = st.integers(946_684_800 * 10**9, 2_000_000_000 * 10**9)


@st.composite
def histories(draw):
    m = draw(st.integers(0, 4))
    some = lambda strategy: draw(st.lists(strategy, min_size=m, max_size=m))  # noqa: E731
    maybe = lambda strategy: np.array(some(st.one_of(st.just(float("nan")), strategy)), dtype=float)  # noqa: E731
    arrival = np.array(some(_when), dtype="datetime64[ns]")
    lasts = some(st.one_of(st.none(), st.integers(0, 10**13)))
    ordered, price = np.array(some(st.floats(0.01, 1e7))), np.array(some(_money))
    columns = {
        "order_id": np.array(draw(st.lists(_ids, min_size=m, max_size=m, unique=True)), dtype=str),
        "account_id": np.array(some(_words), dtype=str),
        "security_id": np.array(some(_ids), dtype=str),
        "side": np.array(some(st.sampled_from([-1, 1])), dtype=int),
        "decision_utc": np.array([np.datetime64("NaT") if draw(st.booleans()) else a for a in arrival], dtype="M8[ns]"),
        "arrival_utc": arrival,
        "end_utc": np.array(
            [np.datetime64("NaT") if e is None else a + e for a, e in zip(arrival, lasts, strict=True)], dtype="M8[ns]"
        ),
        "ordered_shares": ordered,
        "filled_shares": ordered * np.array(some(st.floats(0.1, 1.0))),
        "arrival_price_usd": price,
        "average_price_usd": price * np.array(some(st.floats(0.85, 1.2))),
        "arrival_price_source": np.array(some(st.sampled_from([s.value for s in ArrivalPrice])), dtype=str),
        "half_spread_bps": np.array(some(st.floats(0, 500))),
        "volatility_daily_bps": np.array(some(st.floats(0.1, 5000))),
        "adv_usd": np.array(some(st.floats(1.0, 1e12))),
        "commission_usd": np.array(some(st.floats(-10, 1e4))),
        "fees_usd": np.array(some(st.floats(-10, 1e4))),
    }
    columns |= {n: maybe(_money) for n in ("decision_price_usd", "close_price_usd")}
    columns |= {n: maybe(st.floats(0.001, 1.0)) for n in ("volume_span", "time_of_day", "market_return")}
    columns |= {n: np.array(some(_words), dtype=str) for n in ("venue", "algo", "broker")}
    columns["order_type"] = np.array(some(st.sampled_from(["", *OrderType])), dtype=str)
    return TradeHistory.from_columns(columns)


@given(history=histories())
def test_any_history_written_to_the_csv_and_read_back_is_the_same(history, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("h"), history_csv(history))
    found = OrderFiles().trade_history(path)
    the_same(found.history, history)
    assert found.quality.orders_dropped == 0


@pytest.mark.parametrize(
    ("orders", "words", "hint"),
    [
        (
            ORDERS.replace("10:00:00-05:00", "10:00:00"),
            "orders.csv: 1 error, and nothing was imported",
            "state the zone",
        ),
        (
            ORDERS.replace("10:00:00-05:00", "10:00:00"),
            "line 2, arrival_time: '2024-03-05T10:00:00' has no time zone",
            "state the zone",
        ),
        (
            ORDERS.replace("11:00:00-05:00", "16:00:00Z"),
            "times of mixed zones: line 2, decision_time has -05:00, line 3, arrival_time has +00:00",
            "in one zone",
        ),
        (
            ORDERS.replace("2024-03-05T11:00:00-05:00", "03/05/2024 11:00"),
            "'03/05/2024 11:00' is not a time in the form",
            "March or April",
        ),
        (
            ORDERS.replace("2024-03-05T11:00:00-05:00", "2024-03-05"),
            "'2024-03-05' has no time of day",
            "Write the time",
        ),
        (ORDERS.replace("2024-03-05T11", "2024-02-31T11"), "is not a time of the calendar", "day, month"),
        (
            ORDERS.replace("2024-03-05T11", "0024-03-05T11"),
            "is not a time of an order",
            "Check the year",
        ),
        (
            ORDERS.replace("sell", "exchange"),
            "line 3, side: 'exchange' is neither a purchase nor a sale",
            "under [sides]",
        ),
        (ORDERS.replace(",300", ",many"), "line 2, order_shares: 'many' is not an amount", "1234.56"),
        (ORDERS.replace("BOLT", ""), "line 3, symbol: the cell is blank", "Fill it"),
        (ORDERS.replace("O2", "O1"), "line 3, order_id: 'O1' stands there more than once", "fill_time, fill_shares"),
        (ORDERS.replace("symbol", "thing"), "orders.csv: the column symbol is missing", "It has:"),
        (
            ORDERS.replace("account_id", "ClOrdID").replace("order_id", "OrderID"),
            "order_id could be 'OrderID' or 'ClOrdID'",
            "[columns]",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::di_advisor.errors.InputWarning")
def test_a_wrong_file_of_orders_says_what_where_and_what_to_do(tmp_path, orders, words, hint):
    with pytest.raises(InputError) as caught:
        read(tmp_path, orders)
    assert words in str(caught.value)
    assert hint in str(caught.value)


def test_half_the_columns_of_fills_are_refused(tmp_path):
    with pytest.raises(InputError, match="it has fill_shares, but not fill_time, fill_price_usd") as caught:
        read(tmp_path, ORDERS.replace("order_shares", "fill_shares"), None)
    assert "map the headers" in caught.value.hint


def test_a_time_that_could_be_of_the_order_or_of_the_fill_is_not_guessed(tmp_path):
    both = frame(ORDERS).merge(frame(FILLS), on="order_id").drop(columns="fill_time")
    text = both.rename(columns={"arrival_time": "TransactTime"}).to_csv(index=False)
    with pytest.raises(InputError, match="'TransactTime' could be arrival_time or fill_time"):
        read(tmp_path, text, None)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[columns\n", "mapping.toml is not TOML"),
        ("[headers]\nsymbol = 'x'\n", "headers is not what a mapping holds"),
        ("[columns]\nsymbol = 3\n", "a value is not what a mapping holds"),
        ("[columns]\nsymbols = 'x'\n", "names the column symbols, which is not documented"),
        ("[columns]\nsymbol = 'Wertpapier'\n", "symbol is 'Wertpapier', and there is no such header"),
        ("[sides]\nKAUF = 'kaufen'\n", "side of 'KAUF' is 'kaufen'"),
        ("zone = 'Mars/Base'\n", "'Mars/Base' is not a time zone"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(tmp_path, toml, words):
    with pytest.raises(InputError) as caught:
        read(tmp_path, mapping=write(tmp_path, toml, "mapping.toml"))
    assert words in str(caught.value)
    assert caught.value.hint


def test_all_wrong_cells_are_told_together(tmp_path):
    with pytest.raises(RowsError) as caught:
        read(tmp_path, ORDERS.replace(",300", ",x").replace(",200", ",y"))
    assert [e.facts["row"] for e in caught.value.errors] == ["line 2", "line 3"]


def test_columns_that_are_not_known_are_told(tmp_path):
    with pytest.warns(InputWarning, match="columns mood are not known"):
        read(tmp_path, ORDERS.replace("account_id", "mood"))


def test_an_empty_file_of_orders_is_an_empty_history(tmp_path):
    found = read(tmp_path, ORDERS.splitlines()[0] + "\n", None)
    assert len(found.history) == 0
    assert found.quality.sentence == "orders.csv: 0 of 0 orders kept."


def test_summer_time_is_one_zone(tmp_path):
    orders = ORDERS.replace("2024-03-05T11:00:00-05:00", "2024-03-12T11:00:00-04:00")
    fills = FILLS.replace("2024-03-05T11:02:00-05:00", "2024-03-12T11:02:00-04:00")
    found = read(tmp_path, orders, fills)
    assert found.quality.orders_read == 2


def test_what_is_noted_is_kept(tmp_path):
    found = read(tmp_path, ORDERS.replace(",200", ","))
    noted = [f for f in found.quality.findings if f.treatment is Treatment.NOTED]
    assert {f.flaw: f.count for f in noted} == {Flaw.SIZE_ASSUMED: 1, Flaw.WEAK_ARRIVAL_PRICE: 1}
    assert len(found.history) == 2


def test_orders_and_fills_need_not_be_separated_alike(tmp_path):
    alike = OrderFiles().trade_history(
        write(tmp_path, ORDERS), fills=write(tmp_path, FILLS, "fills.csv"), conditions=conditions()
    )
    read = OrderFiles().trade_history(
        write(tmp_path, ORDERS.replace(",", ";")), fills=write(tmp_path, FILLS, "fills.csv"), conditions=conditions()
    )
    assert read.history.order_id.tolist() == alike.history.order_id.tolist() == ["O1", "O2"]
    assert read.history.to_frame().equals(alike.history.to_frame())
