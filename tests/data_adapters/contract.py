"""The contract of every adapter, against a real HTTP server on this machine.

A test file of an adapter states a case and inherits the contract::

    class TestNameContract(AdapterContract):
        case = Case(NameAdapter(), query, bodies=(GOOD,), required=("symbol", "date"))

`bodies` are served in order, the last one repeating: one for a source that answers at once, one a page or step for one
that does not. What is spoiled is the body at `spoiled`, by default the last. No test waits: sleeps are recorded.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from werkzeug import Response

from di_advisor.domain.source_query import SourceQuery
from di_advisor.domain.source_reports import Pulled
from di_advisor.errors import (
    InputWarning,
    SourceAddressError,
    SourceContentError,
    SourceRefusedError,
    SourceUnavailableError,
)
from di_data.conformance.spoiled import Gone, Rename, spoiled
from di_data.frame.adapter import Adapter
from di_data.frame.client import Mode
from di_data.frame.exchange import Content
from di_data.frame.pulling import planned, pull
from tests.data_adapters.loopback import CANARY, MORNING, Service, cut_off, forget_freshness, redirect

LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"


@dataclass(frozen=True)
class Case:
    """What the contract needs to know of an adapter.

    Attributes
    ----------
    adapter, query
        What is asked.
    bodies
        Good ones, of the documented shape, in the order in which they are asked for.
    required
        Documented names; without any one of them the body is refused.
    records
        How many records come of all bodies; None where that is not checked.
    spoiled
        Which of the bodies is spoiled.
    edit
        Renames or takes out a name, where `di_data.conformance.spoiled` cannot.
    other_scale
        Bodies that state percent for fractions or the other way round; each is refused.
    content
        Kind of the spoiled body; else as the first request expects.
    cut_is_seen
        Whether half a body is refused also where nothing announced the whole; CSV has no end.
    mark_is_accepted
        Whether a byte order mark is tried; texts only.
    """

    adapter: Adapter[Any]
    query: SourceQuery
    bodies: tuple[bytes, ...]
    required: tuple[str, ...]
    records: int | None = None
    spoiled: int = -1
    edit: Callable[[bytes, str, str | None], bytes] | None = None
    other_scale: tuple[bytes, ...] = ()
    content: Content | None = None
    cut_is_seen: bool | None = None
    mark_is_accepted: bool = True

    @property
    def kind(self) -> Content:
        return self.content or planned(self.adapter, self.query)[0].expects

    def with_spoiled(self, body: Any) -> tuple[Any, ...]:
        served: list[Any] = list(self.bodies)
        served[self.spoiled] = body
        return tuple(served)

    def changed(self, name: str, new: str | None) -> bytes:
        good = self.bodies[self.spoiled]
        edit = Gone() if new is None else Rename(new)
        made = self.edit(good, name, new) if self.edit else spoiled(good, self.kind, name, edit)
        assert made != good, f"{name} does not stand in the body"
        return made


class AdapterContract:
    """Inherit, and state a case."""

    case: ClassVar[Case]

    @pytest.fixture
    def ask(self, service: Service, tmp_path: Path) -> Callable[..., Pulled]:
        """Ask the service: in a new folder, or, with `again`, where something is stored."""
        folders = count()
        kept = [tmp_path / "kept"]

        def asked(*answers: Any, again: bool = False, **settings: Any) -> Pulled:
            if answers:
                service.answers(*answers)
            if not again:
                kept.append(tmp_path / "kept" / str(next(folders)))
            client = service.client(kept[-1], (self.case.adapter.facts,), **settings)
            try:
                return pull(client, self.case.adapter, self.case.query)
            finally:
                client.close()

        return asked

    def test_a_good_answer_becomes_records_with_where_they_come_from(self, ask, service):
        pulled = ask(*self.case.bodies)
        facts = self.case.adapter.facts
        assert pulled.records
        assert self.case.records in (None, len(pulled.records))
        assert {each.provenance.provider for each in pulled.received} == {facts.provider}
        assert all(each.provenance.fetched_at == MORNING and not each.stale for each in pulled.received)
        assert len(service.seen) == len(pulled.received)
        assert {each.headers["Host"] for each in service.seen} <= set(facts.hosts)

    def test_pages_and_steps_are_asked_for_until_there_are_no_more(self, ask, service):
        ask(*self.case.bodies)
        assert len(service.seen) >= len(self.case.bodies)

    def test_what_is_stored_is_not_asked_for_again_and_gives_the_same(self, ask, service):
        first = ask(*self.case.bodies)
        asked = len(service.seen)
        second = ask(again=True)
        if self.case.adapter.facts.never_stored:
            assert len(service.seen) > asked
        else:
            assert (second.records, len(service.seen)) == (first.records, asked)
            assert ask(again=True, mode=Mode.CACHE_ONLY).records == first.records

    def test_the_plan_is_pure_and_knows_no_key(self):
        plans = [planned(self.case.adapter, self.case.query) for _ in range(2)]
        assert plans[0] == plans[1]
        assert all(each.url.startswith("https://") for each in plans[0])

    def test_the_key_reaches_the_service_and_nothing_that_is_kept(self, ask, service, tmp_path):
        ask(*self.case.bodies)
        place = self.case.adapter.facts.key
        if place is not None:
            for each in service.seen:
                sent = each.headers.get(place.header, "") if place.header else each.args.get(place.parameter, "")
                assert sent == place.prefix + CANARY
        kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
        assert [path.name for path in kept if CANARY.encode() in path.read_bytes()] == []

    def test_an_empty_body_is_refused(self, ask):
        for empty in (b"", b"  \r\n", b"\xef\xbb\xbf"):
            self.refused(ask, empty)

    def test_a_login_page_under_status_200_is_refused(self, ask):
        said = self.refused(ask, LOGIN)
        if self.case.kind is not Content.HTML:
            assert "Sign in" in str(said)

    def test_an_error_object_under_status_200_is_refused(self, ask):
        for told in ({"Error Message": "Limit Reach"}, {"Information": "25 a day"}, {"error": "no access"}):
            self.refused(ask, json.dumps(told).encode())

    def test_every_documented_name_is_missed_when_it_is_renamed(self, ask):
        for name in self.case.required:
            new = f"{name}_since_last_week"
            said = self.refused(ask, self.case.changed(name, new))
            assert name in str(said)

    def test_every_documented_name_is_missed_when_it_is_gone(self, ask):
        for name in self.case.required:
            assert name in str(self.refused(ask, self.case.changed(name, None)))

    def test_a_body_that_is_shorter_than_announced_is_refused(self, ask):
        self.refused(ask, cut_off(self.case.bodies[self.case.spoiled]))

    def test_half_a_body_is_refused(self, ask):
        seen = self.case.cut_is_seen
        if seen is False or (seen is None and self.case.kind in {Content.CSV, Content.JSON_LINES}):
            pytest.skip("this kind of file has no end that could be missed")
        good = self.case.bodies[self.case.spoiled]
        self.refused(ask, good[: len(good) // 2])

    def test_another_scale_is_refused(self, ask):
        for body in self.case.other_scale:
            self.refused(ask, body)

    def test_a_mark_at_the_beginning_changes_nothing(self, ask):
        if self.case.kind not in {Content.CSV, Content.JSON, Content.JSON_LINES} or not self.case.mark_is_accepted:
            pytest.skip("no text of that kind")
        plain = self.case.bodies[self.case.spoiled].removeprefix(b"\xef\xbb\xbf")
        marked = ask(*self.case.with_spoiled(b"\xef\xbb\xbf" + plain))
        assert self.case.records in (None, len(marked.records))
        assert marked.records

    @pytest.mark.parametrize("status", [400, 401, 402, 403])
    def test_a_refusal_says_what_to_do_and_is_not_repeated(self, ask, service, status):
        with pytest.raises(SourceRefusedError, match=str(status)) as caught:
            ask(status)
        assert caught.value.hint
        assert (len(service.seen), service.slept) == (1, [])

    def test_nothing_found_is_said_and_not_repeated(self, ask, service):
        with pytest.raises(SourceRefusedError, match="404"):
            ask(404)
        assert len(service.seen) == len(planned(self.case.adapter, self.case.query))

    def test_a_service_that_asks_to_wait_is_obeyed(self, ask, service):
        wait = Response(b"slow down", status=429, headers={"Retry-After": "7"})
        pulled = ask(wait, wait, *self.case.bodies)
        assert pulled.records
        assert service.slept[:2] == [7, 7] or service.slept[1:3] == [7, 7]  # a step may wait before it is sent

    def test_a_service_that_asks_to_wait_for_an_hour_is_told_no(self, ask, service):
        with pytest.raises(SourceUnavailableError, match="3600"):
            ask(Response(b"", status=429, headers={"Retry-After": "3600"}))
        assert len(service.seen) == 1

    def test_a_fault_that_passes_is_passed_over(self, ask):
        assert ask(500, *self.case.bodies).records

    def test_a_fault_that_stays_is_given_up_after_three_more_tries(self, ask, service):
        with pytest.raises(SourceUnavailableError, match="503"):
            ask(503)
        assert len(service.seen) == 4

    def test_a_redirect_into_a_private_network_is_not_followed(self, ask, service):
        host = self.case.adapter.facts.hosts[0]
        for target in (
            "https://169.254.169.254/latest/meta-data/",
            f"http://{host}/",
            "https://127.0.0.1/",
            "file:///etc/passwd",
        ):
            with pytest.raises(SourceAddressError):
                ask(redirect(target))
            assert len(service.seen) == 1

    def test_a_redirect_within_the_listed_hosts_is_followed(self, ask, service):
        host = self.case.adapter.facts.hosts[0]
        if any(each.method.value == "POST" for each in planned(self.case.adapter, self.case.query)):
            pytest.skip("a question that is posted is not repeated elsewhere")
        assert ask(redirect(f"https://{host}/moved/here"), *self.case.bodies).records
        assert service.seen[1].path == "/moved/here"

    def test_a_service_that_does_not_answer_in_time_is_given_up(self, ask, service):
        with pytest.raises(SourceUnavailableError, match="no answer within"):
            ask(service.slow, read_seconds=0.05)

    def test_a_body_without_end_is_refused(self, ask):
        most = max(map(len, self.case.bodies)) + 1000
        for endless in (b" " * (most + 1), lambda _: Response(iter([b" " * most, b" "]))):
            assert "larger than" in str(self.refused(ask, endless, max_bytes=most))

    def test_a_refused_body_leaves_what_was_stored_and_its_age_is_told(self, ask, tmp_path):
        if self.case.adapter.facts.never_stored:
            pytest.skip("nothing of it is ever stored")
        good = ask(*self.case.bodies)
        later = MORNING + max(self.case.adapter.facts.keeps_for, timedelta(days=3)) + timedelta(hours=1)
        forget_freshness(tmp_path)
        with pytest.warns(InputWarning, match=r"\d+ days old"):
            stale = ask(LOGIN, again=True, clock=lambda: later)
        assert (stale.records, stale.stale) == (good.records, True)
        assert any("days old" in each for each in stale.warnings)
        with pytest.warns(InputWarning, match="days old"):
            assert ask(503, again=True, clock=lambda: later).records == good.records

    def refused(self, ask: Callable[..., Pulled], body: Any, **settings: Any) -> SourceContentError:
        """Ask with the spoiled body in its place; it is refused, with words that say where."""
        with pytest.raises(SourceContentError) as caught:
            ask(*self.case.with_spoiled(body), **settings)
        assert caught.value.hint
        return caught.value
