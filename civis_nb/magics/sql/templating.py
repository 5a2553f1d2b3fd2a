"""SQL as a Jinja template, in which ``{{x}}`` binds a value and never becomes SQL by itself.

Jinja writes a placeholder of our own for each ``{{x}}``, and `civis_nb.magics.sql.binding`
replaces it as it replaces ``:name``. A text that is put together from values stays a value.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import StrictUndefined, pass_context
from jinja2.sandbox import SandboxedEnvironment

from civis_nb.errors import CivisError, CivisMagicError
from civis_nb.magics.sql.binding import nearest_values, quoted_identifier
from civis_nb.magics.sql.placeholders import placeholders
from civis_nb.sql_text import tokenize

__all__ = ["Rendered", "render"]


@dataclass(frozen=True)
class Rendered:
    """What became of a template.

    Attributes
    ----------
    sql
        SQL with ``:names``.
    values
        The values of those that stand for ``{{…}}``.
    raw
        The texts that were written as they are, by ``sqlsafe``.
    """

    sql: str
    values: dict[str, Any]
    raw: tuple[str, ...] = ()


class _Sql(str):
    """Text that is SQL: made by the filters ``ident`` and ``sqlsafe``."""

    __slots__ = ()


class _Rendering:
    """One rendering: the placeholders that it has written."""

    def __init__(self) -> None:
        # Nobody can know it beforehand: no value can hold a placeholder.
        self._mark = f"j{secrets.token_hex(6)}_"
        self.values: dict[str, Any] = {}
        self.raw: list[str] = []

    def finalize(self, value: Any) -> str:
        """Return what Jinja writes for ``{{value}}``."""
        if isinstance(value, _Sql):
            return str(value)
        if isinstance(value, StrictUndefined):
            return str(value)  # raises: the name is not set
        if isinstance(value, str) and self._mark in value:
            raise CivisMagicError(
                "--jinja: what a macro or {% set %} … {% endset %} gives is text, and was about to "
                "become a value. Write {{ … | sqlsafe }} where it is SQL. Nothing was sent."
            )
        name = f"{self._mark}{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def ident(self, value: Any) -> _Sql:
        """Return an identifier in quotes."""
        return _Sql(quoted_identifier(value, "of the template"))

    def sqlsafe(self, value: Any) -> _Sql:
        """Return text that is written into the SQL as it is."""
        if not isinstance(value, str):
            raise CivisMagicError(
                f"--jinja: sqlsafe takes text, and got a {type(value).__name__}. Without it, the "
                "value is bound. Nothing was sent."
            )
        if self._mark not in value and not isinstance(value, _Sql):
            self.raw.append(value)
        return _Sql(value)

    def check_places(self, sql: str, dialect: str) -> None:
        """Refuse values that were written where no value can be: inside quotes."""
        bound = {found.name for found in placeholders(sql, dialect)}
        lost = set(self.values) - bound
        backslashes = dialect == "redshift"
        for token in tokenize(sql, backslashes):
            if not lost or token.kind == "comment":
                continue
            if found := next((name for name in lost if name in token.text), None):
                shown = f"{self.values[found]!r:.40}"
                raise CivisMagicError(
                    f"--jinja: the value {shown} stands inside quotes or within a word. Leave the "
                    "quotes out: {{x}} is written with its own, {{x|ident}} as a name. "
                    "Nothing was sent."
                )


def render(sql: str, dialect: str, namespaces: Sequence[Mapping[str, Any]]) -> Rendered:
    """Return the SQL of a template.

    Parameters
    ----------
    sql
        The template.
    dialect
        The dialect of the database.
    namespaces
        Where names are looked up, the first one first.

    Raises
    ------
    CivisMagicError
        When the template can't be read, a name is not set, or a value stands inside quotes.

    Examples
    --------
    >>> found = render("select {% if n > 1 %}{{n}}{% endif %}", "duckdb", [{"n": 5}])
    >>> list(found.values.values())
    [5]
    """
    rendering = _Rendering()
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["ident"] = rendering.ident
    environment.filters["sqlsafe"] = rendering.sqlsafe
    _finalize_at_run_time(environment, rendering)
    names: dict[str, Any] = {}
    for namespace in reversed(namespaces):
        names.update(namespace)
    try:
        text = environment.from_string(sql).render(names)
    except jinja2.UndefinedError as error:
        raise CivisMagicError(_unset(str(error.message), names)) from None
    except jinja2.TemplateSyntaxError as error:
        message = str(error.message).rstrip(".")
        raise CivisMagicError(
            f"--jinja: line {error.lineno} of the SQL: {message}. Nothing was sent."
        ) from None
    except jinja2.TemplateError as error:
        raise CivisMagicError(f"--jinja: {error} Nothing was sent.") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        if isinstance(error, CivisError):
            raise
        raise CivisMagicError(
            f"--jinja: {type(error).__name__}: {error}. Nothing was sent."
        ) from None
    rendering.check_places(text, dialect)
    return Rendered(text, rendering.values, tuple(rendering.raw))


def _finalize_at_run_time(environment: SandboxedEnvironment, rendering: _Rendering) -> None:
    """Pass each value to the rendering, constants too, which Jinja would write when it parses."""

    @pass_context
    def finalize(_context: Any, value: Any) -> str:
        return rendering.finalize(value)

    environment.finalize = finalize


def _unset(message: str, names: Mapping[str, Any]) -> str:
    """Return the message about a name in a template that has no value."""
    found = re.match(r"'([^']+)' is undefined", message)
    if not found:
        return f"--jinja: {message}. Nothing was sent."
    near = nearest_values(found[1], [names])
    hint = f" (did you mean {' or '.join(near)}?)" if near else ""
    return (
        f"{{{{{found[1]}}}}} has no value{hint}. Set a variable of that name, or give -p "
        f"{found[1]}=VALUE. Nothing was sent."
    )
