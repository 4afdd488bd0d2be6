"""For tests of the project and of plug-ins: lots in a mini-language."""

from __future__ import annotations

from di_advisor.testing.lots import lot, lots, portfolio

__all__ = ["lot", "lots", "portfolio"]
