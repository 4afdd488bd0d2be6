"""Proposals made up for tests of what is shown: the sums are right, the names are not nice."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from di_advisor.domain.mandate import Band, Mandate
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Lock, LockKind, UnpricedPosition
from di_advisor.domain.trades import Trade
from di_advisor.propose.proposal import Certificate, Measures, Proposal, RuleCheck, Stage

AS_OF = date(2026, 3, 31)
SECTORS = ("Energy", "Materials", "Industrials", "Health", "Financials", "Technology", "Utilities", "Real estate")
FACTORS = ("market", "size", "value", "momentum", "volatility")
TERMS = ("active risk", "tax", "trading cost")
NASTY = (
    ("<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>"),
    ("$5 $6", "$\\href{javascript:alert(1)}{x}$ [x](javascript:alert(1))"),
    ('=HYPERLINK("http://x","y")', "@SUM(1+1)*cmd"),
    ("\x1b[2J", "right\u202eleft & 'quoted' \"twice\""),
    ("| a | b |", "`code` **bold** _it_ <b>tag</b>"),
)


def cents(x: float) -> Decimal:
    return Decimal(repr(round(x, 2))).quantize(Decimal("0.01"))


def trade(rng: random.Random, i: int, side: Side, name: tuple[str, str]) -> Trade:
    price, count = cents(rng.uniform(20, 400)), Decimal(rng.randint(1, 90))
    value = (price * count).quantize(Decimal("0.01"))
    selling = side is Side.SELL
    gain = cents(float(value) * rng.uniform(-0.3, 0.05)) if selling else None
    long_term = bool(rng.getrandbits(1)) if selling else None
    tax = cents(float(gain) * (0.238 if long_term else 0.408)) if gain is not None else Decimal("0.00")
    dollars = {"active risk": cents(rng.uniform(-60, 20)), "tax": tax, "trading cost": cents(float(value) * 0.0003)}
    why = (
        f"Sold {count} shares at a loss: the tax it saves is worth more than its cost and risk."
        if selling
        else "Bought because it brings the sector back to its target at little cost."
    )
    return Trade(
        security_id=f"S{i:04d}",
        ticker=name[0],
        name=name[1],
        sector=rng.choice(SECTORS),
        side=side,
        shares=count,
        price_usd=price,
        value_usd=value,
        lot_id=f"L{i}" if selling else "",
        acquired=AS_OF - timedelta(days=rng.randint(30, 900)) if selling else None,
        long_term=long_term,
        gain_usd=gain,
        dollars=dollars,
        sentence=why,
        facts={"weight": "0.42 % to 0.18 %", "no repurchase until": "2026-04-30"} if i % 3 == 0 else {},
    )


def measures(rng: random.Random, tracking_error: float, objective: Mapping[str, Decimal], scale: float) -> Measures:
    return Measures(
        tracking_error=tracking_error,
        value_usd=Decimal("1250000.00"),
        cash_usd=cents(12500 * scale),
        names=320,
        sector_active={s: rng.uniform(-0.02, 0.02) * scale for s in SECTORS},
        factor_active={f: rng.uniform(-0.2, 0.2) * scale for f in FACTORS},
        objective_usd=objective,
    )


def proposal(sales: int = 20, buys: int = 15, *, seed: int = 1, nasty: Sequence[tuple[str, str]] = NASTY) -> Proposal:
    """A proposal whose dollars add up; the first names are the nasty ones."""
    rng = random.Random(seed)  # noqa: S311 - made-up figures, no secrets
    total = sales + buys
    names = [*nasty, *((f"TK{i:03d}", f"Example Company {i}") for i in range(total))][:total]
    order = sorted(range(total), key=lambda i: (i * 7) % max(total, 1))
    trades = [trade(rng, i, Side.SELL if place < sales else Side.BUY, names[i]) for place, i in enumerate(order)]
    trades.sort(key=lambda t: (t.side is Side.BUY, -t.benefit_usd))
    before = {"active risk": Decimal("2628.12"), "tax": Decimal("0.00"), "trading cost": Decimal("0.00")}
    after = {k: before[k] + sum((t.dollars[k] for t in trades), Decimal(0)) for k in TERMS}
    evil = nasty[0][1] if nasty else ""
    return Proposal(
        account_id="young",
        as_of=AS_OF,
        mandate=Mandate(tracking_error_max=0.01, sector_band=Band.within(0.02), min_trade_usd=Decimal(500)),
        trade_list=tuple(trades),
        before=measures(rng, 0.0145, before, 1.0),
        after=measures(rng, 0.0098, after, 0.3),
        certificate=Certificate("dual Newton", 1234.5, 1234.4, 0.1, 0.0008, 1.25),
        checks=(
            RuleCheck(
                "tracking error cap", "Tracking error is at most 100.0 bps a year.", 0.0145, 0.0098, 0.0002, True
            ),
            RuleCheck("cash", "Cash stays between 0.00 % and 2.00 % of the account.", 0.01, 0.003, 0.003, False),
            RuleCheck("sector band: Energy", f"Energy stays within 2 points {evil}.", 0.018, 0.006, 0.014, False),
            RuleCheck("factor band: size", "size stays within 0.2 of its target.", 0.18, 0.06, 0.14, False),
        ),
        locks=(
            Lock("S0001", LockKind.NO_BUY, f"Sold at a loss on 2026-03-12 {evil}.", date(2026, 4, 11)),
            Lock(
                "S0400", LockKind.NO_LOSS_SALE, "Bought on 2026-03-20; a loss would be washed.", date(2026, 4, 19), "L7"
            ),
        ),
        unpriced=(UnpricedPosition("S0999", Decimal("12.5")),),
        accounts_seen=("young", "ira"),
        notes=(f"Rates are constant marginal rates {evil}.", "The sample is simulated; its companies are invented."),
        stages=(Stage("estimate", 0.81), Stage("solve", 0.04), Stage("settle", 0.02)),
        provenance={"risk": f"factor 1 {evil}", "data": "simulated, seed 7"},
    )
