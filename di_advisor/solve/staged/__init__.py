"""Solve several stages at once: from a staged problem to a certified plan, or a typed error."""

from __future__ import annotations

__all__: list[str] = []
