"""Readers that turn files and services into di_advisor's domain types."""

__all__: list[str] = []
