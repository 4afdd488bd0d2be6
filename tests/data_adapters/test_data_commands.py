"""``di-advisor data`` from a terminal: how sources stand, what they give, what is written and what is not."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import di_advisor.registry
from di_advisor.cli import main
from di_advisor.errors import InputError
from di_data.esg.esg_mapping import read_mapping
from di_data.frame.desk import LocalDesk
from di_data.market.file_mapping import HoldingsMapping, PriceMapping, mapping_of_text
from tests.data_adapters.frame.example import GOOD, QUERY, taught
from tests.data_adapters.frame.pages import Weights
from tests.data_adapters.loopback import CANARY, MORNING, Installed

QUESTION = ["example_prices", "--subject", "ticker:AAPL", "--start", "2024-01-02", "--end", "2024-01-03"]


class _Exemplified(taught().ExamplePrices):
    """The adapter of the README, with a question for the live test."""

    facts = replace(taught().ExamplePrices.facts, example=QUERY)


@pytest.fixture
def kept(tmp_path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def desk(service, kept, monkeypatch):
    """The desk of the command line, with two adapters whose services are on this machine."""
    wired = service.client(kept)
    settled = {"reach": lambda _: True, "keys": {"EXAMPLE_API_KEY": CANARY, "PAGES_KEY": CANARY}}

    def build(name: str = "default", *, folder=None, bundle=None, mode="online"):
        assert name == "default"
        keys = settled["keys"] if settled["keys"] is not None else wired.keys
        return LocalDesk(
            folder or kept,
            mode=mode,
            bundle=bundle,
            keys=keys,
            clock=lambda: MORNING,
            discovery=Installed(_Exemplified(), Weights()),
            wire=replace(wired._wire, reach=settled["reach"]),
        )

    monkeypatch.setattr(di_advisor.registry, "source_desk", build)
    return settled


def run(*words: object) -> int:
    return main(["data", *map(str, words)])


def test_check_tells_key_host_last_answer_limits_licence_and_that_nobody_saw_it_live(desk, service, capsys):
    service.answers(GOOD)
    assert run("pull", *QUESTION) == 0
    capsys.readouterr()
    assert run("check") == 0
    shown = capsys.readouterr().out
    assert "EXAMPLE_API_KEY is there; reachable; last gave 2 records on 2026-11-02 09:30 UTC" in shown
    assert "0 minutes old; never verified live" in " ".join(shown.split())
    assert "50 an hour; licence: example terms: own use" in shown
    assert CANARY not in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_check_names_the_key_that_is_missing_and_what_to_do_without_a_network(desk, capsys):
    desk["keys"], desk["reach"] = None, lambda _: False
    assert run("check") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Lack a key: 2" in shown
    assert "EXAMPLE_API_KEY is missing; not reachable; gave nothing here yet" in shown
    assert "keyring set di_advisor EXAMPLE_API_KEY" in shown
    assert "No service is reachable" in shown


def test_check_of_one_source_tells_its_documentation_and_no_host_is_tried_offline(desk, capsys):
    desk["reach"] = lambda host: pytest.fail(f"{host} was tried")
    assert run("check", "example_prices", "--offline") == 0
    shown = capsys.readouterr().out
    assert "documentation: https://api.example.com/documentation" in shown
    assert "was not tried" in shown
    assert "pages" not in shown
    assert run("check", "nobody") == 2
    assert "There is: example_prices" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_is_pulled_is_shown_and_written_with_where_it_comes_from(desk, service, tmp_path, capsys, suffix):
    service.answers(GOOD)
    out = tmp_path / f"bars.{suffix}"
    assert run("pull", *QUESTION, "--out", out) == 0
    frame = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
    assert frame["close_usd"].tolist() == [185.64, 184.25]
    assert frame["subject"].tolist() == ["ticker:AAPL"] * 2
    assert frame["volume_shares"].isna().all(), "what is not known is blank and not 0"
    assert (frame["licence"] == "example terms: own use").all()
    assert frame["raw_sha256"].str.len().tolist() == [64, 64]
    told = capsys.readouterr()
    assert "PriceBar: 2 rows" in told.out
    assert "2 records in 1 answer" in told.out
    assert CANARY not in told.out + told.err + out.read_bytes().decode("latin-1")


def test_what_is_stored_is_given_without_asking(desk, service):
    service.answers(GOOD)
    assert run("pull", *QUESTION, "--cache-only") == 2
    assert service.seen == []
    assert run("pull", *QUESTION) == 0
    assert run("pull", *QUESTION, "--cache-only") == 0
    assert run("pull", *QUESTION, "--as-fetched", "2026-11-03") == 0
    assert run("pull", *QUESTION, "--as-fetched", "2026-11-01") == 2
    assert len(service.seen) == 1


def test_a_part_is_not_written_unless_that_is_wished(desk, service, tmp_path, capsys):
    names, out = tmp_path / "names.txt", tmp_path / "bars.csv"
    names.write_text("AAPL  # the first\n\nticker:GONE\n", encoding="utf-8")
    question = ["example_prices", "--subjects", names, "--start", "2024-01-02", "--out", out]
    service.answers(GOOD, 404, 404)
    assert run("pull", *question) == 2
    told = capsys.readouterr()
    assert "Missing: GONE" in told.err
    assert "was not written" in told.err
    assert not out.exists()
    assert run("pull", *question, "--partial") == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_an_interrupted_pull_ends_with_130_and_leaves_the_file_of_before(desk, service, tmp_path, capsys, monkeypatch):
    out = tmp_path / "bars.csv"
    out.write_text("yesterday\n", encoding="utf-8")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalDesk, "pull", interrupted)
    assert run("pull", *QUESTION, "--out", out) == 130
    assert out.read_text(encoding="utf-8") == "yesterday\n"
    assert "Interrupted" in capsys.readouterr().err


def test_a_file_that_could_not_be_written_is_refused_before_anything_is_asked(desk, service, tmp_path, capsys):
    service.answers(GOOD)
    for out in (tmp_path / "bars.xls", tmp_path / "bars"):
        assert run("pull", *QUESTION, "--out", out) == 2
    (tmp_path / "bars.csv").mkdir()
    assert run("pull", *QUESTION, "--out", tmp_path / "bars.csv") == 2
    assert service.seen == []
    assert "End its name with .csv or .parquet" in capsys.readouterr().err


def test_a_saved_answer_is_shown_and_a_login_page_is_refused_with_its_title(desk, tmp_path, capsys):
    saved = tmp_path / "answer.json"
    saved.write_bytes(GOOD)
    assert run("parse", "example_prices", saved, "--option", "symbol=AAPL", "--rows", "1") == 0
    assert "... and 1 more" in capsys.readouterr().out
    saved.write_bytes(b"<html><head><title>Sign in</title></head></html>")
    assert run("parse", "example_prices", saved, "--option", "symbol=AAPL") == 2
    told = capsys.readouterr().err
    assert "answer.json" in told
    assert "Sign in" in told


def test_a_mapping_for_a_source_that_takes_none_and_odd_options_are_refused(desk, tmp_path, capsys):
    saved, mapping = tmp_path / "answer.json", tmp_path / "mapping.toml"
    saved.write_bytes(GOOD)
    mapping.write_text("provider = 'x'\n", encoding="utf-8")
    assert run("parse", "example_prices", saved, "--mapping", mapping) == 2
    assert "takes no mapping" in capsys.readouterr().err
    for odd, told in (("symbol", "has no value"), ("=AAPL", "has no value")):
        assert run("parse", "example_prices", saved, "--option", odd) == 2
        assert told in capsys.readouterr().err
    assert run("parse", "example_prices", saved, "--option", "symbol=A", "--option", "symbol=B") == 2
    assert run("pull", "example_prices", "--subject", "tickr:AAPL") == 2
    assert "security_id, cik" in capsys.readouterr().err


def test_a_bundle_carries_its_questions_and_is_replayed_without_a_socket(desk, service, tmp_path, capsys):
    questions, out = tmp_path / "questions.toml", tmp_path / "bars.csv"
    questions.write_text(
        '[[question]]\nsource = "example_prices"\nsubjects = ["AAPL"]\nstart = 2024-01-02\nend = "2024-01-03"\n',
        encoding="utf-8",
    )
    service.answers(GOOD)
    assert run("bundle", "export", tmp_path / "bundle", "--questions", questions) == 0
    asked = len(service.seen)
    assert run("bundle", "replay", tmp_path / "bundle", "--out", out) == 0
    assert run("pull", *QUESTION, "--bundle", tmp_path / "bundle") == 0
    assert len(service.seen) == asked
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["close_usd"] for row in csv.DictReader(file)] == ["185.64", "184.25"]
    assert CANARY not in "".join(path.read_text("latin-1") for path in tmp_path.rglob("*") if path.is_file())
    (body,) = (tmp_path / "bundle" / "bodies").iterdir()
    body.write_bytes(GOOD.replace(b"185", b"186"))
    capsys.readouterr()
    assert run("bundle", "replay", tmp_path / "bundle") == 2
    assert "is not what was written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no question"),
        ("[[question]]\n", "source is missing"),
        ("[[question]]\nsource = 'x'\nstarts = 2024-01-02\n", "starts is not known"),
        ("[[question]]\nsource = 'x'\nstart = 2024-01-02T10:00:00\n", "start is not a day"),
        ("[[question]]\nsource = 'x'\nsubjects = 'AAPL'\n", "no list of texts"),
        ("[[question]]\nsource = 'x'\noptions = {year = 2023}\n", "no table of texts"),
        ("[[question]\n", "no TOML"),
    ],
)
def test_a_file_of_questions_that_cannot_be_read_says_where(desk, tmp_path, capsys, text, told):
    path = tmp_path / "questions.toml"
    path.write_text(text, encoding="utf-8")
    assert run("bundle", "export", tmp_path / "bundle", "--questions", path) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "questions.toml" in said


def test_the_live_test_is_run_on_a_wish_only_and_fails_where_a_service_answers_otherwise(
    desk, service, tmp_path, capsys, monkeypatch
):
    monkeypatch.delenv("CI", raising=False)
    service.answers(b"<html><title>Moved</title></html>")
    out = tmp_path / "smoke"
    assert run("smoke", "--out", out) == 2
    assert service.seen == []
    assert run("smoke", "--yes", "--out", out) == 2
    assert "1 of 2 did not answer as documented: example_prices" in capsys.readouterr().err
    assert "Moved" in (out / "smoke-2026-11-02.txt").read_text(encoding="utf-8")
    service.answers(GOOD)
    assert run("smoke", "example_prices", "--yes", "--out", tmp_path / "good") == 0
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert CANARY not in "".join(path.read_text("latin-1") for path in written)
    service.answers(GOOD)
    monkeypatch.setenv("CI", "true")
    assert run("smoke", "--yes", "--out", tmp_path / "other") == 2
    assert "never runs in continuous integration" in capsys.readouterr().err
    assert service.seen == []


def test_yaml_with_tags_of_python_is_no_toml_and_runs_nothing(desk, root, tmp_path, capsys):
    sign = tmp_path / "was-here"
    text = f"!!python/object/apply:os.system ['touch {sign}']\n"
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    for words in (
        ["mandate", "check", str(path)],
        ["data", "bundle", "export", str(tmp_path / "bundle"), "--questions", str(path)],
    ):
        assert main(words) == 2
        assert "mapping.toml" in capsys.readouterr().err
    for read in (
        lambda: read_mapping(text, "mapping.toml"),
        lambda: mapping_of_text(text, PriceMapping, "mapping.toml"),
        lambda: mapping_of_text(text, HoldingsMapping, "mapping.toml"),
    ):
        with pytest.raises(InputError, match=r"mapping\.toml"):
            read()
    assert not sign.exists()
    sources = [path for folder in ("di_advisor", "models", "data_adapters") for path in (root / folder).rglob("*.py")]
    assert [path.name for path in sources if re.search(r"(?m)^\s*(import|from) yaml", path.read_text("utf-8"))] == []
