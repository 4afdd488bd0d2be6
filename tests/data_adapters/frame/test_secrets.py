"""A key is nowhere but where it is sent: a canary is looked for in everything that is kept, logged or shown."""

import copy
import io
import json
import logging
import traceback
from datetime import date, timedelta

import pytest
from IPython.core.ultratb import VerboseTB
from werkzeug import Response

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import SourceError, SourceRefusedError
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts
from di_data.frame.client import Mode
from di_data.frame.desk import LocalDesk
from di_data.frame.exchange import Content, Request
from di_data.frame.guards import json_document
from di_data.frame.keys import Keys, Secret
from di_data.frame.pulling import pull
from di_data.frame.scrubbing import scrub
from tests.data_adapters.loopback import CANARY, Installed, forget_freshness, redirect

PLACES = [
    KeyPlace("CANARY_KEY", header="X-Finnhub-Token"),
    KeyPlace("CANARY_KEY", header="X-OPENFIGI-APIKEY"),
    KeyPlace("CANARY_KEY", header="apikey"),
    KeyPlace("CANARY_KEY", header="Authorization", prefix="Token "),
    KeyPlace("CANARY_KEY", header="X-Own-Name-Of-A-Header"),
    KeyPlace("CANARY_KEY", parameter="token"),
    KeyPlace("CANARY_KEY", parameter="t"),
    KeyPlace("CANARY_KEY", parameter="api-key"),
    KeyPlace("CANARY_KEY", parameter="apikey"),
    KeyPlace("CANARY_KEY", parameter="own_name"),
]
NAMES = [place.header or f"?{place.parameter}=" for place in PLACES]


def adapter_with(place: KeyPlace, name: str = "canary") -> Adapter[dict]:
    class Keyed(Adapter[dict]):
        facts = SourceFacts(
            name, "Canary", "Canary", ("api.example.com", "files.example.com"), "none", "none", (), key=place
        )

        def plan(self, query):
            del query
            return [Request("https://api.example.com/v1/rows", Content.JSON, (("symbol", "A"),))]

        def parse(self, body, received):
            return json_document(body, received)["rows"]

    return Keyed()


GOOD = json.dumps({"rows": [{"n": 1}], "next_url": f"https://api.example.com/v1/rows?cursor=2&token={CANARY}"}).encode()


def said_by(error: BaseException) -> str:
    """Everything that any way of showing an error says, local variables of all frames included."""
    while error.__traceback__ is not None and error.__traceback__.tb_frame.f_code.co_filename == __file__:
        error = error.with_traceback(error.__traceback__.tb_next)  # the test itself knows the key
    assert error.__traceback__ is not None
    plain = "".join(traceback.format_exception(error))
    verbose = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    notebook = "".join(VerboseTB(include_vars=True).text(type(error), error, error.__traceback__))
    return "\n".join([plain, verbose, notebook, str(error), repr(error), repr(getattr(error, "facts", ""))])


@pytest.fixture
def everything_logged():
    root, stream = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(stream), root.level
    handler.addFilter(lambda record: record.name != "werkzeug")  # the service's own diary
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("place", PLACES, ids=NAMES)
def test_a_key_is_sent_and_found_nowhere_else(place, service, tmp_path, everything_logged, capsys):
    adapter = adapter_with(place)
    client = service.client(tmp_path, (adapter.facts,))
    shown = [repr(client), repr(client.keys), str(client.keys.find(adapter.facts)), repr(vars(client))]
    service.answers(503, Response(b"wait", status=429, headers={"Retry-After": "1"}), GOOD)
    pulled = pull(client, adapter, SourceQuery())
    sent = service.seen[-1].headers.get(place.header) if place.header else service.seen[-1].args.get(place.parameter)
    assert sent == place.prefix + CANARY
    shown += [repr(pulled), *(repr(each) for each in pulled.received)]
    client.close()
    assert_nowhere(shown, everything_logged, capsys.readouterr(), tmp_path)
    assert any(path.name == "answers.sqlite" for path in tmp_path.rglob("*"))


