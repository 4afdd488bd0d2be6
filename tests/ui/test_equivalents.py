"""Every question of the app prints its Python, which gives in a fresh namespace what the panel shows."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from di_advisor.domain.esg_columns import EsgColumn, EsgColumns
from di_advisor.domain.identifiers import IdentifierScheme
from di_advisor.domain.trained_costs import CostTraining
from di_advisor.errors import InfeasibleError, InputError
from di_advisor.execution.scheduling import IN_PROCESS
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.sources import write_accounts
from di_advisor.policy.policies import policy_named
from di_advisor.policy.thresholds import dials_of, with_thresholds
from di_advisor.policy.year_end import YearEndWishes
from di_advisor.propose.swaps import swaps
from di_advisor.report.account_view import lots_table
from di_advisor.report.cost_card_view import card_bundle, cards_bundle
from di_advisor.report.desk_view import page_table
from di_advisor.report.esg_file_view import esg_file_bundle, esg_file_sentence
from di_advisor.report.measures_view import measures_bundle
from di_advisor.report.past_orders_view import orders_bundle, watched_bundle
from di_advisor.report.poll_view import poll_bundle
from di_advisor.report.reasons_view import reasons_bundle
from di_advisor.report.wish_views import coverage_bundle, wish_costs_bundle
from di_advisor.report.worklist_view import worklist_bundle
from di_advisor.report.year_end_view import year_end_bundle
from di_advisor.runs import FileSource, RunSpec
from di_advisor.runs.decisions import Decisions
from di_advisor.runs.of_fleet import FleetRequest, run_fleet
from di_advisor.runs.past_orders import OrderFiles
from di_advisor.runs.question_code import python_of_swaps
from di_advisor.runs.reading_code import python_of_saving
from di_advisor.runs.trained_costs import SHIPPED
from di_advisor.sample import load
from di_advisor.testing.random_orders import random_names, random_orders
from di_advisor.ui.app_state import AppState
from di_advisor.ui.beside import told_of_saving
from di_advisor.ui.desk import Desk
from di_advisor.ui.equivalents import WITHOUT, WRITTEN, python_of_question
from di_advisor.ui.formatters import explanation_bundle, frontier_bundle, proposal_bundle
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.verbs import VERBS
from di_advisor.ui.verbs.explaining import trade_key
from tests.browser.test_own_account import files_of_an_account
from tests.ui.test_cost_lab import Heard

pytestmark = pytest.mark.filterwarnings("ignore::di_advisor.errors.InputWarning")  # some lots bought on a holiday

DAY = date(2026, 6, 30)
OPEN, CLOSED = datetime(2026, 7, 1, 14, 0, tzinfo=UTC), datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
BEFORE_SOME = date(2020, 1, 15)
"""Of the made-up orders some are of this day or later, others earlier."""


@dataclass(frozen=True)
class World:
    """An account in files, with quotes and past orders, and a fleet that was run."""

    folder: Path
    source: FileSource
    spec: RunSpec
    desk: Desk
    fleet: FleetRequest

    @property
    def orders(self) -> OrderFiles:
        """Made-up past orders."""
        return OrderFiles(self.folder / "orders.parquet")

    @property
    def with_esg(self) -> FileSource:
        """The source with an ESG file."""
        columns = EsgColumns("House", "id", (EsgColumn("esg", "score", least=0, greatest=100),), known_on=DAY)
        named = replace(columns, id_kind=IdentifierScheme.SECURITY_ID)
        return replace(self.source, esg=self.folder / "esg.csv", esg_columns=named)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return what the questions are asked of."""
    folder = tmp_path_factory.mktemp("mine")
    for name, text in files_of_an_account().items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "esg.csv").write_text("id,esg\nS01,40\nS02,70\n", encoding="utf-8")
    random_orders(random_names(9), 300, 9).history.to_frame().to_parquet(folder / "orders.parquet", index=False)
    source = FileSource(folder / "lots.csv", folder / "prices.csv", folder / "index.csv", DAY)
    spec = RunSpec(source, "mine").with_wishes(tracking_error_max=0.02, turnover_max=0.2)
    accounts = folder / "accounts.parquet"
    write_accounts(accounts, SampleFleet(load(), 2, 3, names=30, lots_a_name=2))
    fleet = FleetRequest(folder / "tonight", accounts, seed=3, joint_rounds=0)
    run_fleet(fleet, scheduler=IN_PROCESS)
    return World(folder, source, spec, Desk(), fleet)


