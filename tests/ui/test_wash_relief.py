"""Wash-sale windows that stand in the way of a plan: offered to be priced where that leaves one, and not elsewhere."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from di_advisor.domain.mandate import Band, Mandate, WashPolicy
from di_advisor.runs import FileSource, RunSpec
from di_advisor.ui.desk import Desk
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.serving import answer
from di_advisor.ui.verbs.wash_relief import PRICED
from tests.ui.fake_host import FakeHost
from tests.ui.test_optimize_page import Told, buttons, page


def washed(folder: Path) -> RunSpec:
    """An account that sold two names at a loss ten days ago, and may buy back none of them."""
    sectors = ("Energy", "Utilities", "Technology", "Health care")
    prices = [f"S{i},T{i},{50 + 10 * i},{sectors[i % 4]},2,5e7,0.2" for i in range(8)]
    lots = [f"mine,L{i},S{i},{20000 // (50 + 10 * i)},15000,2024-03-05" for i in range(8) if i % 4]
    files = {
        "prices": ("security_id,ticker,price_usd,sector,half_spread_bps,adv_usd,volatility_per_year", *prices),
        "index": ("security_id,weight", *(f"S{i},0.125" for i in range(8))),
        "lots": ("account_id,lot_id,security_id,shares,basis_total_usd,acquired", *lots),
        "fills": ("security_id,side,shares,traded,gain_usd", *(f"S{i},sell,100,2026-06-20,-2000" for i in (0, 4))),
    }
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    paths: dict[str, Any] = {name: folder / f"{name}.csv" for name in files}
    source = FileSource(**paths, as_of=date(2026, 6, 30), cash_usd=Decimal(30_000))
    return RunSpec(source, "mine", Mandate(tracking_error_max=0.05, sector_band=Band.within(0.02)))


def proposed(desk: Desk, host: FakeHost) -> str:
    """Ask as the app does; refusals go into the state of a made-up host."""
    host.state.start("Proposing")
    kind, content = answer(desk, "propose", plain({"spec": host.state.spec}), Told())
    if kind == "refused":
        host.state.refuse(content["what"], content["hint"], restored(content["facts"]))
        host.refresh()
    return kind


def test_windows_of_wash_sales_in_the_way_are_priced_by_one_click_which_leaves_a_plan(tmp_path: Path) -> None:
    desk, (shown, host) = Desk(), page(washed(tmp_path))
    assert proposed(desk, host) == "refused"
    assert buttons(shown) == ["Price wash sales", "Widen all sector bands to ± 25.01 % of account"]
    said = "".join(line.value for line in shown._ways._lines)
    assert "or wait: the last wash-sale window of today has closed by 2026-07-21." in said
    shown._ways._buttons[1].click()
    assert host.state.spec.mandate.wash_policy is WashPolicy.PRICE
    assert proposed(desk, host) == "result"
    after = replace(host.state.spec.source, as_of=date(2026, 7, 21))
    waited = host.state.spec.with_wishes(wash_policy=WashPolicy.BAN).with_changes(source=after)
    assert proposed(desk, page(waited)[1]) == "result", "the other way out, too"


def test_windows_are_not_offered_where_pricing_them_leaves_no_plan(tmp_path: Path) -> None:
    spec = washed(tmp_path)
    locked = spec.with_wishes(do_not_buy=frozenset({"S0", "S4"}))
    shown, host = page(locked)
    desk = Desk()
    assert proposed(desk, host) == "refused"
    assert "Price wash sales" not in buttons(shown)
    assert PRICED not in host.state.facts

    class Heard(Told):
        def phase(self, text: str) -> None:
            assert "Looking whether" not in text, "rules that contradict each other are not solved for"

    assert answer(desk, "propose", plain({"spec": locked}), Heard())[0] == "refused"
