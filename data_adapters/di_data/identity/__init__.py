"""Files of the security master: lists of securities, decisions of people, and suggestions for them."""

from di_data.identity.master_files import overrides_csv, read_overrides, read_security_master
from di_data.identity.suggestions import Suggestion, suggest, suggestions_csv

__all__ = [
    "Suggestion",
    "overrides_csv",
    "read_overrides",
    "read_security_master",
    "suggest",
    "suggestions_csv",
]
