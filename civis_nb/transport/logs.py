"""Keeps secrets out of what urllib3 logs about requests."""

from __future__ import annotations

import logging

from civis_nb._wire_text import masked_url

__all__ = ["mask_urllib3_logs"]

_LOGGERS = (
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


class _Mask(logging.Filter):
    """Replaces the secrets of URLs in a record's arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                masked_url(value) if isinstance(value, str) else _masked_object(value)
                for value in record.args
            )
        return True


def _masked_object(value: object) -> object:
    if value is None or isinstance(value, (int, float)):
        return value
    shown = str(value)
    masked = masked_url(shown)
    return value if masked == shown else masked


_MASK = _Mask()


def mask_urllib3_logs() -> None:
    """Put the filter on urllib3's loggers; doing so twice changes nothing."""
    for name in _LOGGERS:
        # addFilter leaves out a filter that is there already.
        logging.getLogger(name).addFilter(_MASK)
