"""Purity: an adapter's code names no clock, no environment, no file and no socket.

Two runs a millisecond apart do not show that today's date was used; the text of the code does. What hides
behind another module's function is not seen, but a socket that is opened is.
"""

from __future__ import annotations

import ast
import inspect
import socket
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

from di_advisor.errors import PluginError

__all__ = ["impure_calls", "without_sockets"]

_METHODS: Final = {
    "now",
    "utcnow",
    "today",
    "getenv",
    "urlopen",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
}
_FUNCTIONS: Final = {"open", "print", "input"}
_MODULES: Final = {
    "time": {"time", "time_ns", "sleep", "monotonic", "localtime", "gmtime"},
    "os": {"environ", "getenv", "urandom"},
    "requests": {"get", "post", "request", "Session"},
    "random": {"random", "choice", "randint", "shuffle"},
    "socket": {"socket", "create_connection", "getaddrinfo"},
}


def impure_calls(kind: type) -> Iterator[str]:
    """Sentences about what a class calls that a pure one does not."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError, SyntaxError):
        return  # made at run time: only what it does is seen
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _METHODS:
                yield f"it calls {name}(): clocks, files and services are the frame's"
            case ast.Call(func=ast.Name(id=name)) if name in _FUNCTIONS | {"urlopen"}:
                yield f"it calls {name}(): clocks, files and services are the frame's"
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in _MODULES.get(module, ()):
                yield f"it uses {module}.{name}: clocks, files and services are the frame's"
            case _:
                pass


@contextmanager
def without_sockets() -> Iterator[None]:
    """Let nothing open a socket inside."""

    def refused(*_: Any, **__: Any) -> None:
        raise PluginError("It opens a socket: an adapter never does.", hint="Give requests in plan.")

    with mock.patch.object(socket, "socket", refused), mock.patch.object(socket, "create_connection", refused):
        yield
