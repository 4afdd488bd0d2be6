"""Frozen facts: what exists, what is held, what is wished, what is known."""
