"""`di_advisor.app`: one app a kernel, on the sample, a saved spec, or the kernel's own values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Portfolio
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.runs.facts import Facts
from di_advisor.runs.saved import SavedRun
from di_advisor.runs.spec import STARTING_MANDATE, STARTING_TAX, KernelSource, RunSpec, SampleSource
from di_advisor.ui.application import Application
from di_advisor.ui.beside import read_beside
from di_advisor.ui.pages.account import AccountPage
from di_advisor.ui.pages.cost_lab import CostLabPage
from di_advisor.ui.pages.fleet import FleetPage
from di_advisor.ui.pages.measures import MeasuresPage
from di_advisor.ui.pages.optimize import OptimizePage
from di_advisor.ui.pages.page import Page
from di_advisor.ui.pages.trades import TradesPage
from di_advisor.ui.pages.triggers import TriggersPage
from di_advisor.ui.pages.wishes import WishesPage
from di_advisor.ui.pages.year_end import YearEndPage
from di_advisor.ui.processes import warm_up
from di_advisor.ui.serving_modules import preloaded

__all__ = ["PAGES", "app"]

PAGES: Final[tuple[type[Page], ...]] = (
    AccountPage,
    CostLabPage,
    WishesPage,
    TriggersPage,
    OptimizePage,
    TradesPage,
    MeasuresPage,
    YearEndPage,
    FleetPage,
)
_SAMPLE_ACCOUNT: Final = "young"
_APPS: list[Application] = []  # at most one: the cell and the side panel show the same object


def app(
    portfolios: Mapping[str, Portfolio] | str | Path | None = None,
    *,
    spec: RunSpec | None = None,
    mandate: Mandate | None = None,
    tax: Taxpayer | None = None,
    **parts: Any,
) -> Application:
    """The app of this kernel.

    Parameters
    ----------
    portfolios : Mapping of str to Portfolio, or path, optional
        The user's own, by name; or a file that the app saved, ``"x.di.toml"``, which brings back what was
        asked and says which inputs changed since. Without either the simulated sample.
    spec : RunSpec, optional
        What the controls start with, such as a saved one.
    mandate, tax : optional
        Wishes and taxpayer to start with, with own portfolios.
    **parts
        With own portfolios, the other fields of `di_advisor.runs.Facts`: ``market``, ``target``,
        ``returns`` (and ``exposures``) or ``risk``, and if wanted ``costs``, ``esg``.

    Returns
    -------
    Application
        One object a kernel: giving portfolios, a file or a spec starts it again, in every view of it.

    Raises
    ------
    InputError
        If parts are missing, or given without portfolios, or a file cannot be used.
    """
    if isinstance(portfolios, str | Path):
        saved = read_beside(portfolios)
        return _begun(saved.spec, saved=saved)
    if portfolios is None and parts:
        raise InputError(f"The app was given {', '.join(parts)} without portfolios.", hint="Pass portfolios too.")
    if portfolios is not None:
        given = Facts(portfolios=portfolios, **parts)
        start = spec or RunSpec(
            KernelSource(), next(iter(given.accounts)), mandate or STARTING_MANDATE, tax or STARTING_TAX
        )
        return _begun(start, given)
    if spec is not None:
        return _begun(spec)
    return _APPS[0] if _APPS else _begun(RunSpec(SampleSource(), _SAMPLE_ACCOUNT))


def _begun(spec: RunSpec, given: Facts | None = None, saved: SavedRun | None = None) -> Application:
    warm_up(preloaded())
    if _APPS:
        _APPS[0].begin(spec, given, saved)
    else:
        _APPS.append(Application(spec, PAGES, given, saved))
    return _APPS[0]
