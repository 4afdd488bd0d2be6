"""What is stored: taken while fresh, kept when a source fails or lies, never overwritten, carried in bundles."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import Response

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import (
    DamagedStoreError,
    InputError,
    InputWarning,
    NewerSchemaError,
    SourceContentError,
    SourceRefusedError,
    SourceUnavailableError,
    UnfinishedError,
)
from di_data.frame.bodies import BodyStore, Version, checksum, fingerprint, write_whole
from di_data.frame.bundle import Bundle, export_bundle
from di_data.frame.client import Mode, age_in_words
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.pulling import PullSettings, answers_of, pull
from tests.data_adapters.frame.example import GOOD, taught
from tests.data_adapters.frame.pages import PAGES, Weights
from tests.data_adapters.frame.test_contract import QUERY
from tests.data_adapters.loopback import MORNING, forget_freshness

ADAPTER = taught().ExamplePrices()
LATER = MORNING + timedelta(days=3, hours=1)
DAYS = [{"date": f"2024-01-{day:02d}", "close": 180.0 + day} for day in range(2, 22)]


def body(days) -> bytes:
    return json.dumps(days).encode()


@pytest.fixture
def client(service, tmp_path):
    """Client of a folder that stays the same; made anew, as another kernel would."""
    made = []

    def build(**settings):
        made.append(service.client(tmp_path, (ADAPTER.facts,), **settings))
        return made[-1]

    yield build
    for each in made:
        each.close()


def test_a_service_that_says_nothing_has_changed_is_believed(client, service, tmp_path):
    service.answers(Response(GOOD, headers={"ETag": '"one"'}), Response(b"", status=304))
    short = type("Short", (type(ADAPTER),), {"facts": with_facts(keeps_for=timedelta(milliseconds=1))})()
    first = pull(client(), short, QUERY)
    second = pull(client(clock=lambda: LATER), short, QUERY)
    assert service.seen[1].headers["If-None-Match"] == '"one"'
    assert second.records == first.records
    assert second.oldest == MORNING
    assert not second.stale


def with_facts(**changes):
    return replace(ADAPTER.facts, **changes)


def test_a_past_price_that_changed_is_told_and_the_former_stays_reproducible(client, service, tmp_path):
    changed = [dict(day) for day in DAYS]
    changed[0]["close"] = 99.0
    service.answers(body(DAYS))
    before = pull(client(), ADAPTER, QUERY)
    forget_freshness(tmp_path)
    service.answers(body([*changed, {"date": "2024-01-22", "close": 1.0}]))
    with pytest.warns(InputWarning, match="the past has changed"):
        after = pull(client(clock=lambda: LATER), ADAPTER, QUERY)
    (told,) = after.warnings
    assert "2024-01-02: close_usd was 182.0, is 99.0" in told
    assert "2024-01-22" not in told
    assert before.received[0].provenance.raw_sha256[:12] in told
    then = pull(client(clock=lambda: LATER), ADAPTER, QUERY, PullSettings(as_fetched=MORNING + timedelta(hours=1)))
    assert then.records == before.records
    now = pull(client(mode=Mode.CACHE_ONLY, clock=lambda: LATER), ADAPTER, QUERY)
    assert now.records == after.records


def test_days_that_were_taken_away_are_told_and_days_that_moved_out_of_the_window_are_not(client, service, tmp_path):
    service.answers(body([*DAYS, {"date": "2024-01-21", "close": 5.0}]))
    pull(client(), ADAPTER, QUERY)
    forget_freshness(tmp_path)
    service.answers(body([*DAYS[1:], {"date": "2024-02-01", "close": 1.0}]))
    assert pull(client(clock=lambda: LATER), ADAPTER, QUERY).warnings == ()


def test_a_refused_body_is_stored_nowhere(client, service, tmp_path):
    service.answers(b"<html><title>Log in</title></html>")
    with pytest.raises(SourceContentError):
        pull(client(), ADAPTER, QUERY)
    assert not (tmp_path / "bodies").exists()
    with pytest.raises(SourceUnavailableError, match="nothing is stored"):
        pull(client(mode=Mode.CACHE_ONLY), ADAPTER, QUERY)


def test_a_limit_or_a_silence_ends_after_bounded_tries_and_writes_no_part_of_a_day(client, service, tmp_path):
    half = Response(body(DAYS)[:200], headers={"Content-Length": "9999"})
    half.automatically_set_content_length = False
    cases = (
        (Response(b"", status=429, headers={"Retry-After": "2"}), SourceUnavailableError, 4),
        (429, SourceUnavailableError, 4),
        (lambda _: half, SourceContentError, 1),
    )
    for answer, error, tries in cases:
        service.answers(answer)
        with pytest.raises(error) as caught:
            pull(client(), ADAPTER, QUERY)
        assert len(service.seen) == tries
        assert caught.value.hint
    service.answers(service.slow)
    with pytest.raises(SourceUnavailableError, match="no answer within"):
        pull(client(read_seconds=0.05), ADAPTER, QUERY)
    assert not (tmp_path / "bodies").exists()
    assert not (tmp_path / "versions").exists()


def test_a_body_that_only_the_parser_refuses_is_stored_nowhere_either(client, service, tmp_path):
    for wrong in (
        b'[{"date": "soon", "close": 1}]',
        b'[{"date": "2024-01-02", "close": "n/a"}]',
        b'{"rows": {}}',
        b"[]",
    ):
        service.answers(wrong)
        with pytest.raises(SourceContentError, match="Example"):
            pull(client(), ADAPTER, QUERY)
    assert not (tmp_path / "bodies").exists()


def test_far_fewer_rows_than_last_time_are_not_believed_unless_that_is_wished(client, service, tmp_path):
    service.answers(body(DAYS))
    full = pull(client(), ADAPTER, QUERY)
    forget_freshness(tmp_path)
    service.answers(body(DAYS[:15]))
    with pytest.warns(InputWarning, match="15 records came, and the last good answer had 20"):
        kept = pull(client(clock=lambda: LATER), ADAPTER, QUERY)
    assert kept.records == full.records
    forget_freshness(tmp_path)
    service.answers(body(DAYS[:15]))
    assert len(pull(client(), ADAPTER, QUERY, PullSettings(accept_fewer=True)).records) == 15


def test_a_stale_answer_says_how_old_it_is_and_why(client, service, tmp_path):
    service.answers(GOOD)
    pull(client(), ADAPTER, QUERY)
    forget_freshness(tmp_path)
    service.answers(503)
    with pytest.warns(InputWarning, match="3 days old, because the source failed"):
        stale = pull(client(clock=lambda: LATER), ADAPTER, QUERY)
    assert stale.stale
    assert "status 503" in stale.warnings[0]


def test_a_refusal_is_not_papered_over_with_what_is_stored(client, service, tmp_path):
    service.answers(GOOD)
    pull(client(), ADAPTER, QUERY)
    forget_freshness(tmp_path)
    service.answers(401)
    with pytest.raises(SourceRefusedError, match="EXAMPLE_API_KEY"):
        pull(client(), ADAPTER, QUERY)


def test_after_five_failures_in_a_row_a_provider_is_set_aside_for_the_run(client, service):
    service.answers(b"<html>down</html>")
    run = client()
    for _ in range(5):
        with pytest.raises(SourceContentError):
            pull(run, ADAPTER, QUERY)
    with pytest.raises(SourceUnavailableError, match="5 times in a row"):
        pull(run, ADAPTER, QUERY)
    assert len(service.seen) == 5
    with pytest.raises(SourceContentError):
        pull(client(), ADAPTER, QUERY)


def test_one_good_answer_ends_the_row_of_failures(client, service):
    wrong = b"<html>down</html>"
    service.answers(wrong, wrong, wrong, wrong, GOOD, wrong)
    run = client()
    days = [SourceQuery(QUERY.subjects, date(2024, 1, n), date(2024, 2, 1)) for n in range(1, 11)]
    for query in days[:4]:
        with pytest.raises(SourceContentError):
            pull(run, ADAPTER, query)
    assert pull(run, ADAPTER, days[4]).records
    for query in days[5:10]:
        with pytest.raises(SourceContentError):
            pull(run, ADAPTER, query)
    assert len(service.seen) == 10


def test_nothing_but_online_opens_a_socket(client, tmp_path, monkeypatch):
    def refused(*_, **__):
        pytest.fail("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(f"socket.{name}", refused)
    store = BodyStore(tmp_path)
    (request,) = ADAPTER.plan(QUERY)
    store.note(fingerprint("example_prices", request), Version(store.put(GOOD), MORNING, 2))
    offline = pull(client(mode=Mode.CACHE_ONLY), ADAPTER, QUERY)
    assert len(offline.records) == 2
    assert not offline.stale
    with pytest.warns(InputWarning, match="3 days old"):
        assert pull(client(mode=Mode.CACHE_ONLY, clock=lambda: LATER), ADAPTER, QUERY).stale
    folder, _ = bundled(tmp_path)
    assert len(pull(client(mode=Mode.BUNDLE, bundle=Bundle(folder)), ADAPTER, QUERY).records) == 2
    assert not (tmp_path / "answers.sqlite").exists()


def test_a_stored_body_that_was_changed_is_asked_for_again_and_refused_offline(client, service, tmp_path):
    service.answers(GOOD)
    first = pull(client(), ADAPTER, QUERY)
    (path,) = [each for each in (tmp_path / "bodies").rglob("*") if each.is_file()]
    path.write_bytes(GOOD.replace(b"185.64", b"285.64"))
    with pytest.raises(DamagedStoreError, match="not what was written"):
        pull(client(mode=Mode.CACHE_ONLY), ADAPTER, QUERY)
    path.unlink()
    assert pull(client(), ADAPTER, QUERY).records == first.records
    assert len(service.seen) == 2


def test_a_bundle_is_carried_and_gives_the_same(client, service, tmp_path):
    pages = Weights()
    service.answers(*PAGES)
    online = service.client(tmp_path / "pages", (pages.facts,))
    answers, _ = answers_of(online, pages, SourceQuery())
    manifest = export_bundle(tmp_path / "bundle", [("weights", a.body, a.received) for a in answers])
    written = json.loads(manifest.read_text(encoding="utf-8"))
    assert set(written["answers"][0]) == set(
        "key adapter url method label sha256 bytes fetched_at provider licence".split()
    )
    online.close()
    bundle = Bundle(tmp_path / "bundle")
    assert bundle.verify() == len(bundle) == 2
    carried = client(mode=Mode.BUNDLE, bundle=bundle, clock=lambda: LATER)
    pulled = pull(carried, pages, SourceQuery())
    assert pulled.records == tuple(record for each in answers for record in each.records)
    assert pulled.oldest == MORNING
    with pytest.raises(SourceUnavailableError, match="does not hold it"):
        pull(carried, ADAPTER, QUERY)


def bundled(tmp_path, body=GOOD):
    (request,) = ADAPTER.plan(QUERY)
    received = Received(request, request.address, checksum(body), MORNING, "Example", "own use")
    export_bundle(tmp_path / "bundle", [("example_prices", body, received)])
    return tmp_path / "bundle", request


def test_a_bundle_that_was_tampered_with_is_refused(client, tmp_path):
    folder, _ = bundled(tmp_path)
    (path,) = (folder / "bodies").iterdir()
    path.write_bytes(GOOD.replace(b"184.25", b"184.26"))
    with pytest.raises(DamagedStoreError, match="not what was written"):
        pull(client(mode=Mode.BUNDLE, bundle=Bundle(folder)), ADAPTER, QUERY)
    path.unlink()
    with pytest.raises(DamagedStoreError, match="is missing"):
        Bundle(folder).verify()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", DamagedStoreError),
        ("[]", DamagedStoreError),
        ('{"format": 1, "answers": [{}]}', DamagedStoreError),
        ('{"format": 99, "answers": []}', NewerSchemaError),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path, text, error):
    write_whole(tmp_path / "manifest.json", text.encode())
    with pytest.raises(error):
        Bundle(tmp_path)


@pytest.mark.parametrize("sha256", ["../../secret", "", "0" * 63, "G" * 64])
def test_a_manifest_cannot_lead_out_of_its_folder(tmp_path, sha256):
    folder, request = bundled(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["answers"][0]["sha256"] = sha256
    write_whole(folder / "manifest.json", json.dumps(manifest).encode())
    with pytest.raises(DamagedStoreError, match="checksum that is none"):
        Bundle(folder).body(ADAPTER.facts, request)


def test_bundles_are_not_mixed(tmp_path):
    folder, _ = bundled(tmp_path)
    with pytest.raises(InputError, match="not empty"):
        export_bundle(folder, [])


def test_a_crash_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write_whole(path, b"old")

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", crash)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_line_that_a_crash_left_unfinished_is_passed_over(tmp_path):
    store = BodyStore(tmp_path)
    store.note("ab", Version("1" * 64, MORNING, 5))
    with next(tmp_path.rglob("*.jsonl")).open("ab") as file:
        file.write(b'{"raw_sha256": "2')
    assert store.versions("ab") == (Version("1" * 64, MORNING, 5),)
    assert store.versions("never") == ()
    assert store.get("3" * 64) is None


@given(st.binary(max_size=100))
def test_a_body_comes_back_as_it_was(tmp_path_factory, content):
    store = BodyStore(tmp_path_factory.mktemp("bodies"))
    assert store.get(store.put(content)) == content


def test_requests_differ_by_all_that_is_asked():
    def made(**changes):
        return fingerprint("a", Request(**{"url": "https://a.example/x", "expects": Content.JSON, **changes}))

    names = {
        made(),
        made(url="https://a.example/y"),
        made(parameters=(("a", "1"),)),
        made(parameters=(("a", "2"),)),
        made(body="[]"),
        made(headers={"Accept": "x"}),
        fingerprint("b", Request("https://a.example/x", Content.JSON)),
    }
    assert len(names) == 7
    assert made(label="A", context={"symbol": "A"}) == made()


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(days=3, hours=5), "3 days old"),
        (timedelta(hours=47), "47 hours old"),
        (timedelta(minutes=61), "61 minutes old"),
        (timedelta(seconds=-5), "0 minutes old"),
    ],
)
def test_an_age_is_said_in_words(age, words):
    assert age_in_words(age) == words


SYMBOLS = SourceQuery(
    tuple(Identifier(IdentifierScheme.TICKER, name) for name in ("A", "B", "C")), date(2024, 1, 1), date(2024, 2, 1)
)


def test_one_symbol_that_is_not_found_does_not_cost_the_others(client, service):
    service.answers(GOOD, 404, GOOD)
    seen = []
    pulled = pull(client(), ADAPTER, SYMBOLS, PullSettings(progress=lambda *each: seen.append(each)))
    assert (len(pulled.records), len(pulled.missing)) == (4, 1)
    assert pulled.missing[0].startswith("B: ")
    assert seen == [("A", 0, 3), ("B", 1, 3), ("C", 2, 3)]


def test_what_fails_otherwise_is_raised_unless_a_part_is_wished(client, service):
    service.answers(GOOD, 503, 503, 503, 503, GOOD)
    with pytest.raises(SourceUnavailableError):
        pull(client(), ADAPTER, SYMBOLS)
    service.answers(503, 503, 503, 503, GOOD)
    part = pull(client(), ADAPTER, SYMBOLS, PullSettings(partial=True))
    assert (len(part.records), len(part.missing)) == (4, 1)


def test_a_cancelled_pull_continues_from_what_came(client, service):
    service.answers(GOOD)
    stop = threading.Event()
    with pytest.raises(UnfinishedError, match="after 2 answers"):
        pull(
            client(),
            ADAPTER,
            SYMBOLS,
            PullSettings(progress=lambda _, done, __: done == 1 and stop.set(), cancel=stop.is_set),
        )
    assert len(service.seen) == 2
    pull(client(), ADAPTER, SYMBOLS)
    assert len(service.seen) == 3


def test_pages_that_lead_in_a_circle_end(service, tmp_path, monkeypatch):
    monkeypatch.setattr("di_data.frame.pulling.MOST_FOLLOWING", 3)
    monkeypatch.setattr(Weights, "following", lambda *given: [given[2].request])
    service.answers(PAGES[0])
    run = service.client(tmp_path, (Weights.facts,))
    with pytest.raises(SourceContentError, match="circle"):
        pull(run, Weights(), SourceQuery())
    run.close()


def test_an_option_that_a_source_does_not_know_is_refused(client):
    with pytest.raises(InputError, match="does not know the option colour"):
        pull(client(), ADAPTER, SourceQuery(QUERY.subjects, options={"colour": "red"}))
    with pytest.raises(InputError, match="nothing to ask"):
        pull(client(), ADAPTER, SourceQuery())


def test_a_request_that_has_to_wait_waits_before_it_is_sent_and_not_when_it_is_stored(client, service, monkeypatch):
    (plain,) = ADAPTER.plan(QUERY)
    monkeypatch.setattr(type(ADAPTER), "plan", lambda *_: [replace(plain, wait=timedelta(seconds=5))])
    service.answers(GOOD)
    pull(client(), ADAPTER, QUERY)
    assert service.slept == [5.0]
    pull(client(), ADAPTER, QUERY)
    assert service.slept == [5.0]
