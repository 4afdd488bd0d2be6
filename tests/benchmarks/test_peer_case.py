"""The peer's account: our plan beats the published rows, and the scorer would notice a broken rule."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.peer_case import PeerCase, load, main, run, score
from di_advisor.domain.portfolio import Side


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "cases" / "peer_rebalance"


@pytest.fixture(scope="module")
def case(folder: Path) -> PeerCase:
    return load(folder)


@pytest.mark.parametrize(("cap_bps", "peer_usd"), [(191.0, 34_574.0), (115.0, 33_636.0)])
def test_our_plan_earns_more_at_no_more_tracking_error(case: PeerCase, cap_bps: float, peer_usd: float) -> None:
    ours = run(case, cap_bps)
    assert ours.broken == ()
    assert ours.te_after_bps <= cap_bps
    assert ours.net_usd >= peer_usd
    assert ours.te_before_bps == pytest.approx(150.4, abs=0.1)


def trade(case: PeerCase, side: Side, security_id: str, shares: str, lot_id: str = "") -> dict[str, object]:
    return {"side": side.value, "security_id": security_id, "lot_id": lot_id, "shares": Decimal(shares)}


def test_the_scorer_notices_each_broken_rule(case: PeerCase) -> None:
    account = case.portfolio.accounts[0]
    price = dict(zip(case.market.universe.security_ids, case.market.price_array_usd, strict=True))
    loser = next(
        lot
        for lot in account.lots
        if lot.security_id not in case.locked
        and float(lot.shares) * price[lot.security_id] < 0.8 * float(lot.basis_of(lot.shares))
    )
    locked = min(case.locked)

    def broken(*rows: dict[str, object]) -> str:
        return "; ".join(score(case, pd.DataFrame(rows), 0.0, 0.0).broken)

    assert broken(trade(case, Side.BUY, locked, "0.01")).startswith(f"{locked} was sold at a loss and is bought back")
    both = broken(
        trade(case, Side.SELL, loser.security_id, "0.01", loser.lot_id),
        trade(case, Side.BUY, loser.security_id, "0.01"),
    )
    assert f"{loser.security_id} is both sold at a loss and bought" in both
    too_many = str(Decimal(loser.shares) * 2)
    assert "is oversold" in broken(trade(case, Side.SELL, loser.security_id, too_many, loser.lot_id))
    free = next(s for s in case.market.universe.security_ids if s not in case.locked)
    dear = broken(trade(case, Side.BUY, free, str(round(100_000 / price[free]))))
    assert "outside its band" in dear
    assert "cash is -" in dear


def test_the_command_prints_a_line_for_each_cap(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--cap-bps", "117"]) == 0
    out = capsys.readouterr().out
    assert "cap 117 bps: tracking error 150.4 -> 117.0 bps" in out
    assert "rules kept" in out
