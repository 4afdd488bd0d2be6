"""``di-advisor watch --quotes``: a session on a simulated clock, with a file of quotes that is rewritten all along."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from di_advisor.advisor import Advisor
from di_advisor.cli import main
from di_advisor.cli.polled_commands import rest
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.facts import Facts, sample_facts
from di_advisor.runs.polled import Polling, WatchedRun, watch_quotes
from di_advisor.runs.saved import SavedRun, run_toml

OPENS = datetime(2026, 7, 1, 13, 30, tzinfo=UTC)  # the session after the sample's day
CLOSES = OPENS + timedelta(hours=6, minutes=30)
RISEN, FALLEN = 1.15, 0.97


@pytest.fixture(scope="module")
def facts() -> Facts:
    """The sample, estimated once for all tests."""
    found, advisor = sample_facts(7), Advisor()
    risk = advisor.estimate_risk(found.market, found.returns, found.exposures)
    return replace(found, risk=risk, costs=advisor.estimate_costs(found.market))


@pytest.fixture
def closes(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, float]:
    monkeypatch.setattr("di_advisor.runs.polled.facts_of", lambda _: facts)
    named = zip(facts.market.universe.securities, facts.market.price_usd, strict=True)
    return {s.ticker: float(p) for s, p in named if p is not None}


class Feed:
    """A clock that rewrites the quotes as time passes: all names have risen, and later every other one falls."""

    def __init__(self, path: Path, closes: Mapping[str, float], *, interrupt_at: datetime | None = None) -> None:
        self.at, self.path, self.closes, self.interrupt_at = OPENS - timedelta(minutes=5), path, closes, interrupt_at
        self.write()

    def __call__(self) -> "Feed":
        return self

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        if self.interrupt_at is not None and self.at >= self.interrupt_at:
            raise KeyboardInterrupt
        self.write()

    def write(self) -> None:
        later = self.at >= OPENS + timedelta(hours=2)
        rows = ["symbol,price,time", f"OTHER,5,{self.at.isoformat()}"]
        for n, (name, price) in enumerate(self.closes.items()):
            factor = FALLEN if later and n % 2 else RISEN
            rows.append(f"{name},{'0' if n == 0 else price * factor},{self.at.isoformat()}")
        self.path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "mine.di.toml"
    path.write_text(run_toml(SavedRun(RunSpec(SampleSource(), "seasoned"))), encoding="utf-8")
    return path


def command(saved: Path, quotes: Path, *more: str) -> list[str]:
    return ["watch", str(saved), "--every", "1h", "--quotes", str(quotes), "--json", *more]


def test_a_session_is_polled_once_called_and_not_again_after_an_interrupt(
    saved: Path,
    tmp_path: Path,
    closes: Mapping[str, float],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quotes, state = tmp_path / "quotes.csv", tmp_path / "polled.json"
    stop = OPENS + timedelta(hours=4, minutes=30)
    monkeypatch.setattr("di_advisor.runs.polled.SystemClock", Feed(quotes, closes, interrupt_at=stop))
    asked = command(saved, quotes, "--state", str(state), "--last-rebalance", "2026-05-01", "--rest", "0s")
    assert main(asked) == 1
    shown, said = capsys.readouterr()
    first, called = map(json.loads, shown.splitlines())
    assert (first["at"], first["new"]) == (OPENS.isoformat(), [])
    assert [each["why"] for each in first["aside"]] == ["its price is 0"]
    assert first["strangers"] == ["OTHER"]
    assert (called["at"], called["new"]) == ((OPENS + timedelta(hours=3)).isoformat(), ["seasoned"])
    assert called["rows"][0]["why"]
    assert f"Stopped; what triggers remember is in {state}." in said
    again = Feed(quotes, closes)
    again.at = stop
    again.write()
    monkeypatch.setattr("di_advisor.runs.polled.SystemClock", again)
    assert main(asked) == 1
    (standing,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert standing["new"] == []
    assert standing["rows"][0]["since"] == called["at"]
    assert again.at <= CLOSES


def test_in_a_notebook_the_worklist_comes_as_it_changes_and_shows_itself(
    tmp_path: Path, facts: Facts, closes: Mapping[str, float]
) -> None:
    from di_advisor.report.poll_view import poll_bundle

    feed = Feed(tmp_path / "quotes.csv", closes)
    spec = RunSpec(SampleSource(), "seasoned")
    polling = Polling(timedelta(hours=1), state=tmp_path / "polled.json")
    found = list(watch_quotes(WatchedRun(spec, facts=facts), tmp_path / "quotes.csv", polling, clock=feed))
    assert [each.at for each in found if each.called] == [OPENS + timedelta(hours=3)]
    assert len(found) < 7
    bundle = poll_bundle(found[-1])
    assert "1 of 1 account to rebalance" in bundle["text/plain"]
    assert "set aside" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


def test_a_terminal_is_told_of_what_was_set_aside_reason_by_reason(
    saved: Path, tmp_path: Path, closes: Mapping[str, float], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    class Hanging(Feed):
        def write(self) -> None:
            rows = [
                f"{name},{price},2026-06-30T19:{n % 60:02}:00Z" for n, (name, price) in enumerate(self.closes.items())
            ]
            self.path.write_text("\n".join(["symbol,price,time", *rows[:-20]]) + "\n", encoding="utf-8")

    feed = Hanging(tmp_path / "quotes.csv", closes, interrupt_at=OPENS + timedelta(minutes=30))
    monkeypatch.setattr("di_advisor.runs.polled.SystemClock", feed)
    assert main(["watch", str(saved), "--every", "1h", "--quotes", str(feed.path)]) == 0
    shown = capsys.readouterr().out
    assert "and 15 more  there is no quote" in " ".join(shown.split(" ")).replace("   ", "  ")
    assert "for other reasons" in shown
    assert len(shown.splitlines()) < 30


def test_a_state_that_is_a_folder_is_refused_before_the_exchange_opens(
    saved: Path, tmp_path: Path, closes: Mapping[str, float], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    feed = Feed(tmp_path / "quotes.csv", closes)
    monkeypatch.setattr("di_advisor.runs.polled.SystemClock", feed)
    assert main(command(saved, feed.path, "--state", str(tmp_path))) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert feed.at < OPENS


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--every", "5m"], "There is nothing to poll"),
        (["--every", "5x", "--quotes", "q.csv"], "no interval"),
        (["--every", "0s", "--quotes", "q.csv"], "no interval"),
        (["--rest", "-1s", "--quotes", "q.csv"], "expected one argument"),
        (["--quotes", "q.csv", "--record", "books.db"], "Measures are of a day's close"),
        (["--quotes", "q.csv", "--jump-max", "0"], "A rule of quotes"),
        (["--quotes", "q.csv", "--confirm", "0"], "at least one poll"),
        (["--quotes", "q.csv", "--sessions", "0"], "for one session or more"),
        (["--quotes", ""], "There is no file of quotes"),
    ],
)
def test_what_cannot_be_polled_ends_with_two(
    saved: Path, given: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(saved), *given]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(("given", "seconds"), [("0s", 0), ("0m", 0), ("90s", 90), ("1h", 3600)])
def test_a_rest_may_be_none_at_all(given: str, seconds: int) -> None:
    assert rest(given) == timedelta(seconds=seconds)
    with pytest.raises(argparse.ArgumentTypeError, match="no interval"):
        rest(f"{given} please")
