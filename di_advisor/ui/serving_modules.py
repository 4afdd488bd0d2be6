"""What the server of child processes imports before the first child: named here, so that naming them costs nothing.

Decision: the solver's path and the models that are asked first; a model that is chosen later is imported where it
is, for its libraries would hold up everybody's first answer.
"""

from __future__ import annotations

from typing import Final

from di_advisor import registry

__all__ = ["FIRST_MODELS", "preloaded"]

_PRELOADED = (
    "numpy",
    "pandas",
    "scipy.sparse",
    "piqp",
    "clarabel",
    "di_advisor.advisor",
    "di_advisor.formulate",
    "di_advisor.propose",
    "di_advisor.sample.world",
    "di_advisor.signals",
    "di_advisor.solve",
    "di_advisor.ui.serving",
    "di_advisor.ui.verbs",
)

FIRST_MODELS: Final = ((registry.RISK_MODELS, "factor"), (registry.COST_MODELS, "prior"))
"""Those of a new `di_advisor.runs.spec.Models`, which a test holds them to: that module is not light."""


def preloaded() -> tuple[str, ...]:
    """Modules that the server of child processes imports once."""
    known = ((registry.available(group), name) for group, name in FIRST_MODELS)
    return (*_PRELOADED, *sorted(found[name].module for found, name in known if name in found))
