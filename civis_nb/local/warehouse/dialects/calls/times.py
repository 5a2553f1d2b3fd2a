"""Functions of dates and times, and of formats."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.calls.date_parts import PART_OF
from civis_nb.local.warehouse.dialects.calls.time_patterns import (
    number_scale,
    strptime_codes,
    time_text,
)
from civis_nb.local.warehouse.dialects.parts import Call, Operand
from civis_nb.local.warehouse.dialects.rules import (
    BIGINT,
    CATALOG,
    DATE,
    DOUBLE,
    INTEGER,
    TEXT,
    TIMESTAMP,
)
from civis_nb.local.warehouse.dialects.types.checks import TypeChecks
from civis_nb.local.warehouse.dialects.types.zones import zone_of_duckdb
from civis_nb.table_names import literal

__all__ = ["NOW", "NOW_TYPES", "TimeRules"]

#: Words that stand for the time -> DuckDB's functions, as it writes their calls.
NOW = {
    "current_date": '"system".main.current_date()',
    "current_time": '"system".main.get_current_time()',
    "current_timestamp": '"system".main.get_current_timestamp()',
    "localtime": '"system".main.current_localtime()',
    "localtimestamp": '"system".main.current_localtimestamp()',
}
#: The types of those that may have a precision, as in CURRENT_TIMESTAMP(0).
NOW_TYPES = {
    "current_time": "TIMETZ", "current_timestamp": "TIMESTAMPTZ", "localtime": "TIME",
    "localtimestamp": "TIMESTAMP",
}  # fmt: skip
#: First words of values that are no dates.
_MOMENTS = NOW_TYPES.keys() | {"now", "clock_timestamp", "timestamp", "timestamptz"}
_OTHER_PARTS = frozenset(
    """epoch isodow isoyear timezone timezone_hour timezone_minute julian
    dayofmonth""".split()  # noqa: SIM905 - shorter to read
)
#: Parts of times that are no whole numbers.
_FRACTIONS = ("epoch", "julian")
#: Of TO_NUMBER with a format that is no plain text.
_UNKNOWN_SCALE = 10
#: Parts of many years -> the first of the years that one may begin with, and their number.
_YEARS = {"millennium": "1, 1000", "century": "1, 100", "decade": "0, 10"}
_STEPS = {
    "millennium": ("to_years", 1000), "century": ("to_years", 100), "decade": ("to_years", 10),
    "quarter": ("to_months", 3), "month": ("to_months", 1), "week": ("to_days", 7),
    "day": ("to_days", 1), "dow": ("to_days", 1), "doy": ("to_days", 1),
    "hour": ("to_microseconds", 3_600_000_000), "minute": ("to_microseconds", 60_000_000),
    "second": ("to_microseconds", 1_000_000), "millisecond": ("to_microseconds", 1000),
    "microsecond": ("to_microseconds", 1),
}  # fmt: skip

#: The arguments of MAKE_INTERVAL.
_INTERVAL_PARTS = ("years", "months", "weeks", "days", "hours", "mins", "secs")


class TimeRules(TypeChecks):
    """The rules of calls that read or write times."""

    def _zones(self, call: Call) -> None:
        """Write the zones of CONVERT_TIMEZONE by DuckDB's names of them."""
        if not self._is_redshift:
            return
        tokens = self._tokens
        for number, (first, behind) in enumerate(call.arguments[:-1]):
            name = self._text_argument(call, number)
            if name is None:
                tokens.wrap(first, behind, f"{CATALOG}.zone_name_first(", ")")
            else:
                tokens.replace(first, literal(self._zone_named(first, name, with_names=True)))
        tokens.replace(call.open - 1, f"{CATALOG}.convert_timezone")

    def zone(self, operand: Operand, zone: Operand) -> None:
        """Write the zone of AT TIME ZONE by DuckDB's name of it.

        In PostgreSQL what is no timestamp yet, a date or a text, becomes one with a time zone.
        """
        tokens = self._tokens
        if zone.kind == "string":
            text = tokens.texts[zone.start]
            if text[0] == "'":
                name = self._zone_named(zone.start, text[1:-1])
                if name != text[1:-1]:
                    tokens.replace(zone.start, literal(name))
        elif zone.kind != "interval" and tokens.words[zone.start : zone.end] != ["null"]:
            tokens.wrap(zone.start, zone.end, f"{CATALOG}.zone_name(", ")")
        if self._is_redshift:
            return
        if zone.kind == "interval" and zone.start > operand.start:
            kind = tokens.type_of(operand.start, operand.end)
            value = tokens.render(operand.start, operand.end)
            if operand.kind == "string":
                value = kind = f"CAST({value} AS TIMESTAMPTZ)"
            shifted = f"{CATALOG}.zone_by_interval("
            interval = tokens.render(zone.start, zone.end)
            tokens.rewrite(operand.start, zone.end, f"{shifted}{value}, {interval}, {kind})")
            known = f"{shifted}{kind}, INTERVAL '0 seconds', {kind})"
            tokens.set_type(operand.start, zone.end, known)
            return
        if operand.kind == "string" or tokens.words[operand.start : operand.end] == ["null"]:
            tokens.wrap(operand.start, operand.end, "CAST(", " AS TIMESTAMPTZ)")
        elif tokens.words[operand.start] not in _MOMENTS or operand.kind == "cast":
            self._wrap(operand, "zoned")

    def _zone_named(self, at: int, name: str, *, with_names: bool = False) -> str:
        """Return `zone_of_duckdb`; refuse what it can't take."""
        try:
            return zone_of_duckdb(name, with_names=with_names)
        except ValueError as error:
            raise self._refuse(at, str(error)) from None

    def _make_interval(self, call: Call) -> None:
        """Write MAKE_INTERVAL with the numbers of its parts, in their order or by their names."""
        if self._is_redshift:
            return
        if len(call.arguments) > len(_INTERVAL_PARTS):
            self._need(call, *range(len(_INTERVAL_PARTS) + 1))
        parts = dict.fromkeys(_INTERVAL_PARTS, "0")
        for name, (first, behind) in zip(_INTERVAL_PARTS, call.arguments, strict=False):
            is_named = self._tokens.words[first + 1] in ("=>", ":=")
            told = self._tokens.words[first] if is_named else name
            if told not in parts:
                raise self._refuse(
                    first, f"MAKE_INTERVAL has no part {told}: it has {', '.join(parts)}"
                )
            kind = "DOUBLE" if told == "secs" else "INTEGER"
            value = self._tokens.render(first + 2 * is_named, behind)
            parts[told] = f"CAST({value} AS {kind})"
        text = f"{CATALOG}.make_interval({', '.join(parts.values())})"
        self._set(call, text, "CAST(NULL AS INTERVAL)")

    def _timezone(self, call: Call) -> None:
        if len(call.arguments) == 2:
            zone, value = (
                found or Operand(*place)
                for found, place in zip(call.operands, call.arguments, strict=True)
            )
            self.zone(value, zone)

    def _now(self, call: Call) -> None:
        """Write the time, rounded to a number of digits of its seconds."""
        self._need(call, 1)
        digits = self._tokens.texts[call.open + 1]
        if call.close != call.open + 2 or not digits.isdecimal():
            raise self._refuse(call.open + 1, f"{call.name.upper()} takes a number of digits")
        unit = 10 ** max(0, 6 - int(digits))
        micros = f"system.main.epoch_us(system.main.now()) + {unit // 2}"
        rounded = f"system.main.make_timestamptz(({micros}) // {unit} * {unit})"
        kind = NOW_TYPES[call.name]
        local = f"CAST({rounded} AS TIMESTAMP)" if kind == "TIME" else rounded
        self._set(call, f"CAST({local} AS {kind})")

    def _time_argument(self, call: Call, index: int) -> str:
        """Return an argument that is a date or time; a plain text is made one."""
        text = self._tokens.render(*call.arguments[index])
        is_text = self._text_argument(call, index) is not None
        return f"{CATALOG}.timestamp_of_text({text})" if is_text else text

    def _time_type(self, call: Call, index: int) -> str:
        if self._text_argument(call, index) is not None:
            return TIMESTAMP
        return self._tokens.type_of(*call.arguments[index])

    def _is_computed(self, call: Call, index: int) -> bool:
        """Return whether an argument that names a part of a date is an expression."""
        first, behind = call.arguments[index]
        if self._is_redshift or self._text_argument(call, index) is not None:
            return False
        return behind > first + 1 or self._tokens.words[first] not in PART_OF

    def _part(self, call: Call, index: int) -> str:
        """Return the part of a date that an argument names; refuse what is none."""
        first, _ = call.arguments[index]
        written = self._text_argument(call, index) or self._tokens.words[first]
        written = written or self._tokens.texts[first].strip('"')
        part = PART_OF.get(written.lower())
        if part is None and written.lower() in _OTHER_PARTS:
            part = written.lower()
        if part is None:
            what = (
                f'"{written}" is not a part of a date' if written else "a part of a date is needed"
            )
            raise self._refuse(first, f"{call.name.upper()}: {what}; use year, month, day, hour, …")
        return part

    def _to_char(self, call: Call) -> None:
        self._need(call, 2)
        pattern = self._text_argument(call, 1)
        kind = self._tokens.type_of(*call.arguments[0])
        value, format_ = self._arguments(call)
        usual = "NULL::VARCHAR"
        if pattern:
            usual = time_text(f"{CATALOG}.time_or_null({value}, {kind})", pattern) or usual
        self._set(call, f"{CATALOG}.to_char({usual}, {value}, {format_}, {kind})", TEXT)

    def _to_date(self, call: Call) -> None:
        if len(call.arguments) == 1:
            if call.name == "to_date":
                kind = self._tokens.type_of(*call.arguments[0])
                text = f"{CATALOG}.as_date({self._arguments(call)[0]}, {kind})::DATE"
                self._set(call, text, DATE)
            return
        self._need(call, *((2, 3) if self._is_redshift else (2,)))
        pattern = self._text_argument(call, 1)
        value, format_, *strict = self._arguments(call)
        # Redshift lets a day that does not exist run over into the next month unless it is told not
        # to; here only if it is told so, since such a day is a mistake more often than meant.
        overflows = f"NOT ({strict[0]})" if strict else "false"
        codes = strptime_codes(pattern) if pattern is not None else None
        if codes is None:
            text = f"{CATALOG}.time_of_text({value}, {format_}, {overflows})"
        else:
            text = (
                f"{CATALOG}.time_of_usual_text({value}, {literal(codes)}, {format_}, {overflows})"
            )
        kind = "DATE" if call.name == "to_date" else "TIMESTAMPTZ"
        self._set(call, f"CAST({text} AS {kind})", f"CAST(NULL AS {kind})")

    def _to_number(self, call: Call) -> None:
        self._need(call, 2)
        pattern = self._text_argument(call, 1)
        scale = number_scale(pattern) if pattern is not None else _UNKNOWN_SCALE
        value, format_ = self._arguments(call)
        kind = f"DECIMAL(38, {scale})"
        text = f"CAST({CATALOG}.to_number({value}, {format_}) AS {kind})"
        self._set(call, text, f"CAST(NULL AS {kind})")

    def _date_trunc(self, call: Call) -> None:
        self._need(call, 2, 3)
        # Of a date it has a time zone in PostgreSQL.
        suffix = "" if self._is_redshift else "_pg"
        if len(call.arguments) == 2 and self._is_computed(call, 0):
            value, kind = self._time_argument(call, 1), self._time_type(call, 1)
            part = self._arguments(call)[0]
            self._set(
                call,
                f"{CATALOG}.date_trunc_by({part}, {value}, {kind})",
                f"{CATALOG}.date_trunc{suffix}('day', {kind}, {kind})",
            )
            return
        part = self._part(call, 0)
        value = self._time_argument(call, 1)
        kind = self._time_type(call, 1)
        if part in _YEARS and len(call.arguments) == 2:
            function = f"{CATALOG}.trunc_years{suffix}({_YEARS[part]}, "
            self._set(call, f"{function}{value}, {kind})", f"{function}{kind}, {kind})")
            return
        if len(call.arguments) == 3:
            zone = self._arguments(call)[2]
            local = f"timezone({zone}, CAST({self._arguments(call)[1]} AS TIMESTAMPTZ))"
            cut = f"date_trunc('{part}', {local})"
            if part in _YEARS:
                cut = f"{CATALOG}.years_since({_YEARS[part]}, {local})"
            text = f"timezone({zone}, {cut})"
            self._set(call, text, "CAST(NULL AS TIMESTAMPTZ)")
            return
        self._set(
            call,
            f"{CATALOG}.date_trunc{suffix}('{part}', {value}, {kind})",
            f"{CATALOG}.date_trunc{suffix}('{part}', {kind}, {kind})",
        )

    def _date_part(self, call: Call) -> str | None:
        name = "pgdate_part" if self._is_redshift else None
        if call.name == "extract":
            name = "date_part" if self._is_redshift else None
            place = next((p for mark, p in call.marks if mark == "from"), None)
            if place is None:
                return name
            call.arguments = [(call.open + 1, place), (place + 1, call.close)]
        if len(call.arguments) != 2 or self._tokens.words[call.arguments[0][0]] == "[":
            return name
        part = self._part(call, 0)
        value = self._time_argument(call, 1)
        kind = self._time_type(call, 1)
        micros = f"{CATALOG}.microseconds({value}, {kind})"
        if call.name == "extract":
            if not self._is_redshift:
                value = self._checked_time(part, value, kind)
            self._extract(call, part, value, kind)
        elif part == "second":
            self._set(call, f"({micros} / 1000000.0)", DOUBLE)
        elif part == "millisecond" and self._is_redshift:
            self._set(call, f"({micros} // 1000 % 1000)::DOUBLE", DOUBLE)
        elif part == "microsecond" and self._is_redshift:
            self._set(call, f"({micros} % 1000000)::DOUBLE", DOUBLE)
        elif part == "millisecond":
            self._set(call, f"({micros} / 1000.0)", DOUBLE)
        else:
            function = f"{CATALOG}.date_part{'_double' if part in _FRACTIONS else ''}"
            found = self._decade(part, f"{function}('{part}', {value}, {kind})", kind)
            self._set(call, f"{found}::DOUBLE", DOUBLE)
        return name

    def _decade(self, part: str, value: str, kind: str) -> str:
        """Return a part of a time, where Redshift counts the first decade as 1."""
        is_counted = part == "decade" and self._is_redshift
        return f"{CATALOG}.counted_decade({value}, {kind})" if is_counted else value

    def _extract(self, call: Call, part: str, value: str, kind: str) -> None:
        """Write EXTRACT: of integers on Redshift, and numeric in PostgreSQL."""
        micros = f"{CATALOG}.microseconds({value}, {kind})"
        whole = self._decade(part, f"{CATALOG}.date_part('{part}', {value}, {kind})", kind)
        double = f"{CATALOG}.date_part_double('{part}', {value}, {kind})"
        if self._is_redshift:
            pieces = {"second": f"{micros} // 1000000", "millisecond": f"{micros} // 1000 % 1000",
                      "microsecond": f"{micros} % 1000000"}  # fmt: skip
            if part in _FRACTIONS:
                self._set(call, double, DOUBLE)
            else:
                self._set(call, f"CAST({pieces.get(part, whole)} AS INTEGER)", INTEGER)
            return
        units = {"second": 1_000_000, "millisecond": 1000}
        if part in _FRACTIONS:
            epoch = f"{CATALOG}.epoch_of"
            self._set(call, f"{epoch}({double}, {kind})", f"{epoch}({DOUBLE}, {kind})")
        elif part in units:
            scale = len(str(units[part])) - 1
            text = f"CAST({micros} * 0.{'1'.rjust(scale, '0')} AS DECIMAL(18, {scale}))"
            self._set(call, text, f"CAST(NULL AS DECIMAL(18, {scale}))")
        else:
            self._set(call, f"CAST({whole} AS DECIMAL(18, 0))", "CAST(NULL AS DECIMAL(18, 0))")

    def _date_add(self, call: Call) -> str | None:
        if not self._is_redshift:
            return None
        self._need(call, 3)
        part = self._part(call, 0)
        _, count, _ = self._arguments(call)
        value = self._time_argument(call, 2)
        if part == "year":
            self._set(call, f"{CATALOG}.add_years({count}, {value})", TIMESTAMP)
            return "date_add"
        if part not in _STEPS:
            raise self._refuse(call.arguments[0][0], f"DATEADD: {part} can't be added")
        function, factor = _STEPS[part]
        kind = "BIGINT" if function == "to_microseconds" else "INTEGER"
        step = f"{function}(trunc({count})::{kind}{f' * {factor}' if factor != 1 else ''})"
        kind = self._time_type(call, 2)
        self._set(
            call,
            f"{CATALOG}.add_interval({step}, {value}, {kind})",
            f"{CATALOG}.add_interval(INTERVAL 1 DAY, {kind}, {kind})",
        )
        return "date_add"

    def _date_diff(self, call: Call) -> str | None:
        if not self._is_redshift:
            return None
        self._need(call, 3)
        part = self._part(call, 0)
        one, two = self._time_argument(call, 1), self._time_argument(call, 2)
        kind = self._time_type(call, 1)
        if kind.lower() == "null":
            kind = self._time_type(call, 2)
        self._set(call, f"{CATALOG}.datediff('{part}', {one}, {two}, {kind})", BIGINT)
        return "date_diff"
