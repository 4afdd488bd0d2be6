"""The desk: what is installed, how it stands, what it gives, what a file holds, what the live services said."""

import json
from dataclasses import replace
from datetime import date, timedelta
from importlib.metadata import EntryPoint

import pytest

from di_advisor import ports
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import (
    InputError,
    PluginError,
    SourceContentError,
    SourceRefusedError,
    SourceUnavailableError,
)
from di_advisor.registry import source_desk
from di_data.frame.adapter import Adapter
from di_data.frame.desk import LocalDesk, default_folder
from di_data.frame.discovery import Discovery
from di_data.frame.live_smoke import refuse_unless_wished
from tests.data_adapters.frame.example import GOOD, QUERY, taught
from tests.data_adapters.frame.pages import PAGES, Never, Weights
from tests.data_adapters.loopback import CANARY, MORNING, Installed, forget_freshness

Example = taught().ExamplePrices
KEYS = {"EXAMPLE_API_KEY": CANARY, "PAGES_KEY": CANARY}


@pytest.fixture
def desk(service, tmp_path):
    """Desk with the adapter of the README, the one with pages, and their service on loopback."""
    opened = []

    def build(*adapters, reach=lambda _: True, **settings):
        client = service.client(tmp_path / "kept")
        wire = replace(client._wire, reach=reach)
        settings = {
            "keys": client.keys if settings.pop("keyless", False) else KEYS,
            "clock": lambda: MORNING,
            **settings,
        }
        found = Installed(*(adapters or (Example(), Weights())))
        opened.append(LocalDesk(tmp_path / "kept", discovery=found, wire=wire, **settings))
        return opened[-1]

    yield build
    for each in opened:
        each.close()


def test_the_registry_gives_a_desk_that_keeps_the_port(tmp_path):
    found = source_desk(folder=tmp_path)
    assert isinstance(found, ports.SourceDesk)
    assert isinstance(found, LocalDesk)
    for each in found.status():
        assert not each.broken, each.broken
    found.close()


def test_the_folder_of_a_user_is_one_that_nobody_clears():
    assert default_folder().name == "sources"
    assert "di_advisor" in default_folder().parts


def test_a_source_that_never_gave_anything_stands_as_such(desk):
    weights = next(each for each in desk(keyless=True).status() if each.name == "weights")
    assert (weights.key_variable, weights.key_needed, weights.keyed) == ("PAGES_KEY", True, False)
    assert (weights.last_at, weights.age, weights.reachable) == (None, None, None)
    assert weights.verification == "never verified live"
    assert not weights.usable


def test_what_a_source_last_gave_and_failed_with_is_remembered(desk, service, tmp_path):
    service.answers(GOOD)
    desk().pull("example_prices", QUERY)
    later = desk(clock=lambda: MORNING + timedelta(days=2))
    status = later.status(probe=True)[0]
    assert (status.last_at, status.last_records, status.age) == (MORNING, 2, timedelta(days=2))
    assert (status.reachable, status.keyed, status.usable, status.last_error) == (True, True, True, "")
    forget_freshness(tmp_path)
    service.answers(402)
    with pytest.raises(SourceRefusedError):
        desk().pull("example_prices", QUERY)
    status = desk().status()[0]
    assert status.last_at == MORNING
    assert "402" in status.last_error


def test_hosts_are_probed_only_when_asked_and_only_online(desk):
    probed = []
    reach = lambda host: probed.append(host) or host != "data.example.org"  # noqa: E731
    assert [each.reachable for each in desk(reach=reach).status()] == [None, None]
    assert probed == []
    assert [each.reachable for each in desk(reach=reach).status(probe=True)] == [True, False]
    assert [each.reachable for each in desk(reach=reach, mode="cache_only").status(probe=True)] == [None, None]
    assert [each.reachable for each in desk(reach=lambda _: None).status(probe=True)] == [None, None]


def test_a_verified_source_says_since_when(desk):
    kind = type("Seen", (Example,), {"facts": replace(Example.facts, verified_live=date(2026, 11, 1))})
    assert desk(kind()).status()[0].verification == "verified live on 2026-11-01"


POINTS = {
    "missing": "no_such_module_of_anybody:Adapter",
    "misnamed": "tests.data_adapters.frame.pages:Weights",
    "not_one": "builtins:dict",
    "gone": "tests.data_adapters.frame.pages:Gone",
    "weights": "tests.data_adapters.frame.pages:Weights",
}


def test_a_broken_adapter_is_reported_and_stops_no_other(tmp_path):
    group = "di_advisor.source_adapters"
    found = Discovery({name: EntryPoint(name, value, group) for name, value in POINTS.items()})
    desk = LocalDesk(tmp_path, discovery=found)
    status = {each.name: each for each in desk.status()}
    assert "No module named" in status["missing"].broken
    assert "its facts say 'weights'" in status["misnamed"].broken
    assert "is no Adapter" in status["not_one"].broken
    assert "AttributeError" in status["gone"].broken
    assert not status["missing"].usable
    assert status["weights"].title == "Weights"
    with pytest.raises(PluginError, match="other sources are not affected"):
        desk.pull("missing", QUERY)
    with pytest.raises(PluginError, match="There is no source 'unknown'"):
        desk.pull("unknown", QUERY)
    desk.close()


def test_names_are_known_without_loading_anything():
    point = EntryPoint("bomb", "no_such_module_of_anybody:X", "di_advisor.source_adapters")
    assert Discovery({"bomb": point}).names() == ("bomb",)


def test_every_installed_adapter_loads_and_is_one():
    found = Discovery()
    for name in found.names():
        assert isinstance(found.adapter(name), Adapter)


