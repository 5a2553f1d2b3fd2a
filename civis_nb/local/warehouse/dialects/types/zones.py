"""Names of time zones that DuckDB takes for others: abbreviations, and offsets as in POSIX.

PST is always eight hours behind UTC in PostgreSQL and Redshift, and Los Angeles in DuckDB, with
daylight saving. UTC+3 is behind UTC, as in POSIX, and ahead of it in DuckDB.
"""

from __future__ import annotations

import re

__all__ = ["text_with_zone", "zone_functions", "zone_of_duckdb"]

#: Abbreviations -> the hours that they are ahead of UTC, as PostgreSQL has them.
_HOURS = {
    "z": 0, "zulu": 0, "wet": 0, "bst": 1, "cet": 1, "cest": 2, "met": 1, "mest": 2,
    "eet": 2, "eest": 3, "ist": 2, "idt": 3, "msk": 3, "jst": 9, "kst": 9, "sgt": 8, "aest": 10,
    "aedt": 11, "awst": 8, "nzst": 12, "nzdt": 13, "ast": -4, "adt": -3, "est": -5, "edt": -4,
    "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8,
    "hst": -10, "act": -5, "art": -3, "brt": -3,
}  # fmt: skip
#: Abbreviations that CONVERT_TIMEZONE takes for names of zones, which have daylight saving.
_NAMES = frozenset(("wet", "cet", "met", "eet"))
#: What may be an abbreviation behind the time of a text.
_AT_END = re.compile(r"(?<=[\d:.]\d)\s*([A-Za-z]+)\s*$")
#: PostgreSQL takes any word for the name; what is ahead of UTC has a minus.
_POSIX_PATTERN = (
    r"(?:[A-Za-z]{3,}|<[^<>]+>)?([-+]?)([01]\d|2[0-4]|\d)(?::([0-5]\d))?(?::([0-5]\d))?"
)
_POSIX = re.compile(_POSIX_PATTERN)
#: What DuckDB would take for an offset of its own kind.
_OFFSET_PATTERN = "(?i)(?:utc|gmt)[-+].*"
_OFFSET = re.compile(_OFFSET_PATTERN)


def zone_of_duckdb(name: str, *, with_names: bool = False) -> str:
    """Return DuckDB's name of a time zone; the same where it means the same.

    Parameters
    ----------
    name
        As the user has it.
    with_names
        Whether what is a name and an abbreviation, such as CET, is the name.

    Raises
    ------
    ValueError
        When it is an offset from UTC in a form that PostgreSQL does not know.

    Examples
    --------
    >>> zone_of_duckdb("PST"), zone_of_duckdb("UTC+3"), zone_of_duckdb("Europe/Berlin")
    ('Etc/GMT+8', 'GMT-03:00', 'Europe/Berlin')
    >>> zone_of_duckdb("UTC-3:30")
    'GMT+03:30'
    """
    hours = _HOURS.get(name.lower())
    if hours is not None and not (with_names and name.lower() in _NAMES):
        return f"Etc/GMT{-hours:+d}"
    posix = _POSIX.fullmatch(name)
    if posix is not None:
        sign, whole, *parts = posix.groups()
        behind = "".join(f":{part}" for part in parts if part)
        return f"GMT{'+' if sign == '-' else '-'}{whole:0>2}{behind or ':00'}"
    if _OFFSET.fullmatch(name):
        raise ValueError(f'time zone "{name}" not recognized: write it as UTC+2 or UTC-5:30')
    return name


def zone_functions() -> str:
    """Return the statements that create the functions for zones that are known to the query alone.

    They return DuckDB's name of a zone: `zone_name` for AT TIME ZONE, which takes an interval, too,
    and `zone_name_first`, as `zone_of_duckdb` with `with_names`, for CONVERT_TIMEZONE.
    """
    first, all_hours = (
        " ".join(
            f"WHEN '{name}' THEN 'Etc/GMT{-hours:+d}'"
            for name, hours in _HOURS.items()
            if name not in left_out
        )
        for left_out in (_NAMES, frozenset[str]())
    )
    parts = [f"regexp_extract(z, '^{_POSIX_PATTERN}$', {number})" for number in range(1, 5)]
    offset = (
        f"'GMT' || CASE {parts[0]} WHEN '-' THEN '+' ELSE '-' END || lpad({parts[1]}, 2, '0') || "
        f"':' || CASE {parts[2]} WHEN '' THEN '00' ELSE {parts[2]} END || "
        f"CASE {parts[3]} WHEN '' THEN '' ELSE ':' || {parts[3]} END"
    )
    unknown = "civis_sql.fail_text('time zone \"' || z || '\" not recognized')"
    others = (
        f"CASE WHEN regexp_full_match(z, '{_POSIX_PATTERN}') THEN {offset} "
        f"WHEN regexp_full_match(z, '{_OFFSET_PATTERN}') THEN {unknown} ELSE z END"
    )
    return (
        f"CREATE MACRO zone_name(z INTERVAL) AS z, "
        f"(z) AS CASE lower(z) {all_hours} ELSE {others} END;\n"
        f"CREATE MACRO zone_name_first(z) AS CASE lower(z) {first} ELSE {others} END;\n"
    )


def text_with_zone(text: str) -> str:
    """Return the text of a time with DuckDB's name of the zone behind it.

    Examples
    --------
    >>> text_with_zone("2024-07-05 10:00 PST"), text_with_zone("2024-07-05 10:00+02")
    ('2024-07-05 10:00 Etc/GMT+8', '2024-07-05 10:00+02')
    """
    found = _AT_END.search(text)
    zone = zone_of_duckdb(found[1]) if found else ""
    return text if found is None or zone == found[1] else f"{text[: found.start()]} {zone}"
