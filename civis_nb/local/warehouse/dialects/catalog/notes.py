"""What DuckDB's catalog has no place for, noted in the definitions of tables and views.

A note is a part of the definition itself, so that it is committed, copied, renamed and dropped
with it: a check that always holds for the keys of a table, which Redshift does not enforce; the
order of the operands in the check of a text's length; a query that nothing reads for a view's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from civis_nb.local.warehouse.dialects.rules import CATALOG
from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import literal, quoted

__all__ = [
    "CONSTRAINT",
    "KEYS",
    "LENGTHS",
    "VIEW_TEXT",
    "json_check",
    "kept_json",
    "key_note",
    "length_check",
    "like_note",
    "likes",
    "text_limits",
    "view_note",
    "view_text",
]

# ruff: noqa: S608 - the queries are made of constants

_VIEW = f'"{CATALOG} text"'
#: Before the name of a constraint, where DuckDB expects that of a column.
CONSTRAINT = f"{CATALOG} constraint "
_LIKE = re.compile(rf'"{CATALOG} like ([a-z]*):((?:[^"]|"")*)" INTEGER')
#: `length_check`, as DuckDB shows it.
_LIMIT = re.compile(
    r"CHECK\(\((?:(?P<fixed>\d+) >= )?(?P<measure>strlen|length)"
    r'\((?P<column>"(?:[^"]|"")*"|[^()"]*)\)(?: <= (?P<length>\d+))?\)\)'
)
#: `json_check`, as DuckDB shows it.
_KEPT_JSON = re.compile(r"""json_valid\(("(?:[^"]|"")*"|[^()"]*)\)""")
_NOTE = re.compile(rf"(?is)\bWITH (?:RECURSIVE )?{_VIEW} AS (?:\w+ )*\(SELECT ('(?:[^']|'')*')")


def key_note(kind: str, columns: Sequence[str], references: str = "", name: str = "") -> str:
    """Return the constraint of a table that notes a key.

    Parameters
    ----------
    kind
        ``primary key``, ``unique`` or ``foreign key``.
    columns
        The names of the key's columns.
    references
        The table that a foreign key refers to, and its columns.
    name
        Of the constraint, if the user gave it one.

    Examples
    --------
    >>> key_note("unique", ["a", "b"])
    "CHECK ('civis_sql unique (a, b)' IS NOT NULL)"
    """
    behind = f" references {references}" if references else ""
    named = f" named {name}" if name else ""
    text = f"{CATALOG} {kind} ({', '.join(columns)}){behind}{named}"
    return f"CHECK ({literal(text)} IS NOT NULL)"


def length_check(column: str, limit: TextLimit) -> str:
    """Return the constraint that limits a text.

    Parameters
    ----------
    column
        The column's name, as SQL.
    limit
        How long the texts may be.

    Examples
    --------
    >>> length_check("a", TextLimit(5, in_bytes=True, fixed=False))
    'CHECK (strlen(a) <= 5)'
    """
    measure = f"{'strlen' if limit.in_bytes else 'length'}({column})"
    if limit.fixed:
        return f"CHECK ({limit.length} >= {measure})"
    return f"CHECK ({measure} <= {limit.length})"


def json_check(column: str) -> str:
    """Return the constraint that notes a column of the type json, which keeps texts as they are.

    Without it a column of JSON is one of jsonb.
    """
    return f"CHECK (coalesce(json_valid({column}), true))"


def kept_json(definition: str) -> set[str]:
    """Return the columns of the type json, from DuckDB's text for the table.

    Examples
    --------
    >>> kept_json('CREATE TABLE t(a JSON, CHECK(COALESCE(json_valid(a), (1 = 1))));')
    {'a'}
    """
    return {
        name[1:-1].replace('""', '"') if name.startswith('"') else name
        for name in _KEPT_JSON.findall(definition)
    }


def text_limits(definition: str) -> dict[str, TextLimit]:
    """Return the limits of a table's texts by their columns, from DuckDB's text for the table.

    Examples
    --------
    >>> text_limits("CREATE TABLE t(a VARCHAR, CHECK((strlen(a) <= 5)));")
    {'a': TextLimit(length=5, in_bytes=True, fixed=False)}
    """
    limits = {}
    for found in _LIMIT.finditer(definition):
        name = found["column"]
        if name.startswith('"'):
            name = name[1:-1].replace('""', '"')
        fixed = found["fixed"] is not None
        length = int(found["fixed"] or found["length"])
        limits[name] = TextLimit(length, found["measure"] == "strlen", fixed)
    return limits


def like_note(table: str, copied: str) -> str:
    """Return a column's definition that notes LIKE until the statement runs.

    Parameters
    ----------
    table
        Whose columns are copied, as the user wrote it.
    copied
        Letters: ``d`` for defaults, ``c`` for checks, ``k`` for keys.
    """
    name = quoted(f"{CATALOG} like {copied}:{table}")
    return f"{name} INTEGER"


def likes(sql: str) -> Iterator[tuple[str, str, str]]:
    """Return the notes of LIKE in a statement: the whole text, the table, and what is copied.

    Examples
    --------
    >>> list(likes(f"CREATE TABLE t ({like_note('s.u', 'd')})"))
    [('"civis_sql like d:s.u" INTEGER', 's.u', 'd')]
    """
    for found in _LIKE.finditer(sql):
        yield found.group(), found.group(2).replace('""', '"'), found.group(1)


def view_note(text: str) -> str:
    """Return the query, for the WITH of a view, that notes the user's text."""
    return f"{_VIEW} AS (SELECT {literal(text)})"


