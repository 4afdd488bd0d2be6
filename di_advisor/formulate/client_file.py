"""One client in one text: the mandate, the taxpayer, and own terms and rules by name.

Decision: TOML with the tables ``[mandate]``, ``[taxpayer]`` and ``[own]``, each of which may be left
out. The taxpayer says its kind: constant rates, a return whose whole Schedule D counts, or a filer, which
is a return with the switches it is read by. Own terms and rules are named ``module:qualname`` of what
can be imported; nothing is evaluated, and importing them is the caller's to do. Pure: whoever calls
reads and writes files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.mandate_text import TABLE, mandate_template
from di_advisor.domain.record_data import plain_of, record_of
from di_advisor.domain.record_docs import commented
from di_advisor.domain.taxes import TaxProfile
from di_advisor.domain.toml_text import read_toml, toml_of
from di_advisor.errors import InputError
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer
from di_advisor.ledger.tax_return import ReturnInputs

__all__ = ["ClientFile", "OwnNames", "client_from_toml", "client_template", "client_toml"]

_TAXPAYER, _OWN, _KIND = "taxpayer", "own", "kind"
_PREFACE = """\
# Wishes of one client, for `di-advisor propose --mandate`. Not tax advice.
# Take the # off a line to change it; what is left out keeps the default shown.
"""
_KINDS: Mapping[str, type] = {"constant_rates": TaxProfile, "return": ReturnInputs, "filer": FilerTax}


@dataclass(frozen=True, slots=True)
class OwnNames:
    """Own terms and rules by name.

    Attributes
    ----------
    terms : tuple of str
        Own terms, "module:qualname" of what can be imported.
    rules : tuple of str
        Own rules, likewise.
    """

    terms: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def loaded(self) -> OwnWishes:
        """The terms and rules themselves, imported.

        Raises
        ------
        OwnWishError
            If one cannot be imported, or is neither a term nor a rule.
        """
        return OwnWishes.from_specs({"terms": self.terms, "rules": self.rules})


@dataclass(frozen=True)
class ClientFile:
    """What one file says of a client.

    Attributes
    ----------
    mandate : Mandate
        The wishes; the defaults where the file has none.
    taxpayer : TaxProfile, ReturnInputs or FilerTax, optional
        None where the file has none.
    own : OwnNames
        Own terms and rules, by name.
    """

    mandate: Mandate = field(default_factory=Mandate)
    taxpayer: Taxpayer | None = None
    own: OwnNames = OwnNames()


def client_toml(client: ClientFile) -> str:
    """A client as text: what differs from the defaults."""
    tables: dict[str, dict[str, Any]] = {TABLE: plain_of(client.mandate)}
    if client.taxpayer is not None:
        kind = next(name for name, each in _KINDS.items() if type(client.taxpayer) is each)
        tables[_TAXPAYER] = {_KIND: kind, **plain_of(client.taxpayer)}
    if client.own != OwnNames():
        tables[_OWN] = plain_of(client.own)
    return toml_of(tables)


def client_from_toml(text: str, source: str = "the mandate") -> ClientFile:
    """The client of a text; nothing is imported.

    Parameters
    ----------
    text : str
        TOML.
    source : str
        Where it comes from, for errors.

    Raises
    ------
    InputError
        Naming the file, the key, and what is allowed.
    """
    given = read_toml(text, source)
    allowed = (TABLE, _TAXPAYER, _OWN)
    for name in given:
        if name not in allowed:
            raise InputError(
                f"{source}: there is no [{name}].",
                hint=f"There are: {', '.join(f'[{a}]' for a in allowed)}.",
                file=source,
                key=name,
                allowed=allowed,
            )
    return ClientFile(
        record_of(Mandate, given.get(TABLE, {}), source, TABLE),
        _taxpayer(given[_TAXPAYER], source) if _TAXPAYER in given else None,
        record_of(OwnNames, given.get(_OWN, {}), source, _OWN),
    )


def _taxpayer(given: Any, source: str) -> Taxpayer:  # noqa: ANN401 - anything may come in
    listed = ", ".join(f'"{name}"' for name in _KINDS)
    kind = given.get(_KIND) if isinstance(given, Mapping) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InputError(
            f"{source}: {_TAXPAYER}.{_KIND} is {'missing' if kind is None else repr(kind)}.",
            hint=f"Give one of: {listed}.",
            file=source,
            key=f"{_TAXPAYER}.{_KIND}",
            allowed=tuple(_KINDS),
        )
    rest = {key: value for key, value in given.items() if key != _KIND}
    found: Taxpayer = record_of(_KINDS[kind], rest, source, _TAXPAYER)
    return found


def client_template() -> str:
    """Every field of a client's file as comments, with its meaning, what is allowed, and its default."""
    parts = [
        _PREFACE,
        mandate_template(),
        "# The taxpayer: one of the following kinds; without it, the rates of the command line.\n",
    ]
    for name, kind in _KINDS.items():
        parts.append(f'# [{_TAXPAYER}]\n# {_KIND} = "{name}"\n\n{commented(kind, _TAXPAYER)}\n')
    parts.append(f"# [{_OWN}]\n\n{commented(OwnNames, _OWN)}\n")
    return "\n".join(parts)
