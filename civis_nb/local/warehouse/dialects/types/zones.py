"""Names of time zones that DuckDB takes for others: abbreviations, and offsets as in POSIX.

PST is always eight hours behind UTC in PostgreSQL and Redshift, and Los Angeles in DuckDB, with
daylight saving. UTC+3 is behind UTC, as in POSIX, and ahead of it in DuckDB.
"""

from __future__ import annotations

import re

__all__ = ["text_with_zone", "zone_in_column", "zone_of_duckdb"]

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
_POSIX = re.compile(r"(?i)(?:utc|gmt)([+-])(\d\d?)")


def zone_of_duckdb(name: str, *, with_names: bool = False) -> str:
    """Return DuckDB's name of a time zone; the same where it means the same.

    Parameters
    ----------
    name
        As the user has it.
    with_names
        Whether what is a name and an abbreviation, such as CET, is the name.

    Examples
    --------
    >>> zone_of_duckdb("PST"), zone_of_duckdb("UTC+3"), zone_of_duckdb("Europe/Berlin")
    ('Etc/GMT+8', 'Etc/GMT+3', 'Europe/Berlin')
    """
    hours = _HOURS.get(name.lower())
    if hours is not None and not (with_names and name.lower() in _NAMES):
        return f"Etc/GMT{-hours:+d}"
    posix = _POSIX.fullmatch(name)
    if posix is not None:
        return f"Etc/GMT{posix[1]}{int(posix[2])}"
    return name


def zone_in_column(value: str) -> str:
    """Return an expression of DuckDB's name of the time zone that another expression is."""
    cases = " ".join(
        f"WHEN '{name}' THEN 'Etc/GMT{-hours:+d}'"
        for name, hours in _HOURS.items()
        if name not in _NAMES
    )
    posix = r"'(?i)(?:utc|gmt)([+-])0?(\d\d?)'"
    offset = rf"regexp_replace({value}, {posix}, 'Etc/GMT\1\2')"
    return (
        f"(CASE lower({value}) {cases} ELSE CASE WHEN regexp_full_match({value}, {posix}) "
        f"THEN {offset} ELSE {value} END END)"
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
