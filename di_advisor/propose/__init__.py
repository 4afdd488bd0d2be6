"""Settle a solution into whole trades, and explain each in dollars."""
