"""Conformance of adapters: what the frame relies on, checked on an adapter and sample bodies of its author.

Problem: a third party's adapter is trusted with an account's numbers; a runtime check sees that methods are
there, not that they are right. Decision: `check_adapter` runs an adapter on a good body and on many wrong
ones made from it, and raises one error that lists everything it found. It needs no network, no key and no
server. Limits: it sees what its samples let it see; whether the figures are true it cannot know.
"""

from __future__ import annotations

from di_data.conformance.checks import check_adapter, findings
from di_data.conformance.sample import Sample

__all__ = ["Sample", "check_adapter", "findings"]
