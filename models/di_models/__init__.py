"""Statistical models that di_advisor finds by entry point: risk, trading cost, harvesting."""

__all__: list[str] = []
