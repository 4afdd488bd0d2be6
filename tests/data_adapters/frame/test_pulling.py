"""Pulling: several requests, pages, progress, cancelling, parts."""

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import (
    InputError,
    SourceContentError,
    SourceUnavailableError,
    UnfinishedError,
)
from di_data.frame.pulling import PullSettings, pull
from tests.data_adapters.frame.example import ADAPTER, GOOD, QUERY
from tests.data_adapters.frame.pages import PAGES, Weights

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