def assert_nowhere(shown, logged, out, folder):
    assert "/v1/rows" in logged.getvalue()
    for text in (*shown, logged.getvalue(), out.out, out.err):
        assert CANARY not in text
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in kept if CANARY.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("place", [PLACES[0], PLACES[3], PLACES[5]], ids=["header", "prefix", "parameter"])
def test_no_failure_shows_the_key_in_any_way_of_showing_it(place, service, tmp_path, everything_logged, capsys):
    adapter, shown = adapter_with(place), []
    failures = (
        Response(json.dumps({"error": f"bad key {CANARY}"}), status=401, headers={"X-Echo": CANARY}),
        Response(f"<html>{CANARY}</html>".encode()),
        Response(json.dumps({"Error Message": f"apikey={CANARY} is used up"})),
        Response(f'{{"rows": "{CANARY}", '.encode()),
        redirect(f"https://elsewhere.example.net/?token={CANARY}&{place.parameter}={CANARY}"),
        redirect(f"http://api.example.com/?{place.parameter or 'key'}={CANARY}"),
        503,
        lambda _: Response(b"x", headers={"Content-Length": "99"}),
        service.slow,
    )
    for number, failure in enumerate(failures):
        forgetful = service.client(tmp_path / str(number), (adapter.facts,), read_seconds=0.1)
        service.answers(failure)
        with pytest.raises(SourceError) as caught:
            pull(forgetful, adapter, SourceQuery())
        shown.append(said_by(caught.value))
        forgetful.close()
    assert_nowhere(shown, everything_logged, capsys.readouterr(), tmp_path)


def test_a_key_goes_to_the_host_it_is_for_and_no_further(service, tmp_path):
    for place in (KeyPlace("CANARY_KEY", header="apikey"), KeyPlace("CANARY_KEY", parameter="token")):
        adapter = adapter_with(place)
        client = service.client(tmp_path / (place.header or "p"), (adapter.facts,))
        service.answers(redirect(f"https://files.example.com/rows?token={CANARY}&day=1"), b'{"rows": [1]}')
        assert pull(client, adapter, SourceQuery()).records == (1,)
        first, second = service.seen
        assert CANARY in f"{first.headers}{first.url}"
        if place.parameter:
            assert CANARY not in f"{second.headers}{second.url}"
        assert "apikey" not in second.headers
        assert second.headers["Host"] == "files.example.com"
        assert second.args["day"] == "1"
        client.close()


def test_a_redirect_on_the_same_host_gets_the_key_again_once(service, tmp_path):
    adapter = adapter_with(KeyPlace("CANARY_KEY", parameter="token"))
    client = service.client(tmp_path, (adapter.facts,))
    service.answers(redirect(f"/v2/rows?token={CANARY}"), b'{"rows": [1]}')
    pull(client, adapter, SourceQuery())
    assert service.seen[1].args.getlist("token") == [CANARY]
    client.close()


def test_a_stored_body_never_repeats_the_key_it_was_asked_with(service, tmp_path):
    adapter = adapter_with(KeyPlace("CANARY_KEY", parameter="token"))
    client = service.client(tmp_path, (adapter.facts,))
    service.answers(GOOD)
    answer = client.answer(adapter, adapter.plan(SourceQuery())[0])
    assert CANARY.encode() not in answer.body
    assert len(answer.body) == len(GOOD)
    forget_freshness(tmp_path)
    offline = service.client(tmp_path, mode=Mode.CACHE_ONLY)
    assert offline.answer(adapter, answer.received.request).body == answer.body
    client.close()


def test_a_desk_and_its_bundles_hold_no_key(service, tmp_path):
    adapter = adapter_with(KeyPlace("CANARY_KEY", parameter="token"))
    client = service.client(tmp_path / "kept", (adapter.facts,))

    def opened():
        return LocalDesk(
            tmp_path / "kept", keys={"CANARY_KEY": CANARY}, wire=client._wire, discovery=Installed(adapter)
        )

    service.answers(GOOD)
    desk = opened()
    desk.pull("canary", SourceQuery())
    desk.export_bundle(tmp_path / "bundle", [("canary", SourceQuery())])
    service.answers(Response(f"bad {CANARY}".encode(), status=403))
    desk.close()
    forget_freshness(tmp_path)
    desk = opened()
    with pytest.raises(SourceRefusedError):
        desk.pull("canary", SourceQuery())
    assert desk.status()[0].keyed
    assert "403" in desk.status()[0].last_error
    assert CANARY not in repr(desk.status()) + repr(desk)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()
    desk.close()


