"""The fleet page without a kernel: pages, orders and filters are asked for, an account becomes the app's account."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.report.tables import Column, Table
from di_advisor.runs import FileSource, FleetSource, RunSpec, SampleSource
from di_advisor.runs.of_fleet import FleetRequest
from di_advisor.ui.aside import Aside
from di_advisor.ui.pages.fleet import FleetPage
from di_advisor.ui.pages.source_form import SourceForm
from tests.ui.fake_host import FakeHost

SPEC = RunSpec(SampleSource(), "young")
BUNDLE = {"text/html": "totals", "text/markdown": "", "text/plain": ""}
TABLE = Table("450 accounts", (Column("Account"), Column("To look at")), (("A1", "odd"), ("A2", "")))
FOUND: dict[str, Any] = {
    "table": TABLE,
    "ids": ("A1", "A2"),
    "number": 1,
    "pages": 3,
    "matched": 450,
    "accounts": 10_000,
    "finished": True,
    "passes": 2,
    "sentence": "9,998 of <b>10,000</b> accounts with a proposal.",
    "bundle": BUNDLE,
}
MARKET = FileSource(Path("lots.csv"), Path("prices.csv"), Path("index.csv"), date(2026, 6, 30))


class FakeAside(Aside):
    """Works at once; `asked` holds what was asked, `meanwhile` is done while it works."""

    def __init__(self, *ended: tuple[str, Any]) -> None:
        super().__init__()
        self.ended = list(ended)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    async def work(self, verb: str, told: Callable[[str], None], **request: Any) -> tuple[str, Any]:
        self.asked.append((verb, request))
        self.running = True
        told("40%: 16 accounts done")
        self.meanwhile()
        self.running = False
        return self.ended.pop(0)


def page(*ended: tuple[str, Any], **answers: Any) -> tuple[FleetPage, FakeHost]:
    host = FakeHost(SPEC, answers)
    made = FleetPage(host, FakeAside(*ended))
    host.page = made
    host.refresh()
    return made, host


def read(**answers: Any) -> tuple[FleetPage, FakeHost]:
    made, host = page(fleet_page=FOUND, **answers)
    made._form.folder.value = " tonight "
    made._read.click()
    return made, host


def test_without_a_folder_nothing_is_asked_and_it_is_said() -> None:
    made, host = page()
    made._read.click()
    assert host.asked == []
    assert "No folder is named." in made._wrong.value


def test_the_list_stands_with_its_totals_and_where_one_is_in_it() -> None:
    made, host = read()
    asked = host.asked[-1]
    assert asked == (
        "fleet_page",
        {"folder": Path("tonight"), "number": 1, "shown": "all", "find": "", "by": "urgency", "descending": False},
    )
    assert made._list.ids == ["A1", "A2"]
    assert "Page 1 of 3: 450 accounts of 10,000." in made._where.value
    assert "&lt;b&gt;10,000" in made._says.value
    assert "not finished" not in made._says.value
    assert (host.shown, made.result(host.state)) == ([BUNDLE], BUNDLE)


def test_a_run_under_way_is_said_to_be_and_the_pass_of_the_list_too() -> None:
    made, host = read()
    host.answers["fleet_page"] = {**FOUND, "finished": False}
    made._read.click()
    assert "The run is not finished" in made._says.value
    assert "in pass 2; the list is of the first" in made._says.value


def test_the_same_totals_are_not_drawn_again_by_turning_a_page() -> None:
    made, host = read()
    made._after.click()
    assert host.asked[-1][1]["number"] == 2
    assert len(host.shown) == 1


def test_pages_can_be_turned_only_where_there_are_some() -> None:
    made, host = read()
    assert (made._before.disabled, made._after.disabled) == (True, False)
    host.answers["fleet_page"] = {**FOUND, "number": 3}
    made._after.click()
    assert (made._before.disabled, made._after.disabled) == (False, True)


def test_a_heading_a_filter_and_a_search_ask_for_the_first_page_of_all_accounts() -> None:
    made, host = read()
    made._after.click()
    made._list.order = [3, True]
    assert host.asked[-1][1] | {"folder": 0} == {
        "folder": 0,
        "number": 1,
        "shown": "all",
        "find": "",
        "by": "value_usd",
        "descending": True,
    }
    made._shown.value = "exceptions"
    assert (host.asked[-1][1]["shown"], host.asked[-1][1]["by"]) == ("exceptions", "value_usd")
    made._find.value = "wash"
    assert host.asked[-1][1]["find"] == "wash"


def test_before_a_list_is_read_filters_ask_nothing() -> None:
    made, host = page()
    made._shown.value = "exceptions"
    assert host.asked == []


def test_an_account_that_is_opened_becomes_the_apps_with_its_own_wishes() -> None:
    source = FleetSource(Path("tonight"), "A2", None, 10_000, 1)
    spec = RunSpec(source, "A2", Mandate(tracking_error_max=0.02))
    made, host = read(account_of_fleet={"spec": spec})
    assert made._open.disabled
    made._list.selected = ["A2"]
    assert not made._open.disabled
    made._open.click()
    assert host.asked[-1] == ("account_of_fleet", {"source": source})  # as many generated as the list holds
    assert (host.state.spec, host.turned) == (spec, ["Account"])


def test_an_account_that_cannot_be_opened_leaves_the_app_as_it_is() -> None:
    made, host = read()
    made._list.selected = ["A1"]
    made._open.click()
    assert (host.state.spec, host.turned) == (SPEC, [])


def test_accounts_of_a_file_are_found_again_in_it() -> None:
    made, host = read()
    made._form._origin.value = "Parquet file"
    made._list.selected = ["A1"]
    made._open.click()
    assert "No file of accounts is named." in made._wrong.value
    made._form._file.value = "clients.parquet"
    made._open.click()
    assert host.asked[-1][1]["source"] == FleetSource(Path("tonight"), "A1", Path("clients.parquet"))


@pytest.mark.parametrize(("count", "says"), [(0.0, "0 accounts"), (-3.0, "How many"), (2.5, "How many")])
def test_a_number_that_is_none_is_said_before_a_run_starts(count: float, says: str) -> None:
    made, host = page()
    made._form.folder.value = "tonight"
    made._form._count.value = count
    made._start.click()
    assert host.asked == []
    assert says in made._wrong.value


def test_the_market_of_a_file_of_accounts_is_the_apps_where_that_is_chosen() -> None:
    made, host = read()
    made._form._origin.value, made._form._file.value = "Parquet file", "clients.parquet"
    made._form._market.value = "Market of my files"
    made._list.selected = ["A1"]
    made._open.click()
    assert "The app&#39;s source is not files." in made._wrong.value
    opened = FleetSource(Path("tonight"), "A1", Path("clients.parquet"), market=MARKET)
    for source in (MARKET, opened):  # also after an account of the same run was opened
        host.state.edit(RunSpec(source, "A1"))
        made._open.click()
        assert host.asked[-1] == ("account_of_fleet", {"source": opened})


def test_a_run_shows_its_list_and_the_python_that_repeats_it() -> None:
    code = "fleet.propose(..., into='<tonight>')"
    made, host = page(("result", {"done": 40, "set_aside": 0, "code": code}), fleet_page=FOUND)
    aside = made._aside
    assert isinstance(aside, FakeAside)
    made._form.folder.value = "tonight"
    made._start.click()
    assert aside.asked == [("start_fleet", {"request": FleetRequest(Path("tonight"), None, 40, 1, 1)})]
    assert [verb for verb, _ in host.asked] == ["fleet_page"]
    assert "into=&#39;&lt;tonight&gt;" in made._code.value
    assert "Finished: 40 accounts done, 0 set aside." in made._runs.value


def test_while_a_run_works_other_questions_can_be_asked_and_it_can_be_stopped() -> None:
    made, host = page(("stopped", ""), fleet_page=FOUND)
    aside, seen = made._aside, list[Any]()
    assert isinstance(aside, FakeAside)

    def look() -> None:
        made.show(host.state)
        seen.extend([made._read.disabled, made._start.disabled, made._stop.disabled, made._runs.value])

    aside.meanwhile = look
    made._form.folder.value = "tonight"
    assert made._stop.disabled
    made._start.click()
    assert seen[:3] == [False, True, False]
    assert "40%: 16 accounts done" in seen[3]
    assert "Stopped; what was solved stands." in made._runs.value
    assert (made._start.disabled, made._stop.disabled) == (False, True)


def test_a_run_that_breaks_says_why() -> None:
    made, host = page(("failed", "The disk is <full>."))
    made._form.folder.value = "tonight"
    made._start.click()
    assert host.asked == []
    assert "The disk is &lt;full&gt;." in made._wrong.value
    assert not made._start.disabled


def test_while_something_runs_no_list_can_be_asked_for_but_a_run_can_start() -> None:
    made, host = read()
    host.state.start("Proposing")
    made.show(host.state)
    assert made._read.disabled
    assert made._after.disabled
    assert not made._start.disabled


def test_the_source_form_offers_a_fleets_account_once_there_is_one() -> None:
    form, source = SourceForm(lambda: None), FleetSource(Path("tonight"), "A2", None, 5)
    assert "Account of a fleet" not in form.kind.options
    form.show(source)
    assert form.source() == source
    form.kind.value = "Simulated sample"
    assert form.source() == SampleSource()
