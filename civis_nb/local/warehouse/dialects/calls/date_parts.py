"""The parts of dates and times, with all their names."""

from __future__ import annotations

__all__ = ["PART_OF"]

#: DuckDB's name of a part of a date -> the other names that Redshift has for it
#: (https://docs.aws.amazon.com/redshift/latest/dg/r_Dateparts_for_datetime_functions.html).
_PARTS = {
    "millennium": "millennia mil mils",
    "century": "centuries c cent cents",
    "decade": "decades dec decs",
    "year": "years y yr yrs",
    "quarter": "quarters qtr qtrs",
    "month": "months mon mons",
    "week": "weeks w",
    "day": "days d",
    "dow": "dayofweek dw weekday",
    "doy": "dayofyear dy yearday",
    "hour": "hours h hr hrs",
    "minute": "minutes m min mins",
    "second": "seconds s sec secs",
    "millisecond": "milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon",
    "microsecond": "microseconds us usec usecs usecond useconds microsec microsecs microsecon",
}
#: Any name of a part -> DuckDB's.
PART_OF = {name: part for part, names in _PARTS.items() for name in (part, *names.split())}
