"""What is stored: taken while fresh, kept when a source fails or lies, never overwritten, carried in bundles."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import Response

from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import (
    DamagedStoreError,
    InputWarning,
    SourceContentError,
    SourceRefusedError,
    SourceUnavailableError,
)
from di_data.frame.bodies import BodyStore, Version, fingerprint, write_whole
from di_data.frame.bundle import Bundle
from di_data.frame.client import Mode, age_in_words
from di_data.frame.exchange import Content, Request
from di_data.frame.pulling import PullSettings, pull
from tests.data_adapters.frame.example import ADAPTER, DAYS, GOOD, LATER, QUERY, body, bundled
from tests.data_adapters.loopback import MORNING, forget_freshness


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
