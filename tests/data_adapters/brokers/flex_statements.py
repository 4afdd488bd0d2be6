"""Flex statements of the documented shape, invented and easy to spoil."""

LOT = (
    '<OpenPosition accountId="{account}" currency="{currency}" fxRateToBase="1" assetCategory="{kind}" '
    'symbol="{symbol}" description="{symbol} CORP" conid="{conid}" cusip="{cusip}" isin="{isin}" multiplier="1" '
    'reportDate="{day}" position="{shares}" markPrice="50" costBasisPrice="{price}" costBasisMoney="{basis}" '
    'side="Long" levelOfDetail="{level}" openDateTime="{opened}" holdingPeriodDateTime="{held}" code="" '
    'originatingOrderID="1" originatingTransactionID="{lot}" />'
)
USUAL = {
    "account": "U1",
    "currency": "USD",
    "kind": "STK",
    "symbol": "ACME",
    "conid": "101",
    "cusip": "",
    "isin": "",
    "day": "20260330",
    "shares": "10",
    "price": "12.5",
    "basis": "125",
    "level": "LOT",
    "opened": "20240305;093000",
    "held": "20240305;093000",
    "lot": "9001",
}


def position(**changed: str) -> str:
    return LOT.format(**(USUAL | changed))


LOTS = (
    position(),
    position(shares="5", price="20.00", basis="100", opened="20250602;155959", held="20250102;155959", lot="9002"),
    position(shares="15", price="15", basis="225", level="SUMMARY", opened="", held="", lot=""),
    position(symbol="BRK B", conid="102", shares="0.5", price="400", basis="200", lot="9003"),
)
CASH = (
    '<CashReportCurrency accountId="U1" currency="BASE_SUMMARY" endingCash="1200.55" endingSettledCash="1000.25" />'
    '<CashReportCurrency accountId="U1" currency="USD" endingCash="1200.55" endingSettledCash="1000.25" />'
)


def account(*sections: str, account: str = "U1", to: str = "20260330") -> str:
    inner = "".join(sections)
    return (
        f'<FlexStatement accountId="{account}" fromDate="20260101" toDate="{to}" period="Custom" '
        f'whenGenerated="20260331;010203">{inner}</FlexStatement>'
    )


def document(*accounts: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><FlexQueryResponse queryName="lots" type="AF">'
        f'<FlexStatements count="{len(accounts)}">{"".join(accounts)}</FlexStatements></FlexQueryResponse>'
    )


def section(name: str, *rows: str) -> str:
    return f"<{name}>{''.join(rows)}</{name}>"


def statement(*positions: str, cash: str = CASH, further: str = "") -> str:
    return document(account(section("OpenPositions", *positions), section("CashReport", cash), further))


def answer(status: str, **parts: str) -> str:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in parts.items())
    return (
        '<FlexStatementResponse timestamp="30 March, 2026 08:00 AM EDT">'
        f"<Status>{status}</Status>{inner}</FlexStatementResponse>"
    )
