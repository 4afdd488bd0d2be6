"""Every market adapter that asks a service, under the contract of all adapters."""

from datetime import date

from di_advisor.domain.source_query import SourceQuery
from di_data.market.fmp_prices import FmpPrices
from di_data.market.french_factors import FrenchFactors
from di_data.market.ishares_holdings import IsharesHoldings
from di_data.market.ssga_holdings import SsgaHoldings
from di_data.market.tiingo_prices import TiingoPrices
from tests.data_adapters.contract import AdapterContract, Case
from tests.data_adapters.market.market_bodies import (
    FIVE_ROWS,
    ISHARES_ROWS,
    SSGA_ROWS,
    body,
    fmp_dividend_row,
    fmp_price_row,
    fmp_split_row,
    french_text,
    ishares_csv,
    ssga_workbook,
    ticker,
    tiingo_row,
    zipped,
)

ACME = SourceQuery((ticker("ACME"),), start=date(2024, 1, 2), end=date(2024, 1, 3))


def series(name: str) -> SourceQuery:
    return SourceQuery(ACME.subjects, start=ACME.start, end=ACME.end, options={"series": name})


MANY_DAYS = [
    (f"{year}{month:02d}{day:02d}", (0.005, 0.002, -0.003, 0.001, 0.001, 0.0001))
    for year in (2022, 2023)
    for month in (1, 2)
    for day in range(1, 29)
]
"""Fractions where percent are documented."""


class TestTiingoContract(AdapterContract):
    case = Case(
        TiingoPrices(),
        SourceQuery((ticker("ACME"), ticker("BETA.B")), start=date(2024, 1, 2)),
        bodies=(
            body([tiingo_row("2024-01-02", 50.0)]),
            body([tiingo_row("2024-01-02", 100.0, 0.25), tiingo_row("2024-01-03", 50.0, split=2.0)]),
        ),
        required=("date", "open", "high", "low", "close", "volume", "adjClose", "divCash", "splitFactor"),
        records=3,
    )


class TestFmpPricesContract(AdapterContract):
    case = Case(
        FmpPrices(),
        series("prices"),
        bodies=(body([fmp_price_row("2024-01-03", 51.0), fmp_price_row("2024-01-02", 50.0)]),),
        required=("symbol", "date", "adjOpen", "adjHigh", "adjLow", "adjClose", "volume"),
        records=2,
    )


class TestFmpSplitsContract(AdapterContract):
    case = Case(
        FmpPrices(),
        series("splits"),
        bodies=(body([fmp_split_row("2020-08-31", 4, 1)]),),
        required=("symbol", "date", "numerator", "denominator"),
        records=1,
    )


class TestFmpDividendsContract(AdapterContract):
    case = Case(
        FmpPrices(),
        series("dividends"),
        bodies=(body([fmp_dividend_row("2024-02-09", 0.24, "2024-02-15")]),),
        required=("symbol", "date", "recordDate", "paymentDate", "declarationDate", "dividend"),
        records=1,
    )


class TestSsgaContract(AdapterContract):
    case = Case(
        SsgaHoldings(),
        SourceQuery((ticker("SPY"),)),
        bodies=(ssga_workbook(),),
        required=("Name", "Ticker", "Identifier", "SEDOL", "Weight", "Shares Held", "Local Currency"),
        records=1,
        other_scale=(ssga_workbook([(*row[:4], float(row[4]) / 100, *row[5:]) for row in SSGA_ROWS]),),
    )


class TestIsharesContract(AdapterContract):
    case = Case(
        IsharesHoldings(),
        SourceQuery((ticker("IVV"),), as_of=date(2024, 12, 6)),
        bodies=(ishares_csv(),),
        required=("Ticker", "Name", "Sector", "Asset Class", "Market Value", "Weight (%)", "Quantity", "Currency"),
        records=1,
        other_scale=(ishares_csv([row | {"Weight (%)": str(float(row["Weight (%)"]) / 100)} for row in ISHARES_ROWS]),),
    )


class TestFrenchFactorsContract(AdapterContract):
    case = Case(
        FrenchFactors(),
        SourceQuery(options={"tables": "five_factors"}),
        bodies=(zipped(french_text(FIVE_ROWS)),),
        required=("Mkt-RF", "SMB", "HML", "RMW", "CMA", "RF"),
        records=1,
        other_scale=(zipped(french_text(MANY_DAYS)),),
    )


class TestMomentumContract(AdapterContract):
    case = Case(
        FrenchFactors(),
        SourceQuery(options={"tables": "momentum", "frequency": "monthly"}),
        bodies=(zipped(french_text([("202401", (1.5,)), ("202402", (-999,))], ("Mom",), annual=True)),),
        required=("Mom",),
        records=1,
    )
