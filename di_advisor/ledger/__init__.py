"""Accounting for taxes: holding periods and wash-sale windows, in dates and exact amounts."""
