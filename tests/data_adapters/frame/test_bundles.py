"""Bundles: answers carried to where no network is, verified by their checksums."""

import json

import pytest

from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import (
    DamagedStoreError,
    InputError,
    NewerSchemaError,
    SourceUnavailableError,
)
from di_data.frame.bodies import write_whole
from di_data.frame.bundle import Bundle, export_bundle
from di_data.frame.client import Mode
from di_data.frame.pulling import answers_of, pull
from tests.data_adapters.frame.example import ADAPTER, GOOD, LATER, QUERY, bundled
from tests.data_adapters.frame.pages import PAGES, Weights
from tests.data_adapters.loopback import MORNING


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
