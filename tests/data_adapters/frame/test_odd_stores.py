"""A store that a crash, a full disk, a moved clock or a person has changed: a typed error or the right answer."""

from datetime import timedelta

import pytest

from di_advisor.errors import InputWarning, StoreError
from di_data.frame.client import Mode
from di_data.frame.desk import LocalDesk
from di_data.frame.pulling import pull
from tests.data_adapters.frame.example import ADAPTER, GOOD, QUERY
from tests.data_adapters.loopback import CANARY, MORNING, Installed

KEYS = {"EXAMPLE_API_KEY": CANARY}


def ask(client, **settings):
    return pull(client(**settings), ADAPTER, QUERY).records


def versions(folder):
    return next((folder / "versions").rglob("*.jsonl"))


def test_a_folder_that_is_a_file_is_said_with_what_to_do(service, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    service.answers(GOOD)
    client = service.client(tmp_path / "file", (ADAPTER.facts,))
    with pytest.raises(StoreError, match="cannot be read or written") as caught:
        pull(client, ADAPTER, QUERY)
    client.close()
    assert "--folder" in caught.value.hint
    assert (service.seen, (tmp_path / "file").read_text(encoding="utf-8")) == ([], "mine")


def test_a_disk_that_takes_nothing_more_is_no_fault_of_the_service_and_shows_no_key(client, service, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    service.answers(GOOD)
    asking = client()
    monkeypatch.setattr(asking.bodies, "put", full)
    with pytest.raises(StoreError, match="No space left") as caught:
        pull(asking, ADAPTER, QUERY)
    frame, shown = caught.value.__traceback__, []
    while frame is not None:
        shown.append(repr(frame.tb_frame.f_locals))
        frame = frame.tb_next
    assert CANARY not in "".join(shown)


@pytest.mark.parametrize("content", [b"no database " * 1000, None], ids=["other", "half"])
def test_a_damaged_database_is_named_and_gone_the_answer_is_there_again(service, tmp_path, content):
    service.answers(GOOD)
    path = tmp_path / "answers.sqlite"

    def asked(**settings):
        client = service.client(tmp_path, (ADAPTER.facts,), **settings)
        try:
            return pull(client, ADAPTER, QUERY).records
        finally:
            client.close()

    first = asked()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(StoreError, match="cannot be used") as caught:
        asked()
    assert "answers.sqlite" in caught.value.hint
    assert asked(mode=Mode.CACHE_ONLY) == first
    path.unlink()
    assert asked() == first


@pytest.mark.parametrize(
    "line",
    [
        b'\xff\xfe{"raw',
        b'{"raw_sha256": "../../../secret", "fetched_at": "2026-11-03T00:00:00+00:00", "records": 1}\n',
        b'{"raw_sha256": "' + b"a" * 64 + b'", "fetched_at": "2026-11-03T00:00:00", "records": 1}\n',
        b'{"raw_sha256": 5, "fetched_at": 6, "records": []}\n',
        b"[]\n\x00\n",
    ],
)
def test_a_line_of_versions_that_is_none_is_passed_over(client, service, tmp_path, line):
    service.answers(GOOD)
    first = ask(client)
    path = versions(tmp_path)
    path.write_bytes(path.read_bytes() + line)
    assert ask(client, mode=Mode.CACHE_ONLY) == first
    assert ask(client) == first


def test_what_comes_after_a_line_that_a_crash_cut_off_is_not_lost(client, service, tmp_path):
    service.answers(GOOD)
    ask(client)
    path = versions(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    service.answers(GOOD.replace(b"185.64", b"185.65"))
    asked = ask(client, clock=lambda: MORNING + timedelta(days=2))
    assert asked[0].close_usd == 185.65
    assert ask(client, mode=Mode.CACHE_ONLY, clock=lambda: MORNING + timedelta(days=2)) == asked


@pytest.mark.parametrize("moved", [timedelta(days=-400), timedelta(days=400)])
def test_a_clock_that_was_moved_makes_nothing_fresh_that_is_not(client, service, moved):
    service.answers(GOOD)
    ask(client)
    service.answers(GOOD.replace(b"185.64", b"186.64"))
    with pytest.warns(InputWarning, match=r"close_usd|the past has changed"):
        records = ask(client, clock=lambda: MORNING + moved)
    assert records[0].close_usd == 186.64
    assert len(service.seen) == 1


def test_a_store_that_is_deleted_in_between_is_asked_for_again(client, service, tmp_path):
    service.answers(GOOD)
    open_client = client()
    first = pull(open_client, ADAPTER, QUERY).records
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        if path.is_file() and not path.name.startswith(("answers", "budgets")):
            path.unlink()
    assert pull(open_client, ADAPTER, QUERY).records == first
    assert len(service.seen) == 2


@pytest.mark.parametrize(
    "written",
    [
        '{"last_at": "yesterday", "last_records": "many"}',
        '{"last_at": 5}',
        '{"last_at": "2027-01-01T00:00:00"}',
        "[]",
        "\x00",
    ],
)
def test_a_standing_that_was_changed_by_hand_is_no_standing(tmp_path, written):
    (tmp_path / "standing").mkdir()
    (tmp_path / "standing" / "example_prices.json").write_text(written, encoding="utf-8")
    with LocalDesk(tmp_path, keys=KEYS, clock=lambda: MORNING, discovery=Installed(ADAPTER)) as desk:
        (standing,) = desk.status()
    assert (standing.last_at, standing.last_records, standing.age) == (None, None, None)


def test_a_standing_that_cannot_be_written_costs_no_answer(service, tmp_path):
    service.answers(GOOD)
    wire = service.client(tmp_path)._wire
    (tmp_path / "standing").write_text("in the way", encoding="utf-8")
    found = Installed(ADAPTER)
    desk = LocalDesk(tmp_path, keys=KEYS, clock=lambda: MORNING, discovery=found, wire=wire)
    with desk, pytest.warns(InputWarning, match="cannot be written down"):
        pulled = desk.pull("example_prices", QUERY)
    assert len(pulled.records) == 2
