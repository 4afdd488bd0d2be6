"""The facts behind a source: portfolios, a market, a target, histories; read once, and hashed.

Problem: a panel, a command and a notebook must see the same facts for the same files, and say which bytes
they were. Decision: one opener for every source; `fingerprint` holds the SHA-256 of every file, or the
sample's seed. Limits: facts fit in memory; values of a kernel carry no hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import ExposureHistory, FloatArray, Market, ReturnHistory
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.target import Target
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.runs.spec import FileSource, FleetSource, SampleSource, Source

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Facts", "facts_of", "sample_facts", "sha256_of"]

_BLOCK = 2**20


@dataclass(frozen=True)
class Facts:
    """What a proposal rests on.

    Attributes
    ----------
    portfolios : Mapping of str to Portfolio
        By name.
    market, target
        Prices and date; what to track.
    returns, exposures : optional
        History for the risk model; not needed with `risk`.
    risk, costs : optional
        Ready-made; else the models estimate them.
    esg : EsgTable, or Mapping of str to ndarray of shape (m,), optional
        Measures that wishes may refer to; arrays are in the market's order, NaN where not known.
    orders : DataFrame, optional
        Past orders, for cost models.
    tax : optional
        The taxpayer that comes with the source.
    label : str
        What must be said of these facts wherever they are shown, such as that they are simulated.
    notes : tuple of str
        What is missing or odd in them.
    fingerprint : Mapping of str to str
        By role: SHA-256 of a file's bytes, or the sample's seed.

    Raises
    ------
    InputError
        If there is no portfolio, or nothing to estimate risk from.
    """

    portfolios: Mapping[str, Portfolio]
    market: Market
    target: Target
    returns: ReturnHistory | None = None
    exposures: ExposureHistory | None = None
    risk: FactorRisk | None = None
    costs: CostCurves | None = None
    esg: EsgTable | Mapping[str, FloatArray] | None = None
    orders: pd.DataFrame | None = field(default=None, compare=False)
    tax: Taxpayer | None = None
    label: str = ""
    notes: tuple[str, ...] = ()
    fingerprint: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.portfolios:
            raise InputError("There is no portfolio.", hint="Pass portfolios={'name': portfolio}.")
        if self.risk is None and self.returns is None:
            raise InputError(
                "There are neither returns nor a risk model's result.",
                hint="Pass returns=... (and exposures=...), or risk=....",
            )
        object.__setattr__(self, "fingerprint", FrozenMap(dict(self.fingerprint)))

    @property
    def accounts(self) -> Mapping[str, tuple[str, str]]:
        """By label, the portfolio's name and the account's id; a label is the name where there is one account."""
        return {
            name if len(portfolio.accounts) == 1 else f"{name} / {account.account_id}": (name, account.account_id)
            for name, portfolio in self.portfolios.items()
            for account in portfolio.accounts
        }

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the ESG measures."""
        return self.esg.names if isinstance(self.esg, EsgTable) else tuple(self.esg or ())

    def account(self, label: str) -> tuple[Portfolio, str]:
        """Portfolio and account id behind a label.

        Raises
        ------
        InputError
            If there is no such label.
        """
        offered = self.accounts
        if label not in offered:
            raise InputError(f"There is no account {label!r}.", hint=f"There are: {', '.join(offered)}.")
        name, account_id = offered[label]
        return self.portfolios[name], account_id


def facts_of(source: Source, given: Facts | None = None) -> Facts:
    """Facts of a source.

    Parameters
    ----------
    source : SampleSource, FileSource, KernelSource or FleetSource
        Where they are.
    given : Facts, optional
        Those of the kernel, for a `KernelSource`.

    Raises
    ------
    InputError
        If a file cannot be used, or values of a kernel are asked for that are not given.
    """
    if isinstance(source, SampleSource):
        return sample_facts(source.seed)
    if isinstance(source, FileSource):
        from di_advisor.runs.files import file_facts

        return file_facts(source)
    if isinstance(source, FleetSource):
        from di_advisor.runs.of_fleet import fleet_account_facts

        return fleet_account_facts(source)
    if given is None:
        raise InputError(
            f"The run rests on {source.name}, and they are not given.",
            hint="Pass them again: di_advisor.app(portfolios, market=..., target=..., returns=...).",
        )
    return given


def sample_facts(seed: int) -> Facts:
    """The embedded world; everything in it is simulated."""
    from di_advisor import sample

    world = sample.load(seed)
    return Facts(
        portfolios=world.portfolios,
        market=world.market(),
        target=world.target,
        returns=world.returns,
        exposures=world.exposures,
        esg=EsgTable.from_frame(world.esg),
        orders=world.orders,
        tax=world.tax,
        label=world.label,
        fingerprint={"sample": f"seed {seed}"},
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
