"""Worked tax cases, judged by the ledger's public functions: ``python -m benchmarks.tax_cases FILE``."""
