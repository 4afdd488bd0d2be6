"""Migrations of the store's tables, run by Alembic from within the program: no file of settings."""