def view_text(definition: str) -> str | None:
    """Return the user's text for a view of DuckDB's catalog; None if it has no note.

    Examples
    --------
    >>> view_text(f"CREATE VIEW v AS WITH {view_note('SELECT NVL(1, 2)')} SELECT coalesce(1, 2)")
    'SELECT NVL(1, 2)'
    """
    found = _NOTE.search(definition)
    return found.group(1)[1:-1].replace("''", "'") if found else None


#: SQL of the user's text for a view, where ``sql`` is DuckDB's.
VIEW_TEXT = (
    "coalesce(replace(nullif(array_slice("
    f"regexp_extract(sql, {literal(_NOTE.pattern)}, 1), 2, -2), ''), '''''', ''''), sql)"
)

_HERE = "database_name IN (current_database(), 'temp')"

#: The declared keys of all tables, noted or enforced.
KEYS = f"""(
    SELECT database_name, schema_name, table_name, constraint_type,
           constraint_column_names AS columns,
           NULL AS name,
           referenced_table || ' (' || list_aggr(referenced_column_names, 'string_agg', ', ') || ')'
               AS "references"
    FROM duckdb_constraints()
    WHERE {_HERE} AND constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')
    UNION ALL
    SELECT database_name, schema_name, table_name, upper(kind),
           string_split(key, ', '), nullif(own_name, ''), nullif(target, '')
    FROM (
        SELECT database_name, schema_name, table_name,
               regexp_extract(constraint_text, '''{CATALOG} ([a-z ]+) \\(', 1) AS kind,
               regexp_extract(constraint_text, '''{CATALOG} [a-z ]+ \\(([^()]*)\\)', 1) AS key,
               regexp_extract(constraint_text,
                   '\\) references (.*?)(?: named [^'']*)?'' IS NOT NULL', 1) AS target,
               regexp_extract(constraint_text, ' named ([^'']*)'' IS NOT NULL', 1) AS own_name
        FROM duckdb_constraints()
        WHERE {_HERE} AND constraint_type = 'CHECK'
          AND constraint_text LIKE '%''{CATALOG} %'
    )
)"""

#: The lengths of texts, and whether they are CHAR.
LENGTHS = f"""(
    SELECT database_name, schema_name, table_name,
           array_extract(constraint_column_names, 1) AS column_name,
           constraint_text LIKE '%>= %' AS fixed,
           coalesce(nullif(regexp_extract(constraint_text, '<= (\\d+)', 1), ''),
                    nullif(regexp_extract(constraint_text, '(\\d+) >= ', 1), ''))::INTEGER
               AS length
    FROM duckdb_constraints()
    WHERE {_HERE} AND constraint_type = 'CHECK' AND len(constraint_column_names) = 1
      AND regexp_matches(constraint_text, {literal(_LIMIT.pattern)})
)"""
