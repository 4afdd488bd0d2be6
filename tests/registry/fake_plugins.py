"""Plug-ins as others might write them, right and wrong."""


class Right:
    """Keeps the port of cost models."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def curves(self, market):
        return market


class Wrong:
    """Has no ``curves``."""

    def estimate(self, market):
        return market


NOT_A_CLASS = 7
