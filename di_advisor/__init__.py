"""Direct indexing for advisors: from tax lots to explained trades, in a notebook or from a terminal."""

__all__: list[str] = []
