"""The store: journals of many taxpayers in one SQLite file or one PostgreSQL database.

The only place that knows SQL. Importing it loads SQLAlchemy; nothing else in the ledger does.
"""

from di_advisor.ledger.store.notes import Note
from di_advisor.ledger.store.store import Store

__all__ = ["Note", "Store"]
