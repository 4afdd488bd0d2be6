"""Keys of services: where they are looked for, and how they stay out of everything that is shown.

Problem: a key in a repr, a traceback or a notebook's output is a key that is published. Decision: a key is
a `Secret`, whose text appears only where a request is sent; it is looked for in the argument, then in the
environment, then in the system's keyring, and nowhere else. Limits: what has this process's memory has
its keys.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NoReturn

from di_advisor.errors import SourceRefusedError
from di_data.frame.adapter import SourceFacts

__all__ = ["KEYRING_SERVICE", "Keys", "Secret", "living_secrets", "system_keyring"]

KEYRING_SERVICE: Final = "di_advisor"
"""Under this name keys are in the system's keyring, by the name of their variable."""

_SHOWN: Final = 4
_LONG_ENOUGH_TO_SHOW: Final = 16
_LIVING: weakref.WeakSet[Secret] = weakref.WeakSet()


class Secret:
    """A text that shows itself only when asked by name.

    Parameters
    ----------
    text : str
        The key.
    """

    __slots__ = ("__weakref__", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        _LIVING.add(self)

    def reveal(self) -> str:
        """Return the key itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return f"***{self._text[-_SHOWN:]}" if len(self._text) >= _LONG_ENOUGH_TO_SHOW else "***"

    def __reduce__(self) -> NoReturn:
        message = "a key is not copied into files or other processes"
        raise TypeError(message)


def living_secrets() -> tuple[Secret, ...]:
    """Keys that this process holds: what logs are cleaned of."""
    return tuple(_LIVING)


def system_keyring(variable: str) -> str | None:
    """Key of the system's keyring; None where there is no keyring or nothing in it."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING_SERVICE, variable)
    except KeyringError:
        return None


class Keys:
    """Finds keys: argument first, then environment, then keyring.

    Parameters
    ----------
    given : Mapping of str to str, optional
        Keys by the name of their variable.
    environment : Mapping of str to str, optional
        In place of the process's own.
    keyring : callable, optional
        Gives a key by the name of its variable, or None.
    """

    def __init__(
        self,
        given: Mapping[str, str] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        keyring: Callable[[str], str | None] = system_keyring,
    ) -> None:
        self._given = {variable: Secret(text) for variable, text in (given or {}).items()}
        self._environment = environment
        self._keyring = keyring
        self._found: dict[str, Secret] = {}

    def __repr__(self) -> str:
        return f"Keys({', '.join(sorted({*self._given, *self._found})) or 'none yet'})"

    def find(self, facts: SourceFacts) -> Secret | None:
        """Key of a source, or None where it needs none and none is known.

        Raises
        ------
        SourceRefusedError
            If the source needs a key and there is none, or the key cannot be sent.
        """
        place = facts.key
        if place is None:
            return None
        found = self.look(place.variable)
        if found is None and place.needed:
            raise SourceRefusedError(
                f"{facts.title} ({facts.name}) needs {place.variable}, and it was not found.",
                hint=f'Give it as an argument (keys={{"{place.variable}": ...}}), set the environment variable '
                f"{place.variable}, or store it once in the keyring: keyring set {KEYRING_SERVICE} {place.variable}.",
                source=facts.name,
                variable=place.variable,
            )
        if found is not None and not _can_be_sent(found.reveal()):
            raise SourceRefusedError(
                f"{place.variable} holds characters that cannot be sent (line ends, blanks at its ends, or others).",
                hint="Set it again, without quotes and line ends.",
                source=facts.name,
                variable=place.variable,
            )
        return found

    def look(self, variable: str) -> Secret | None:
        """Key by the name of its variable, or None."""
        if variable in self._given:
            return self._given[variable]
        if variable not in self._found:
            environment = os.environ if self._environment is None else self._environment
            text = environment.get(variable) or self._keyring(variable)
            if not text:
                return None
            self._found[variable] = Secret(text)
        return self._found[variable]

    def known(self, variables: Iterable[str]) -> frozenset[str]:
        """Variables of which a key is there."""
        return frozenset(variable for variable in variables if self.look(variable) is not None)


def _can_be_sent(text: str) -> bool:
    return text == text.strip() and text.isprintable() and text.isascii()
