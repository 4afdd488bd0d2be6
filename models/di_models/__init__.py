"""Statistical models that di_advisor finds by entry point: risk, trading cost, harvesting.

Each lives in a package of its own (`di_models.risk`, `di_models.cost`) and implements a port of
`di_advisor.ports`; importing this package loads none of them.
"""

__all__: list[str] = []