@pytest.fixture(autouse=True)
def models(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep trained models in the folder of the world."""
    monkeypatch.setenv("DI_ADVISOR_COST_MODELS", str(world.folder / "models"))


def ran(lines: str) -> Any:
    """Run lines as a cell does, in a fresh namespace; what the last line is worth."""
    *before, last = ast.parse(lines).body
    names: dict[str, Any] = {}
    exec(compile(ast.Module(before, []), "cell", "exec"), names)  # noqa: S102 our own lines
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307 our own lines


def asked(world: World, verb: str, **request: Any) -> tuple[Any, Any]:
    """What the panel shows, and what the printed Python gives; the request crosses the pipe as it does in the app."""
    answer = VERBS[verb](world.desk, restored(plain(request)), Heard())
    return restored(plain(answer)), ran(python_of_question(verb, request))


def first_trade(world: World) -> Any:
    return world.desk.propose(world.spec, Heard()).trade_list[0]


def trained(world: World) -> str:
    request = {"spec": world.spec, "files": world.orders, "training": CostTraining(DAY, blocks=2)}
    return str(VERBS["train_costs"](world.desk, request, Heard())["model_id"])


def opens_an_account_of_a_fleet(w: World) -> None:
    shown, code = asked(w, "account_of_fleet", source=w.fleet.account("A000001"))
    assert code == shown["spec"]


def chooses_costs(w: World) -> None:
    shown, code = asked(w, "choose_costs", model=SHIPPED)
    assert code == shown["verdict"]
    worse = {"model": trained(w)}
    refused = []
    for ask in (
        lambda: VERBS["choose_costs"](w.desk, worse, Heard()),
        lambda: ran(python_of_question("choose_costs", worse)),
    ):
        with pytest.raises(InputError) as error:
            ask()
        refused.append(str(error.value))
    assert refused[0] == refused[1]


def compares_costs(w: World) -> None:
    model = trained(w)
    shown, code = asked(w, "compare_costs", first=model, second=SHIPPED)
    assert cards_bundle(*code)["text/plain"] == shown["text/plain"]


def shows_a_card(w: World) -> None:
    shown, code = asked(w, "cost_card", model=SHIPPED)
    assert card_bundle(code)["text/plain"] == shown["text/plain"]


def lists_models(w: World) -> None:
    model = trained(w)
    shown, code = asked(w, "cost_shelf")
    assert [m for m, *_ in shown["models"]] == [*(c.model_id for c in code.cards), SHIPPED]
    assert model in {c.model_id for c in code.cards}


def reads_columns(w: World) -> None:
    shown, code = asked(w, "esg_head", path=w.folder / "esg.csv")
    assert code == shown["columns"]


def explains_a_trade(w: World) -> None:
    shown, code = asked(w, "explain", spec=w.spec, trade=trade_key(first_trade(w)))
    assert explanation_bundle(code) == shown


def exports_orders(w: World) -> None:
    name = first_trade(w).security_id
    some = w.spec.with_changes(decisions=Decisions(accepted=frozenset({name})))
    for spec, accepted, basket in ((w.spec, False, False), (some, True, True)):
        folder = w.folder / f"orders {accepted}"
        request = {"spec": spec, "folder": str(folder), "basket": basket, "accepted": accepted, "replace": False}
        shown = VERBS["export_orders"](w.desk, request, Heard())
        written = {path: Path(path).read_bytes() for path in shown["files"]}
        lines = python_of_question("export_orders", request)
        with pytest.raises(InputError):  # what the click wrote is not overwritten
            ran(lines)
        for path in written:
            Path(path).write_bytes(b"older")
        again = ran(python_of_question("export_orders", {**request, "replace": True}))
        assert {str(path): path.read_bytes() for path in again} == written


def turns_pages_of_a_fleet(w: World) -> None:
    for order in ({}, {"by": "value_usd", "descending": True, "shown": "all", "find": "A00000"}):
        shown, code = asked(w, "fleet_page", folder=w.fleet.folder, **order)
        assert page_table(code) == shown["table"]
        assert tuple(r.label for r in code.rows) == shown["ids"]


def draws_a_frontier(w: World) -> None:
    shown, code = asked(w, "frontier", spec=w.spec, field="tracking_error_max", values=(0.015, 0.03))
    assert frontier_bundle(code)["text/plain"] == shown["text/plain"]


def reads_orders(w: World) -> None:
    shown, code = asked(w, "load_orders", spec=w.spec, files=w.orders)
    assert orders_bundle(code.history, code.quality, code.sentences) == shown["bundle"]
    of_source = w.spec.with_changes(source=replace(w.source, orders=w.orders.orders))
    shown, code = asked(w, "load_orders", spec=of_source, files=None)
    assert len(code.history) == shown["orders"]


def lists_lots(w: World) -> None:
    shown, code = asked(w, "lots", spec=w.spec)
    assert lots_table(code) == shown["table"]


def measures(w: World) -> None:
    shown, code = asked(w, "measure", spec=w.spec)
    assert measures_bundle(code) == shown["bundle"]
    _, code = asked(w, "measure", spec=w.spec, proposed=True)
    assert code == w.desk.propose(w.spec, Heard()).after


def opens(w: World) -> None:
    shown, code = asked(w, "open", source=w.source)
    assert tuple(code.accounts) == tuple(shown["accounts"])
    assert (code.market.as_of, dict(code.fingerprint)) == (shown["as_of"], shown["fingerprint"])


def polls(w: World) -> None:
    quotes, usual = w.folder / "quotes.csv", policy_named("threshold")
    easily = with_thresholds(usual, {d.trigger: 1e-4 * d.value for d in dials_of(usual)})
    policy = replace(easily, at_most_every_days=0)
    memory, called = "", []
    for minute in (0, 5, 10):
        now = OPEN.replace(minute=minute)
        rows = [f"T{i:02},{40 + 7 * (i % 9)},{now.isoformat()}" for i in range(24) if i != 3]
        quotes.write_text("\n".join(["symbol,price,time", *rows, ""]), encoding="utf-8")
        request = {"spec": w.spec, "policy": policy, "quotes": str(quotes), "every": True, "memory": memory, "now": now}
        shown, code = asked(w, "poll_quotes", **request)
        assert poll_bundle(code)["text/plain"] == shown["bundle"]["text/plain"]
        assert (tuple(i.label for i in code.called), tuple(code.standing)) == (shown["called"], shown["standing"])
        memory = shown["memory"]
        called.append(shown["called"])
    assert called == [(), ("mine",), ()]
    shown, code = asked(w, "poll_quotes", **{**request, "now": CLOSED})
    assert shown["closed"]
    assert code is None


def prices_all(w: World) -> None:
    shown, code = asked(w, "price_all", spec=w.spec)
    assert wish_costs_bundle(code) == shown


def prices_a_wish(w: World) -> None:
    wished = w.spec.mandate.with_changes(tracking_error_max=0.015)
    shown, code = asked(w, "price_wish", spec=w.spec, mandate=wished, wish="a tighter cap")
    assert (code.sentence, code.cost_usd, code.tracking_error) == (
        shown["sentence"],
        shown["cost_usd"],
        shown["tracking_error"],
    )
    out_of_reach = {"spec": w.spec, "mandate": w.spec.mandate.with_changes(tracking_error_max=1e-5), "wish": "no risk"}
    assert not VERBS["price_wish"](w.desk, out_of_reach, Heard())["feasible"]
    with pytest.raises(InfeasibleError):
        ran(python_of_question("price_wish", out_of_reach))


def proposes(w: World) -> None:
    shown, code = asked(w, "propose", spec=w.spec)
    assert proposal_bundle(code)["text/plain"] == shown["bundle"]["text/plain"]
    assert code.trade_list == shown["proposal"].trade_list


def runs_a_fleet(w: World) -> None:
    request = replace(w.fleet, folder=w.folder / "again")
    shown = VERBS["start_fleet"](w.desk, {"request": request}, Heard())
    code = ran(python_of_question("start_fleet", {"request": replace(request, folder=w.folder / "from code")}))
    assert shown["done"] == 2
    pages = [ran(python_of_question("fleet_page", {"folder": w.folder / name})) for name in ("again", "from code")]
    assert page_table(pages[0]) == page_table(pages[1])
    assert code is not None


def trains(w: World) -> None:
    training = CostTraining(DAY, blocks=2, seed=4)
    shown, code = asked(w, "train_costs", spec=w.spec, files=w.orders, training=training)
    names: dict[str, Any] = {}
    exec(python_of_question("train_costs", {"spec": w.spec, "files": w.orders, "training": training}), names)  # noqa: S102
    assert names["card"].model_id == shown["model_id"]
    assert names["card"].verdict == code


def tries_an_esg_file(w: World) -> None:
    shown, (found, covers) = asked(w, "try_esg", source=w.with_esg)
    assert esg_file_sentence("esg.csv", found) == shown["sentence"]
    assert esg_file_bundle("esg.csv", found, covers) == shown["bundle"]


def watches(w: World) -> None:
    policy = replace(policy_named("threshold"), at_most_every_days=3)
    for every in (False, True):
        shown, code = asked(w, "watch", spec=w.spec, policy=policy, every=every)
        assert worklist_bundle(code) == shown["bundle"]


def watches_costs(w: World) -> None:
    model = trained(w)
    shown, code = asked(w, "watch_costs", spec=w.spec, files=w.orders, model=model, since=BEFORE_SOME)
    assert watched_bundle(code, model) == shown["bundle"]


def asks_why_not(w: World) -> None:
    traded = {t.security_id for t in w.desk.propose(w.spec, Heard()).trade_list}
    name = next(f"S{i:02}" for i in range(24) if f"S{i:02}" not in traded)
    shown, code = asked(w, "why_not", spec=w.spec, name=name)
    assert reasons_bundle(name, code) == shown


def learns_what_can_be_wished(w: World) -> None:
    spec = w.spec.with_changes(source=w.with_esg)
    shown, code = asked(w, "wishable", spec=spec)
    assert code == shown["measures"]
    assert coverage_bundle(code) == shown["bundle"]


def plans_the_year_end(w: World) -> None:
    wishes = YearEndWishes(ways=())
    shown, code = asked(w, "year_end", spec=w.spec, wishes=wishes)
    assert year_end_bundle(code) == shown["bundle"]


CASES: Mapping[str, Callable[[World], None]] = MappingProxyType(
    {
        "account_of_fleet": opens_an_account_of_a_fleet,
        "choose_costs": chooses_costs,
        "compare_costs": compares_costs,
        "cost_card": shows_a_card,
        "cost_shelf": lists_models,
        "esg_head": reads_columns,
        "explain": explains_a_trade,
        "export_orders": exports_orders,
        "fleet_page": turns_pages_of_a_fleet,
        "frontier": draws_a_frontier,
        "load_orders": reads_orders,
        "lots": lists_lots,
        "measure": measures,
        "open": opens,
        "poll_quotes": polls,
        "price_all": prices_all,
        "price_wish": prices_a_wish,
        "propose": proposes,
        "start_fleet": runs_a_fleet,
        "train_costs": trains,
        "try_esg": tries_an_esg_file,
        "watch": watches,
        "watch_costs": watches_costs,
        "why_not": asks_why_not,
        "wishable": learns_what_can_be_wished,
        "year_end": plans_the_year_end,
    }
)


@pytest.mark.parametrize("verb", sorted(set(VERBS) - set(WITHOUT)))
def test_the_python_of_a_question_gives_what_the_panel_shows(verb: str, world: World) -> None:
    CASES[verb](world)


def test_swaps_and_saving_have_their_python_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = world.desk.propose(world.spec, Heard())
    assert ran(python_of_swaps(world.spec)) == swaps(proposal.trade_list)
    monkeypatch.chdir(world.folder)
    monkeypatch.setenv("JPY_SESSION_NAME", "plan.ipynb")
    state = AppState(world.spec, opened=VERBS["open"](world.desk, {"source": world.source}, Heard()))
    assert "Saved as plan.di.toml" in told_of_saving(state)
    pressed = Path("plan.di.toml").read_bytes()
    Path("plan.di.toml").unlink()
    assert ran(python_of_saving(world.spec)).read_bytes() == pressed


def test_every_verb_has_its_python_or_the_reason_why_none() -> None:
    assert {*WRITTEN, *WITHOUT} == set(VERBS)
    assert not set(WRITTEN) & set(WITHOUT)
    assert set(CASES) == set(WRITTEN)
    assert all(reason.endswith(".") for reason in WITHOUT.values())
    assert set(WITHOUT) == {"give"}, "a verb that a press asks for has its Python"
