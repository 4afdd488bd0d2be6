"""Which adapters are installed: found by entry point, loaded one by one, a broken one reported and passed over.

Problem: one third party's adapter that fails to import must not take the others along. Decision: names come
from the entry points without loading anything; an adapter is loaded when it is asked for, and what its
loading raises becomes a sentence. Limits: an adapter that hangs while it is imported hangs here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from di_advisor.errors import DiAdvisorError, PluginError
from di_data.frame.adapter import Adapter

__all__ = ["SOURCE_ADAPTERS", "Discovery"]

SOURCE_ADAPTERS: Final = "di_advisor.source_adapters"
"""Entry-point group of adapters."""

_OF_LOADING: Final = (
    *(ImportError, AttributeError, SyntaxError, TypeError, ValueError, LookupError, RuntimeError, OSError),
    *(ArithmeticError, AssertionError, DiAdvisorError),
)


class Discovery:
    """Adapters by name.

    Parameters
    ----------
    points : Mapping of str to EntryPoint, optional
        In place of what is installed.
    """

    def __init__(self, points: Mapping[str, EntryPoint] | None = None) -> None:
        self._double: dict[str, str] = {}
        self._points = dict(points) if points is not None else self._installed()
        self._loaded: dict[str, Adapter[Any]] = {}

    def names(self) -> tuple[str, ...]:
        """Names of all adapters, without loading any."""
        return tuple(sorted(self._points))

    def adapter(self, name: str) -> Adapter[Any]:
        """Adapter of a name.

        Raises
        ------
        PluginError
            If there is none, or it cannot be loaded, or is no adapter.
        """
        if name in self._loaded:
            return self._loaded[name]
        if name not in self._points:
            raise PluginError(
                f"There is no source {name!r}; there is: {', '.join(self.names()) or 'none'}.",
                hint="Check the name; `di-advisor data check` lists them; packages bring more.",
                name=name,
                available=list(self.names()),
            )
        if name in self._double:
            raise _broken(name, self._double[name])
        try:
            made = self._points[name].load()()
        except _OF_LOADING as e:
            raise _broken(name, f"{type(e).__name__}: {e}") from e
        if not isinstance(made, Adapter):
            raise _broken(name, f"{self._points[name].value} is no Adapter")
        if made.facts.name != name:
            raise _broken(name, f"its facts say {made.facts.name!r}, its entry point {name!r}")
        self._loaded[name] = made
        return made

    def _installed(self) -> dict[str, EntryPoint]:
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=SOURCE_ADAPTERS):
            known = found.setdefault(point.name, point)
            if known.value != point.value:
                self._double[point.name] = f"two packages bring one of this name: {known.value} and {point.value}"
        return found


def _broken(name: str, why: str) -> PluginError:
    return PluginError(
        f"The source {name!r} cannot be loaded: {why}.",
        hint="Update or uninstall the package that brings it; other sources are not affected.",
        name=name,
        why=why,
    )
