"""Every question of a page has its Python, which gives what the page shows."""

import ast
from datetime import date
from typing import Any

import pytest

from di_advisor.domain.exclusions import Exclusion
from di_advisor.errors import DiAdvisorError
from di_advisor.policy.year_end import YearEndWishes
from di_advisor.report.measures_view import measures_bundle
from di_advisor.report.reasons_view import reasons_bundle
from di_advisor.report.wish_views import coverage_bundle, wish_costs_bundle
from di_advisor.report.worklist_view import worklist_bundle
from di_advisor.report.year_end_view import year_end_bundle
from di_advisor.runs import FileSource, RunSpec
from di_advisor.runs import question_code as code
from di_advisor.ui.desk import Desk
from di_advisor.ui.formatters import explanation_bundle, frontier_bundle
from di_advisor.ui.verbs import explaining, measuring, sweeping, watching, wishing, year_ending
from tests.browser.test_own_account import files_of_an_account
from tests.ui.test_account_verbs import Said

pytestmark = pytest.mark.filterwarnings("ignore::di_advisor.errors.InputWarning")  # some lots bought on a holiday


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> RunSpec:
    """Return a spec of a small account in files."""
    folder = tmp_path_factory.mktemp("mine")
    for name, text in files_of_an_account().items():
        (folder / name).write_text(text, encoding="utf-8")
    source = FileSource(folder / "lots.csv", folder / "prices.csv", folder / "index.csv", date(2026, 6, 30))
    spec = RunSpec(source, "mine")
    return spec.with_wishes(tracking_error_max=0.02, exclusions=(Exclusion("one name", frozenset({"S04"})),))


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def ran(lines: str) -> Any:
    """Run lines as a cell does; what its last line is worth."""
    *before, last = ast.parse(lines).body
    names: dict[str, Any] = {}
    exec(compile(ast.Module(before, []), "cell", "exec"), names)  # noqa: S102 our own lines
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307 our own lines


def test_measures_and_what_fires(spec: RunSpec, desk: Desk) -> None:
    found = measuring.measure(desk, {"spec": spec}, Said())
    assert measures_bundle(ran(code.python_of_measures(spec, proposed=False))) == found["bundle"]
    assert ran(code.python_of_measures(spec, proposed=True)) == desk.propose(spec, Said()).after
    for every in (False, True):
        watched = watching.watch(desk, {"spec": spec, "policy": spec.watching.as_policy(), "every": every}, Said())
        assert worklist_bundle(ran(code.python_of_watch(spec, every=every))) == watched["bundle"]


def test_year_end_and_frontier(spec: RunSpec, desk: Desk) -> None:
    wishes = YearEndWishes(ways=())
    planned = year_ending.year_end(desk, {"spec": spec, "wishes": wishes}, Said())
    assert year_end_bundle(ran(code.python_of_year_end(spec, wishes))) == planned["bundle"]
    asked = {"spec": spec, "field": "tracking_error_max", "values": (0.01, 0.03)}
    drawn = sweeping.frontier(desk, asked, Said())
    lines = code.python_of_frontier(spec, "tracking_error_max", (0.01, 0.03))
    assert frontier_bundle(ran(lines))["text/plain"] == drawn["text/plain"]


def test_coverage_and_prices_of_wishes(spec: RunSpec, desk: Desk) -> None:
    covered = wishing.wishable(desk, {"spec": spec}, Said())
    assert coverage_bundle(ran(code.python_of_coverage(spec))) == covered["bundle"]
    wished = spec.mandate.with_changes(tracking_error_max=0.01)
    priced = wishing.price_wish(desk, {"spec": spec, "mandate": wished, "wish": "a tighter cap"}, Said())
    assert ran(code.python_of_price(spec, wished, "a tighter cap")).sentence == priced["sentence"]
    every = wishing.price_all(desk, {"spec": spec}, Said())
    assert wish_costs_bundle(ran(code.python_of_prices(spec))) == every


def test_a_trade_and_why_a_name_is_not_traded(spec: RunSpec, desk: Desk) -> None:
    proposal = desk.propose(spec, Said())
    trade = proposal.trade_list[0]
    shown = explaining.explain(desk, {"spec": spec, "trade": explaining.trade_key(trade)}, Said())
    assert explanation_bundle(ran(code.python_of_trade(spec, explaining.trade_key(trade)))) == shown
    traded = {t.security_id for t in proposal.trade_list}
    name = next(f"S{i:02}" for i in range(20) if f"S{i:02}" not in traded)
    why = explaining.why_not(desk, {"spec": spec, "name": name}, Said())
    assert reasons_bundle(name, ran(code.python_of_why_not(spec, name))) == why


def test_each_module_is_imported_from_once(spec: RunSpec) -> None:
    for lines in (code.python_of_watch(spec, every=True), code.python_of_measures(spec, proposed=True)):
        modules = [x.split()[1] for x in lines.splitlines() if x.startswith("from ")]
        assert modules == sorted(set(modules))


def test_python_of_a_wrong_request_is_the_same_refusal(spec: RunSpec, desk: Desk) -> None:
    with pytest.raises(DiAdvisorError, match="NO SUCH NAME"):
        explaining.why_not(desk, {"spec": spec, "name": "NO SUCH NAME"}, Said())
    with pytest.raises(DiAdvisorError, match="NO SUCH NAME"):
        ran(code.python_of_why_not(spec, "NO SUCH NAME"))