def test_a_saved_answer_is_read_by_the_same_parser(desk, tmp_path):
    saved = tmp_path / "aapl.json"
    saved.write_bytes(GOOD)
    parsed = desk().parse_file("example_prices", saved, {"symbol": "AAPL"})
    assert [each.close_usd for each in parsed.records] == [185.64, 184.25]
    assert parsed.received[0].provenance.source == "aapl.json"


def test_a_saved_login_page_is_refused_with_what_guards_and_parser_say(desk, tmp_path):
    saved = tmp_path / "aapl.json"
    saved.write_bytes(b"<html><title>Log in</title></html>")
    with pytest.raises(SourceContentError) as caught:
        desk().parse_file("example_prices", saved, {"symbol": "AAPL"})
    assert "a web page came" in caught.value.what
    assert "The parser says" in caught.value.what


def test_a_file_that_is_not_there_is_said_so(desk, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        desk().parse_file("example_prices", tmp_path / "none.json")


def test_a_parser_that_needs_to_know_the_symbol_says_so(desk, tmp_path):
    saved = tmp_path / "x.json"
    saved.write_bytes(GOOD)
    with pytest.raises(SourceContentError, match="symbol"):
        desk().parse_file("example_prices", saved)


def test_a_bundle_goes_from_desk_to_desk(desk, service, tmp_path):
    service.answers(*PAGES)
    first = desk()
    first.export_bundle(tmp_path / "bundle", [("weights", SourceQuery())])
    carried = desk(bundle=tmp_path / "bundle")
    assert carried.pull("weights", SourceQuery()).records == first.pull("weights", SourceQuery()).records
    with pytest.raises(SourceUnavailableError):
        carried.pull("example_prices", QUERY)
    with pytest.raises(InputError, match="account data"):
        desk(Never()).export_bundle(tmp_path / "other", [("never", SourceQuery())])


@pytest.mark.parametrize(("settings", "words"), [({"mode": "offline"}, "cache_only"), ({"mode": "bundle"}, "bundle=")])
def test_a_mode_that_cannot_be_is_refused(tmp_path, settings, words):
    with pytest.raises(InputError, match=words):
        LocalDesk(tmp_path, **settings)


def test_of_account_data_nothing_is_kept_not_even_in_an_error(desk, service, tmp_path):
    never = Never()
    service.answers(b"account,U1234567\n1,2\n")
    with pytest.raises(SourceContentError):
        desk(never).pull("never", SourceQuery())
    service.answers(b"U1234567 is locked <")
    with pytest.raises(SourceContentError):
        desk(never).pull("never", SourceQuery())
    assert desk(never).status()[0].last_error == "SourceContentError"
    service.answers(*PAGES)
    assert desk(never).pull("never", SourceQuery()).records
    kept = [each for each in (tmp_path / "kept").rglob("*") if each.is_file()]
    assert {each.name.partition(".")[0] for each in kept} == {"never"}
    assert b"U1234567" not in b"".join(each.read_bytes() for each in kept)


class TestSmoke:
    @pytest.fixture(autouse=True)
    def _by_hand(self, monkeypatch):
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.delenv("DI_ADVISOR_LIVE", raising=False)

    def test_it_never_runs_unless_it_is_wished_for(self, desk, tmp_path):
        with pytest.raises(InputError, match="DI_ADVISOR_LIVE=1"):
            desk().smoke(tmp_path, live=False)
        with pytest.raises(InputError, match="cache_only"):
            desk(mode="cache_only").smoke(tmp_path, live=True)
        refuse_unless_wished(live=False, environment={"DI_ADVISOR_LIVE": "1"})
        with pytest.raises(InputError, match="continuous integration"):
            refuse_unless_wished(live=True, environment={"CI": "true"})

    def test_it_asks_every_source_anew_and_writes_a_dated_report(self, desk, service, tmp_path):
        asking = type("Asking", (Example,), {"facts": replace(Example.facts, example=QUERY)})
        other = replace(Weights.facts, name="other", provider="Other", example=SourceQuery())
        silent = type("Silent", (Weights,), {"facts": other})
        opened = desk(asking(), silent(), Weights())
        service.answers(GOOD)
        opened.pull("example_prices", QUERY)
        service.answers(GOOD, b"<html><title>Gone</title></html>")
        results = {each.name: each for each in opened.smoke(tmp_path / "report", live=True)}
        assert len(service.seen) == 2
        assert {name: each.outcome for name, each in results.items()} == {
            "example_prices": "answers",
            "other": "other content",
            "weights": "not asked",
        }
        text = (tmp_path / "report/smoke-2026-11-02.txt").read_text(encoding="utf-8")
        assert "1 of 3 answer as documented" in text
        assert "verified_live = date(2026, 11, 2): example_prices" in text
        report = json.loads((tmp_path / "report/smoke-2026-11-02.json").read_text(encoding="utf-8"))
        (answer,) = report["sources"][0]["answers"]
        assert len(answer["sha256"]) == 64
        assert CANARY not in text + json.dumps(report)

    def test_refusals_and_silence_are_outcomes_and_not_the_end(self, desk, service, tmp_path):
        asking = type("Asking", (Example,), {"facts": replace(Example.facts, example=QUERY)})
        for status, outcome in ((403, "refused"), (503, "unavailable")):
            service.answers(status)
            (result,) = desk(asking()).smoke(tmp_path / outcome, live=True)
            assert result.outcome == outcome
        (missing,) = desk(asking()).smoke(tmp_path / "x", live=True, names=["unknown"])
        assert missing.outcome == "fails"
