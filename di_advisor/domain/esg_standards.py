"""The two climate benchmarks of the European Union as sets of wishes.

Decision: a standard is wishes and exclusions like any others, each with its article, and a claim that
says which of its data were missing: without Scope 3, EVIC and shares of revenue a portfolio may be
called inspired by the standard, never by its name. Limits: article 6 (overweights only for issuers
with targets) and the loss of the label after missed years (article 7(5)) are not modelled.
Source: Commission Delegated Regulation (EU) 2020/1818, articles 3, 5, 7, 9, 11 and 12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Pathway, Uncovered, not_below_index
from di_advisor.domain.exclusions import Condition, Exclusion, Operator
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.wish_checks import check_fraction

__all__ = ["ClimateData", "Standard", "climate_transition", "paris_aligned"]

_REGULATION = "Regulation (EU) 2020/1818"
_CTB_CUT, _PAB_CUT = 0.30, 0.50
_PER_YEAR = 0.07
_GRAMS_PER_KWH = 100.0

_ANY = ((0.0, Operator.MORE_THAN),)
_COMMON: dict[str, tuple[str, tuple[tuple[float, Operator], ...]]] = {
    "controversial weapons": ("art. 12(1)(a)", _ANY),
    "tobacco production": ("art. 12(1)(b)", _ANY),
    "norms violations": ("art. 12(1)(c)", _ANY),
    "significant harm": ("art. 12(2)", _ANY),
}
_FOSSIL: dict[str, tuple[str, tuple[tuple[float, Operator], ...]]] = {
    "coal": ("art. 12(1)(d)", ((0.01, Operator.AT_LEAST),)),
    "oil": ("art. 12(1)(e)", ((0.10, Operator.AT_LEAST),)),
    "gas": ("art. 12(1)(f)", ((0.50, Operator.AT_LEAST),)),
    "power": ("art. 12(1)(g)", ((0.50, Operator.AT_LEAST), (_GRAMS_PER_KWH, Operator.MORE_THAN))),
}


@dataclass(frozen=True)
class ClimateData:
    """Which measures hold what a standard asks for.

    Attributes
    ----------
    carbon : str
        Intensity of emissions.
    screens : Mapping of str to str, or to a pair of str
        By screen ("controversial weapons", "tobacco production", "norms violations", "significant harm",
        "coal", "oil", "gas", "power"), the measure with its share of revenue or flag; for power the pair
        of the share and the intensity in grams of CO2e per kWh.
    high_impact : str
        1 for issuers of sections A to H and L of NACE; empty where not known.
    with_scope_3, per_evic : bool
        Whether the intensity holds Scope 3, and is per enterprise value including cash.
    source : str
        Who says so, for the reason lines.
    """

    carbon: str
    screens: Mapping[str, str | tuple[str, str]]
    high_impact: str = ""
    with_scope_3: bool = False
    per_evic: bool = False
    source: str = ""


@dataclass(frozen=True)
class Standard:
    """A set of wishes with what may be claimed of it.

    Attributes
    ----------
    name : str
        Of the standard.
    claim : str
        What may be said of a portfolio that keeps it.
    esg, exclusions : tuple
        Its wishes.
    missing : tuple of str
        Parts for which there were no data.
    """

    name: str
    claim: str
    esg: tuple[EsgWish, ...]
    exclusions: tuple[Exclusion, ...]
    missing: tuple[str, ...]

    def added_to(self, mandate: Mandate) -> Mandate:
        """A mandate with these wishes beside its own."""
        return mandate.with_changes(esg=(*mandate.esg, *self.esg), exclusions=(*mandate.exclusions, *self.exclusions))


def paris_aligned(
    data: ClimateData,
    *,
    base_value: float,
    base_date: date,
    evic_inflation: float = 1.0,
    thresholds: Mapping[str, float] | None = None,
) -> Standard:
    """EU Paris-aligned: half the index's intensity, 7 percent a year less, no fossil fuels to speak of.

    Parameters
    ----------
    data : ClimateData
        Measures.
    base_value : float
        The portfolio's average intensity on the base date.
    base_date : date
        Start of the pathway.
    evic_inflation : float
        Mean EVIC now over then, where intensities are per EVIC.
    thresholds : Mapping of str to float, optional
        Stricter thresholds by screen.
    """
    path = Pathway(base_value, base_date, _PER_YEAR, evic_inflation)
    return _standard("Paris-aligned", data, _PAB_CUT, path, {**_COMMON, **_FOSSIL}, thresholds or {})


def climate_transition(
    data: ClimateData,
    *,
    base_value: float,
    base_date: date,
    evic_inflation: float = 1.0,
    thresholds: Mapping[str, float] | None = None,
) -> Standard:
    """EU Climate Transition: 30 percent below the index, 7 percent a year less, the common exclusions.

    Parameters are those of `paris_aligned`.
    """
    path = Pathway(base_value, base_date, _PER_YEAR, evic_inflation)
    return _standard("Climate Transition", data, _CTB_CUT, path, _COMMON, thresholds or {})


def _standard(
    name: str,
    data: ClimateData,
    cut: float,
    path: Pathway,
    screens: Mapping[str, tuple[str, tuple[tuple[float, Operator], ...]]],
    thresholds: Mapping[str, float],
) -> Standard:
    missing = [] if data.with_scope_3 else ["Scope 3 emissions"]
    missing += [] if data.per_evic else ["EVIC"]
    exclusions = []
    for screen, (article, limits) in screens.items():
        given = data.screens.get(screen)
        if given is None:
            missing.append(screen)
            continue
        measures = (given,) if isinstance(given, str) else given
        check_fraction(thresholds.get(screen), f"threshold of {screen}", low=0, high=limits[0][0])
        first = thresholds.get(screen, limits[0][0])
        values = (first, *(value for value, _ in limits[1:]))
        conditions = tuple(
            Condition(measure, value, operator)
            for measure, value, (_, operator) in zip(measures, values, limits, strict=True)
        )
        rule = f"{_REGULATION} {article}: {' and '.join(str(c) for c in conditions)}"
        exclusions.append(Exclusion(screen, conditions=conditions, rule=rule, source=data.source))
    wishes = [EsgWish(data.carbon, cut_min=cut, pathway=path, direction=Direction.LOWER_IS_BETTER)]
    if data.high_impact:
        wishes.append(not_below_index(data.high_impact, uncovered=Uncovered.ZERO))
    else:
        missing.append("high-climate-impact sectors")
    kind = f"EU {name} Benchmarks ({_REGULATION})"
    if missing:
        claim = f"Inspired by {kind}, without {', '.join(missing)}: it must not be called {name}."
    else:
        claim = f"Built to the rules for {kind}, articles 6 and 7(5) aside; the label itself is an administrator's."
    return Standard(name, claim, tuple(wishes), tuple(exclusions), tuple(missing))
