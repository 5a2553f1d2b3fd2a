"""Loggers whose lines look right in the log of a platform job."""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO

__all__ = ["civis_logger"]


class _LineHandler(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stdout`` or ``sys.stderr`` is at that moment.

    Notebooks and test runners replace both while a program runs.
    """

    def __init__(self, stream_name: str) -> None:
        self._stream_name = stream_name
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        stream: TextIO = getattr(sys, self._stream_name)
        return stream


def _is_for_stdout(record: logging.LogRecord) -> bool:
    return record.levelno <= logging.INFO


def _is_for_stderr(record: logging.LogRecord) -> bool:
    return record.levelno > logging.INFO


def civis_logger(
    name: str | None = None,
    level: int | str | None = None,
    fmt: str | logging.Formatter = "%(message)s",
) -> logging.Logger:
    """Return a logger that writes INFO and below to stdout, all above to stderr.

    The platform shows the two in different colours. Called again, it sets level and format
    anew; a line is never written twice.

    Parameters
    ----------
    name
        The logger's name; None: the root logger.
    level
        The lowest level that is written; None: the environment variable ``CIVIS_LOG_LEVEL``,
        else INFO.
    fmt
        The format of a line, or a formatter.

    Raises
    ------
    ValueError
        When there is no such level.

    Examples
    --------
    >>> civis_logger("example.reader").info("42 rows")
    42 rows
    """
    logger = logging.getLogger(name)
    logger.setLevel(_checked_level(level))
    formatter = fmt if isinstance(fmt, logging.Formatter) else logging.Formatter(fmt)
    for handler in [one for one in logger.handlers if isinstance(one, _LineHandler)]:
        logger.removeHandler(handler)
    for stream_name, is_for_it in (("stdout", _is_for_stdout), ("stderr", _is_for_stderr)):
        handler = _LineHandler(stream_name)
        handler.setFormatter(formatter)
        handler.addFilter(is_for_it)
        logger.addHandler(handler)
    logger.propagate = False
    return logger


def _checked_level(level: int | str | None) -> int:
    """Return a log level as a number: an argument, or the environment's."""
    given = os.environ.get("CIVIS_LOG_LEVEL") or "INFO" if level is None else level
    if isinstance(given, int):
        return given
    number = logging.getLevelNamesMapping().get(given.strip().upper())
    if number is None and given.strip().isdigit():
        number = int(given)
    if number is None:
        names = ", ".join(logging.getLevelNamesMapping())
        raise ValueError(f"There is no log level {given!r}; there are {names}.")
    return number
