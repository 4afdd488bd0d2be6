"""Texts without secrets: addresses, log records, and bodies that repeat the key they were asked with.

Problem: urllib3 logs every path with its query, exceptions quote addresses, and services repeat a key in
their error messages. Decision: values of parameters that sound like keys are masked wherever a text of
those libraries goes to a log, and the keys this process holds are masked wherever they stand. Limits: a
key inside a compressed body is not seen.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from di_data.frame.keys import Secret, living_secrets

__all__ = ["LOGGERS", "MASK", "clean_body", "clean_logs", "scrub"]

MASK: Final = "***"

LOGGERS: Final = (
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
    "requests",
    "requests_cache",
    "requests_cache.session",
    "requests_cache.backends",
    "requests_cache.backends.base",
    "requests_cache.backends.sqlite",
    "requests_cache.policy",
    "requests_cache.policy.actions",
    "requests_cache.policy.directives",
    "requests_ratelimiter",
    "requests_ratelimiter.requests_ratelimiter",
    "pyrate_limiter",
    "pyrate_limiter.limiter",
)
"""Loggers of the libraries that see a key on its way."""

_PARAMETER: Final = re.compile(r"(?i)([?&](?:t|[^=&\s\"']*(?:key|token|auth|secret|passw)[^=&\s\"']*)=)[^&\s\"'<>]+")
_SHORTEST: Final = 4


def scrub(text: str) -> str:
    """Return a text without the values of keys, known or by the name of their parameter."""
    for secret in living_secrets():
        if len(secret.reveal()) >= _SHORTEST:
            text = text.replace(secret.reveal(), MASK)
    return _PARAMETER.sub(rf"\g<1>{MASK}", text)


def clean_body(body: bytes, secret: Secret | None) -> bytes:
    """Return a body in which the key that it was asked with is masked, of the same length."""
    if secret is None or len(secret.reveal()) < _SHORTEST:
        return body
    key = secret.reveal().encode()
    return body.replace(key, b"*" * len(key)) if key in body else body


class _Clean(logging.Filter):
    """Masks keys in a record before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, with its text masked."""
        written = record.getMessage()
        cleaned = scrub(written)
        if cleaned != written:
            record.msg, record.args = cleaned, ()
        if record.exc_info:
            record.exc_info, record.exc_text = None, None
        return True


_CLEAN: Final = _Clean("di_data.clean")


def clean_logs() -> None:
    """Let the libraries that see keys log without them; may be called again."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_CLEAN)
