"""Bad inputs about lots, dates and prices, as they reach the ledger: by files of trades, and by events."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from di_advisor.domain.event_frames import events_from_frame
from di_advisor.domain.events import LotChoice, LotMethod, LotShares, Sell, Split, TaxTreatment
from di_advisor.domain.price_scale import require_one_scale
from di_advisor.errors import ConflictingEventError, IncompleteDataError, InputError, RowsError
from di_advisor.ledger.holding_period import is_long_term, long_term_from
from di_advisor.ledger.journal import Journal
from di_advisor.ledger.realized import Term
from di_advisor.ledger.recent_trades import in_wash_window
from di_advisor.ledger.replay import replay
from di_data.ledger_files import LedgerFiles
from tests.data_adapters.files import write
from tests.ledger.actions.ledgers import bought, opened, sold
from tests.ledger.bad_inputs import Checks, noted, refused

DAY = date(2026, 3, 31)
NOW = datetime(2026, 3, 31, 21, tzinfo=UTC)
CHECKS = Checks()
check = CHECKS.of


def trades(folder, *rows: dict, as_of: date = DAY, **named):
    """Events of a file whose rows are plain purchases with some cells changed."""
    plain = {
        **dict.fromkeys((name for row in rows for name in row), ""),
        "kind": "buy",
        "trade_date": "2024-01-02",
        "security_id": "X",
        "shares": "10",
        "amount_usd": "100",
        "account_kind": "taxable",
    }
    lines = [",".join(plain), *(",".join(f'"{v}"' for v in {**plain, **row}.values()) for row in rows)]
    return LedgerFiles().events(write(folder, "\n".join(lines), "trades.csv"), as_of=as_of, **named)


def lot(folder, **cells: str):
    """The lot of one transfer in."""
    row = {"kind": "transfer_in", "amount_usd": "", "basis_total_usd": "100", "acquired": "2020-01-02", **cells}
    (booked,) = replay(trades(folder, row).events, as_of=DAY).lots
    return booked


@check("BI-001")
def _(folder, given):
    row = {"kind": "transfer_in", "amount_usd": "", "acquired": "2020-01-02", "shares": given["shares"]}
    error = refused(
        "line 2, basis_total_usd", trades, folder, {**row, "basis_total_usd": given["basis"]}, error=RowsError
    )
    assert [e.facts["row"] for e in error.errors] == ["line 2"]
    kept = trades(folder, {**row, "basis_total_usd": given["basis"]}, {}, partial=True)
    assert [e.facts["field"] for e in kept.errors] == ["basis_total_usd"]
    assert len(replay(kept.events, as_of=DAY).lots) == 1


@check("BI-002")
def _(folder, given):
    refused("line 2, price_usd", trades, folder, {"amount_usd": "", "price_usd": given["price"]})


@check("BI-003")
def _(folder, given):
    refused("it must be more than zero", trades, folder, {"shares": given["shares"]})


@check("BI-004")
def _(folder, given):
    refused("it must be more than zero", trades, folder, {"shares": given["shares"], "amount_usd": given["basis"]})


@check("BI-005")
def _(folder, given):
    row = {"kind": "transfer_in", "amount_usd": "", "basis_total_usd": given["basis"]}
    refused("it must not be negative", trades, folder, row)


@check("BI-006")
def _(folder, given):
    row = {"shares": given["shares"], "amount_usd": given["basis"], "price_usd": given["price_on_day"]}
    (_, event) = noted("0.50 a share, at a price of 50.00", trades, folder, row).events
    assert event.amount_usd == 50


@check("BI-007")
def _(folder, given):
    refused("a float", bought, "L", 1, given["basis"])
    import pandas as pd

    row = {"kind": "buy", "trade_date": "2024-01-02", "security_id": "X", "shares": 1, "amount_usd": given["basis"]}
    (event,) = events_from_frame(pd.DataFrame([row])).events
    assert str(event.amount_usd) == "0.1"


@check("BI-008")
def _(folder, given):
    assert lot(folder, basis_total_usd=given["basis"]).lot.basis_total_usd == Fraction("2351.96")
    refused("is not a number", bought, "L", 1, given["basis"])


@check("BI-009")
def _(folder, given):
    refused("could be another notation", trades, folder, {"amount_usd": given["basis"]})


@check("BI-010")
def _(folder, given):
    assert str(trades(folder, {"shares": given["shares"]}).events[1].shares) == given["shares"]


@check("BI-011")
def _(folder, given):
    refused("has more than 28 digits", trades, folder, {"shares": given["shares"]})
    refused("has more than 28 digits", bought, "L", given["shares"], 1)


@check("BI-012")
def _(folder, given):
    assert (
        trades(folder, {"shares": given["shares"]}).events[1].shares == bought("L", given["shares"], 1).shares == 1000
    )


@check("BI-013")
def _(folder, given):
    read = noted("1 duplicate skipped", trades, folder, {"event_id": "L1"}, {"event_id": "L1"})
    assert len(replay(read.events, as_of=DAY).lots) == 1


@check("BI-014")
def _(folder, given):
    rows = ({"event_id": "L1", "amount_usd": "100"}, {"event_id": "L1", "amount_usd": "120"})
    refused("amount_usd 100 against 120", trades, folder, *rows)
    assert [e.event_id for e in trades(folder, *rows, partial=True).events] == ["open account"]
    journal, _ = Journal().append([bought("L1", 1, 100)], recorded_at=NOW)
    refused(
        "amount_usd 100 against 120",
        journal.append,
        [bought("L1", 1, 120)],
        recorded_at=NOW,
        error=ConflictingEventError,
    )


@check("BI-015")
def _(folder, given):
    row = {"shares": "100", "amount_usd": "5000", "trade_date": "2024-01-02T10:31:00-05:00"}
    books = replay(trades(folder, row, row).events, as_of=DAY)
    assert [b.lot.shares for b in books.lots] == [100, 100]


@check("BI-016")
def _(folder, given):
    events = trades(folder, {}, {"shares": "3"}).events
    journal, _ = Journal().append(events, recorded_at=NOW)
    again, report = journal.append(trades(folder, {}, {"shares": "3"}).events, recorded_at=NOW)
    assert again.content_sha256 == journal.content_sha256
    assert report.added == ()
    assert replay(again.effective(), as_of=DAY).digest() == replay(events, as_of=DAY).digest()


@check("BI-017")
def _(folder, given):
    rows = [{"trade_date": f"2024-01-0{day}", "shares": str(n)} for day, n in ((2, 1), (3, 2), (3, 2), (4, 5))]
    rows.append({"kind": "sell", "trade_date": "2024-02-01", "shares": "4", "amount_usd": "8"})
    shuffled = random.Random(3).sample(rows, len(rows))  # noqa: S311  (any order will do)
    digests = {replay(trades(folder, *each).events, as_of=DAY).digest() for each in (rows, shuffled)}
    assert len(digests) == 1


@check("BI-018")
def _(folder, given):
    error = refused(
        "10 shares of X in account A without lots", replay, [opened(), sold("s", 10, 1, "2024-01-01")], as_of=DAY
    )
    assert "Add an opening lot" in error.hint


@check("BI-019")
def _(folder, given):
    events = [opened(), bought("L", given["owned"], 1), sold("s", given["sell"], 1, "2024-01-02")]
    error = refused("50 are missing", replay, events, as_of=DAY)
    assert error.facts["missing"] == 50


@check("BI-020")
def _(folder, given):
    (name,) = given["lots_named"]
    events = [opened(), bought("L1", 10, 1), sold("s", 10, 1, "2024-01-02", lot=name)]
    refused("lot L9 is not open", replay, events, as_of=DAY)
    closed = [opened(), bought("L9", 1, 1), bought("L1", 9, 1), sold("s", 1, 1, "2024-01-02", lot="L9")]
    refused("lot L9 is not open", replay, [*closed, sold("t", 1, 1, "2024-01-03", lot="L9")], as_of=DAY)


@check("BI-021")
def _(folder, given):
    def sale(rest: LotMethod | None) -> Sell:
        choice = LotChoice(LotMethod.SPECIFIC, (LotShares("L", given["named"]),), rest=rest)
        return Sell(
            event_id="s", on=date(2024, 1, 2), account_id="A", security_id="X", shares=given["sell"], amount_usd=1,
            choice=choice,
        )  # fmt: skip

    held = [opened(), bought("K", 50, 1), bought("L", 100, 1)]
    refused("the named lots cover 60 of 100 shares", replay, [*held, sale(None)], as_of=DAY)
    books = replay([*held, sale(LotMethod.FIFO)], as_of=DAY)
    (made,) = books.identifications
    assert dict(made.lots) == {"L": 60, "K": 40}


@check("BI-022")
def _(folder, given):
    error = refused("without lots", replay, [opened(), sold("s", 50, 1, "2024-01-02")], as_of=DAY)
    assert "none is held" in str(error)
    refused("short positions are not booked", trades, folder, {"shares": given["position"]})


@check("BI-023")
def _(folder, given):
    booked = noted("no acquisition date", lot, folder, acquired=given["acquired"])
    assert (booked.lot.acquired, booked.lot.state.value) == (None, "term_unknown")
    row = {"kind": "transfer_in", "amount_usd": "", "basis_total_usd": "100", "acquired": given["acquired"]}
    sale = {"kind": "sell", "trade_date": "2025-01-02", "shares": "10", "amount_usd": "50"}
    read = noted("no acquisition date", trades, folder, row, sale)
    (piece,) = replay(read.events, as_of=DAY).realized
    assert piece.term is Term.UNKNOWN


@check("BI-024")
def _(folder, given):
    row = {"kind": "transfer_in", "amount_usd": "", "basis_total_usd": given["basis"] or "", "acquired": "2020-01-02"}
    sale = {"kind": "sell", "trade_date": "2025-01-02", "shares": "10", "amount_usd": "50"}
    read = noted("no basis", trades, folder, row, sale)
    (piece,) = replay(read.events, as_of=DAY).realized
    refused("is not known", lambda: piece.gain_usd, error=IncompleteDataError)
    assert noted("no basis", lot, folder, basis_total_usd="").lot.state.value == "basis_pending"


@check("BI-025")
def _(folder, given):
    refused("is not a day of the calendar", trades, folder, {"trade_date": given["date"]})


@check("BI-026")
def _(folder, given):
    refused("state the date format of the file once", trades, folder, {"trade_date": given["date"]})


@check("BI-027")
def _(folder, given):
    rows = ({"trade_date": given["buy"]}, {"kind": "sell", "trade_date": given["sell"]})
    events = trades(folder, *rows).events
    refused("without lots", replay, events, as_of=DAY)
    named = [opened(), bought("L", 1, 1, given["buy"]), sold("s", 1, 1, given["sell"], lot="L")]
    refused("without lots", replay, named, as_of=DAY)
    refused(
        "is dated before its lot", is_long_term, date.fromisoformat(given["buy"]), date.fromisoformat(given["sell"])
    )


@check("BI-028")
def _(folder, given):
    refused("is after 2026-03-31, the day of this table", trades, folder, {"trade_date": given["date"]})


@check("BI-029")
def _(folder, given):
    read = noted("the exchange was closed on 2024-12-25", trades, folder, {"trade_date": given["date"]})
    assert read.events[1].on == date.fromisoformat(given["date"])


@check("BI-030")
def _(folder, given):
    for instant in given["ts"].split(" = "):
        assert trades(folder, {"trade_date": instant}).events[1].on == date(2024, 12, 31)
    refused("no time zone", trades, folder, {"trade_date": given["ts"][:19]})


@check("BI-031")
def _(folder, given):
    # 01:30 comes twice on this day, an hour apart; both are the same day, and only days are counted.
    local = given["ts"].split()[0]
    days = set()
    for offset in ("-04:00", "-05:00"):
        read = noted("the exchange was closed", trades, folder, {"trade_date": f"{local}:00{offset}"})
        days.add(read.events[1].on)
    assert days == {date(2024, 11, 3)}
    (day,) = days
    for months in (day, date(2024, 3, 10)):
        assert in_wash_window(months, months + timedelta(days=30))
        assert not in_wash_window(months, months + timedelta(days=31))
    assert long_term_from(day) == date(2025, 11, 4)
    refused("a timestamp", is_long_term, datetime(2024, 11, 3, 1, 30), day)  # noqa: DTZ001  (that is what is refused)


@check("BI-032")
def _(folder, given):
    text = "kind,settlement_date,security_id,shares,amount_usd\nbuy,2024-01-08,X,1,5\n"
    refused("settlement dates only", LedgerFiles().events, write(folder, text, "t.csv"), as_of=DAY)
    row = {"trade_date": "2024-01-08", "settlement_date": "2024-01-08"}
    refused("is the settlement date too", trades, folder, row)


@check("BI-037")
def _(folder, given):
    purchase = bought("L", 1, given["lot_price"], "2020-01-02")
    split = Split(
        event_id="s", on=date(2021, 6, 1), security_id="X", tax_treatment=TaxTreatment.SPLIT, source="issuer",
        new_per_old=int(float(given["lot_price"]) / float(given["close_adj"])),
    )  # fmt: skip
    closes = {("X", date(2020, 1, 2)): float(given["close_adj"])}
    error = refused("on different scales", require_one_scale, [purchase, split], closes, error=InputError)
    assert "never mixed" in error.hint
    require_one_scale([purchase], closes)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_bad_input_about_lots_dates_or_prices_behaves_as_the_list_asks(shared, tmp_path, name):
    listed = {each["id"]: each for each in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
    CHECKS[name](tmp_path, listed[name]["input"])
