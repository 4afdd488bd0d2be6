"""Small invented files of corporate actions, with one of each defect."""

from datetime import date, timedelta
from pathlib import Path

START = date(2020, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def scaled_file(folder: Path) -> Path:
    """Write a vendor's file with scaled dividends: TWICE, OLD, GOOD, SPLIT, ODD and WARN have one story each."""
    rows = []
    for quarter in range(6):
        rows += [
            ("OLD", day(90 * quarter), "0.52", "0.0"),
            ("GOOD", day(90 * quarter), f"{0.52 / 1.324:.6f}", "0.0"),
            ("SPLIT", day(90 * quarter), "0.26", "0.0"),
            ("TWICE", day(90 * quarter), f"{0.16 / 1.319:.6f}" if quarter < 3 else "0.16", "0.0"),
        ]
    rows += [
        ("OLD", day(600), "0.0", "1.324"),
        ("GOOD", day(600), "0.0", "1.324"),
        ("SPLIT", day(600), "0.0", "2.0"),
        ("TWICE", day(250), "24.56", "1.319"),
        ("ODD", day(300), "0.0", "1.037"),
        ("THIRD", day(300), "0.0", "0.333333333"),
        ("QUIET", day(300), "0.1", "0.0"),
    ]
    return write(folder / "scaled.csv", "ticker,date,dividend,split", rows)


def spin_off_file(folder: Path) -> Path:
    """Write spin-offs: two known by factors, one without a factor, one with a split, one that is no spin-off."""
    rows = [
        ("OLD", day(600), "24.14", "19.63", "1", "KID", "0.241917", "18.66"),
        ("TWICE", day(250), "102.32", "80.40", "1", "FORT", "0.5", "48.00"),
        ("QUIET", day(300), "16.06", "13.20", "1", "LOUD", "0.25", "6.92"),
        ("FIRM", day(310), "30.52", "76.10", "0.333333", "SEED", "0.333333", "24.81"),
        ("FOX-202011", day(320), "51.04", "49.61", "0.736817", "NEWF", "0.333333", "39.55"),
        ("WRONG", day(330), "100.00", "90.00", "1", "HUGE", "5", "40.00"),
    ]
    header = "parent,ex_date,parent_prev_close,parent_close,parent_shares,spinco,ratio,spinco_close"
    return write(folder / "spin_offs.csv", header, [(row[0], row[1], *row[2:]) for row in rows])


def delisting_file(folder: Path) -> Path:
    """Write delistings: one of each kind of deal, and of each gap."""
    rows = [
        ("CASH", "merger", day(10), "95.01", "95.00", "", "", ""),
        ("STOCK", "merger", day(20), "64.00", "", "0.5", "128.00", "BUYR"),
        ("BOTH", "merger", day(30), "80.00", "40.00", "0.25", "160.00", "BUYR"),
        ("MOVED", "exchange_transfer", day(40), "5.00", "", "", "", ""),
        ("BROKE", "compliance_failure", day(50), "0.10", "", "", "", ""),
        ("VAGUE", "merger", day(60), "20.00", "", "", "", ""),
        ("HALF", "merger", day(70), "65.40", "29.44", "", "", ""),
        ("WHOM", "merger", day(80), "10.00", "", "1", "10.00", ""),
        ("WORTH", "merger", day(90), "10.00", "5.00", "1", "", "BUYR"),
    ]
    header = "ticker,bucket,observed_delist_date,last_trade_close,payout_per_share,stock_ratio"
    header += ",acquirer_price,acquirer_ticker"
    return write(folder / "delistings.csv", header, rows)


def write(path: Path, header: str, rows: list[tuple]) -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path