def test_an_interrupted_request_shows_no_key(service, tmp_path):
    adapter = adapter_with(KeyPlace("CANARY_KEY", parameter="token"))
    client = service.client(tmp_path, (adapter.facts,))
    service.answers(503)

    def interrupted(_):
        raise KeyboardInterrupt

    object.__setattr__(client._wire, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        pull(client, adapter, SourceQuery())
    assert CANARY not in said_by(caught.value)
    client.close()


def test_a_key_is_looked_for_in_the_argument_then_the_environment_then_the_keyring():
    facts = adapter_with(PLACES[0]).facts
    ring = {"CANARY_KEY": "of the ring"}.get
    assert (
        Keys({"CANARY_KEY": "given"}, environment={"CANARY_KEY": "set"}, keyring=ring).find(facts).reveal() == "given"
    )
    assert Keys(environment={"CANARY_KEY": "set"}, keyring=ring).find(facts).reveal() == "set"
    assert Keys(environment={}, keyring=ring).find(facts).reveal() == "of the ring"


def test_a_key_that_is_missing_is_named_with_all_three_places():
    with pytest.raises(SourceRefusedError) as caught:
        Keys(environment={}, keyring=lambda _: None).find(adapter_with(PLACES[0]).facts)
    for words in ("CANARY_KEY", "argument", "environment variable", "keyring set di_advisor CANARY_KEY"):
        assert words in str(caught.value)


def test_a_key_that_is_not_needed_may_be_missing():
    facts = adapter_with(KeyPlace("CANARY_KEY", header="x", needed=False)).facts
    assert Keys(environment={}, keyring=lambda _: None).find(facts) is None


def test_no_key_is_looked_for_where_the_answer_is_stored(service, tmp_path):
    adapter = adapter_with(PLACES[0])
    client = service.client(tmp_path, (adapter.facts,))
    service.answers(GOOD)
    pull(client, adapter, SourceQuery())
    client.close()
    keyless = service.client(tmp_path, keys=Keys(environment={}, keyring=lambda _: None))
    assert pull(keyless, adapter, SourceQuery()).records
    keyless.close()


@pytest.mark.parametrize("text", ["line-1\nend", " blank-22", "käse-333", "tab-4444\t"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(text):
    with pytest.raises(SourceRefusedError) as caught:
        Keys({"CANARY_KEY": text}).find(adapter_with(PLACES[0]).facts)
    assert text.strip() not in str(caught.value)


def test_a_secret_shows_its_end_at_most_and_cannot_be_copied_into_a_file():
    secret = Secret("sk-0123456789abcdef-ab12")
    assert (repr(secret), f"{secret}", repr(Secret("short"))) == ("***ab12", "***ab12", "***")
    with pytest.raises(TypeError, match="not copied"):
        copy.copy(secret)


@pytest.mark.parametrize(
    "name", ["apikey", "api-key", "api_key", "token", "t", "access_token", "X-Auth", "clientSecret"]
)
def test_values_of_parameters_that_sound_like_keys_are_masked(name):
    assert scrub(f"GET /a?symbol=A&{name}=abc123 HTTP/1.1") == f"GET /a?symbol=A&{name}=*** HTTP/1.1"
    assert scrub("GET /a?symbol=tokenless&date=1") == "GET /a?symbol=tokenless&date=1"


def test_what_a_query_says_of_days_and_names_is_not_masked():
    query = SourceQuery((Identifier(IdentifierScheme.TICKER, "A"),), start=date(2024, 1, 2))
    assert scrub(repr(query)) == repr(query)
    assert RateLimit(1, timedelta(days=1)).requests == 1
