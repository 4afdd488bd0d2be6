"""Bundles: answers with their circumstances in a folder, to be carried to a room without a network.

Problem: an air-gapped machine, a reviewer and a bug report need the very bytes that a result came from.
Decision: a bundle is a folder with one file per body, named by its checksum, and a manifest in JSON that
says for each request what was asked (without secrets), when it came, from whom, under which licence.
Checksums are verified whenever a body is read. Limits: it is not signed; who can write the manifest can
write the checksums. Licences of providers still count: a bundle is not a right to hand data on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from di_advisor.errors import DamagedStoreError, InputError, NewerSchemaError, SourceUnavailableError
from di_data.frame.adapter import SourceFacts
from di_data.frame.bodies import checksum, fingerprint, write_whole
from di_data.frame.exchange import Received, Request

__all__ = ["Bundle", "export_bundle"]

_FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_HEX: Final = frozenset("0123456789abcdef")
_SHA_CHARACTERS: Final = 64


def export_bundle(folder: Path, answers: Iterable[tuple[str, bytes, Received]]) -> Path:
    """Write a bundle and return its manifest.

    Parameters
    ----------
    folder : Path
        A new or empty folder.
    answers : iterable of (str, bytes, Received)
        Adapter's name, body, circumstances.

    Raises
    ------
    InputError
        If the folder holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"The folder {folder.name} is not empty.", hint="Name a new one: bundles are not mixed.")
    entries = []
    for adapter, body, received in answers:
        sha256 = checksum(body)
        write_whole(folder / "bodies" / sha256, body)
        request = received.request
        entries.append(
            {
                "key": fingerprint(adapter, request),
                "adapter": adapter,
                "url": received.source,
                "method": request.method.value,
                "label": request.label,
                "sha256": sha256,
                "bytes": len(body),
                "fetched_at": received.fetched_at.isoformat(),
                "provider": received.provider,
                "licence": received.licence,
            }
        )
    manifest = folder / _MANIFEST
    # Last of all: a folder without a manifest is no bundle.
    write_whole(manifest, json.dumps({"format": _FORMAT, "answers": entries}, indent=1).encode())
    return manifest


class Bundle:
    """Answers of a folder.

    Parameters
    ----------
    folder : Path
        As `export_bundle` wrote it.

    Raises
    ------
    DamagedStoreError
        If the manifest is missing or cannot be read.
    NewerSchemaError
        If a newer version wrote it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            read = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
            version, answers = int(read["format"]), list(read["answers"])
            self._entries: dict[str, dict[str, Any]] = {str(each["key"]): dict(each) for each in answers}
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise DamagedStoreError(
                f"The folder {folder.name} is no whole bundle: its {_MANIFEST} cannot be read ({type(e).__name__}).",
                hint="Copy the bundle again, whole.",
                folder=str(folder),
            ) from None
        if version > _FORMAT:
            raise NewerSchemaError(
                f"The bundle {folder.name} has format {version}, and this version reads up to {_FORMAT}.",
                hint="Update di_advisor.",
            )

    def __len__(self) -> int:
        return len(self._entries)

    def body(self, facts: SourceFacts, request: Request) -> tuple[bytes, Received]:
        """Body and circumstances of a request.

        Raises
        ------
        SourceUnavailableError
            If the bundle does not hold it.
        DamagedStoreError
            If the body is missing or not what was written.
        """
        entry = self._entries.get(fingerprint(facts.name, request))
        if entry is None:
            raise SourceUnavailableError(
                f"{facts.title} ({facts.name}), {request.address}: the bundle {self.folder.name} does not hold it.",
                hint="Export a bundle with the same question.",
                source=facts.name,
                address=request.address,
            )
        body = self._verified(entry)
        at = datetime.fromisoformat(str(entry["fetched_at"]))
        received = Received(request, request.address, checksum(body), at, str(entry["provider"]), str(entry["licence"]))
        return body, received

    def verify(self) -> int:
        """Verify all checksums and return how many bodies there are.

        Raises
        ------
        DamagedStoreError
            If a body is missing or not what was written.
        """
        for entry in self._entries.values():
            self._verified(entry)
        return len(self._entries)

    def _verified(self, entry: dict[str, Any]) -> bytes:
        sha256 = str(entry.get("sha256", ""))
        if len(sha256) != _SHA_CHARACTERS or not _HEX.issuperset(sha256):
            raise DamagedStoreError(
                f"The bundle {self.folder.name} names a checksum that is none: {sha256[:20]!r}.",
                hint="Copy the bundle again.",
            )
        path = self.folder / "bodies" / sha256
        body = path.read_bytes() if path.is_file() else None
        if body is None or checksum(body) != sha256:
            raise DamagedStoreError(
                f"The bundle {self.folder.name}: the body of {entry.get('url', '?')} "
                f"{'is missing' if body is None else 'is not what was written'}.",
                hint="Copy the bundle again; what was changed on the way is not used.",
                sha256=sha256,
            )
        return body
