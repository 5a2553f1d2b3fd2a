"""SQL functions with their arguments, as the documentation of the databases names them."""

from __future__ import annotations

from functools import cache
from typing import Final

from civis_nb.lab.cells.items import Item

__all__ = ["functions"]

# One a line: the first letters of the dialects that have it (r: redshift, p: postgres,
# d: duckdb), its call, what it returns.
_TABLE: Final = """
rpd abs(number): the absolute value
rpd avg(expression): the mean of the values that are not NULL
rpd ceil(number): the next whole number above
rpd coalesce(value, ...): the first value that is not NULL
rpd concat(text, text): the texts, joined
rpd corr(y, x): the coefficient of correlation
rpd count(expression): how many values are not NULL; count(*): how many rows
rpd cume_dist() over (...): the relative rank of a row
rpd current_date: today's date
rpd date_part(part, timestamp): a part of a date, as a number
rpd date_trunc(part, timestamp): the date, cut to a part such as 'month'
rpd dense_rank() over (...): the rank, without gaps
rpd exp(number): e to the power of the number
rpd extract(part from timestamp): a part of a date, as a number
rpd first_value(expression) over (...): the value of the first row of the frame
rpd floor(number): the next whole number below
rpd greatest(value, ...): the largest of the values
rpd initcap(text): the text, each word with a capital
rpd lag(expression, offset) over (...): the value of an earlier row
rpd last_value(expression) over (...): the value of the last row of the frame
rpd lead(expression, offset) over (...): the value of a later row
rpd least(value, ...): the smallest of the values
rpd left(text, count): the first characters
rpd length(text): how many characters
rpd ln(number): the natural logarithm
rpd lower(text): the text in lower case
rpd lpad(text, length, fill): the text, filled on the left
rpd ltrim(text, characters): the text without characters at its beginning
rpd max(expression): the largest value
rpd md5(text): the MD5 digest, in hexadecimal digits
rpd min(expression): the smallest value
rpd mod(dividend, divisor): the remainder
rpd ntile(count) over (...): the number of the bucket, of so many
rpd nullif(value, other): NULL where both are equal, else the value
rpd percent_rank() over (...): the rank, from 0 to 1
rpd percentile_cont(fraction) within group (order by expression): a percentile, interpolated
rpd position(part in text): where a part begins, from 1; 0: nowhere
rpd power(base, exponent): a power
rpd random(): a random number from 0 to 1
rpd rank() over (...): the rank, with gaps
rpd regexp_replace(text, pattern, replacement): the text with what matches replaced
rpd repeat(text, count): the text, repeated
rpd replace(text, old, new): the text with parts replaced
rpd reverse(text): the text, backwards
rpd right(text, count): the last characters
rpd round(number, digits): the number, rounded
rpd row_number() over (...): the number of the row
rpd rpad(text, length, fill): the text, filled on the right
rpd rtrim(text, characters): the text without characters at its end
rpd sign(number): -1, 0 or 1
rpd split_part(text, delimiter, number): a part of a text that delimiters divide
rpd sqrt(number): the square root
rpd stddev(expression): the standard deviation of a sample
rpd stddev_pop(expression): the standard deviation of a population
rpd strpos(text, part): where a part begins, from 1; 0: nowhere
rpd substring(text, start, length): a part of a text
rpd sum(expression): the sum
rpd to_char(value, format): a date or number as text
rpd to_date(text, format): a date, read from text
rpd to_timestamp(text, format): a timestamp, read from text
rpd translate(text, from, to): the text with characters replaced
rpd trim(text): the text without spaces around it
rpd trunc(number, digits): the number, cut
rpd upper(text): the text in upper case
rpd var_pop(expression): the variance of a population
rpd variance(expression): the variance of a sample
pd age(timestamp, timestamp): the interval between two
pd array_agg(expression): the values as an array
pd bool_and(expression): whether all are true
pd bool_or(expression): whether one is true
pd concat_ws(separator, text, ...): the texts, joined by a separator
pd format(format, value, ...): a text with values in it
pd generate_series(start, stop, step): a row for each number
pd now(): the time now
pd regexp_matches(text, pattern): what matches
pd string_agg(text, separator): the texts of a group, joined
pd string_to_array(text, delimiter): the parts of a text as an array
pd unnest(array): a row for each element
r add_months(date, count): the date, so many months later
r approximate count(distinct expression): about how many different values
r bpcharcmp(text, text): how two texts compare
r btrim(text, characters): the text without characters around it
r charindex(part, text): where a part begins, from 1; 0: nowhere
r convert_timezone(source, target, timestamp): the timestamp in another time zone
r dateadd(part, count, date): the date, so many parts later
r datediff(part, start, end): how many borders of parts lie between
r decode(expression, search, result, ..., default): the result of the search that is equal
r getdate(): the time now
r isnull(value, replacement): the value, or the replacement for NULL
r json_extract_path_text(json, key, ...): the text at a path of a JSON document
r json_parse(text): a SUPER value, read from JSON
r last_day(date): the last day of the month
r len(text): how many characters
r listagg(text, separator) within group (order by expression): the texts of a group, joined
r median(expression): the median
r months_between(date, date): the months between two dates
r nvl(value, ...): the first value that is not NULL
r nvl2(value, not_null, null): one of two values
r ratio_to_report(expression) over (...): the share of the whole
r regexp_count(text, pattern): how often a pattern matches
r regexp_instr(text, pattern): where a pattern matches
r regexp_substr(text, pattern): what matches a pattern
r strtol(text, base): a number, read from digits of a base
r sysdate: the time now, as a timestamp without time zone
d arg_max(value, by): the value of the row that has the largest
d arg_min(value, by): the value of the row that has the smallest
d date_diff(part, start, end): how many borders of parts lie between
d list(expression): the values as a list
d median(expression): the median
d mode(expression): the most frequent value
d quantile_cont(expression, fraction): a quantile, interpolated
d range(start, stop, step): a row for each number
d regexp_extract(text, pattern, group): what matches a pattern
d strftime(timestamp, format): a date as text
d strptime(text, format): a timestamp, read from text
d try_cast(value as type): the value in a type; NULL where that fails
"""


@cache
def functions(dialect: str) -> tuple[Item, ...]:
    """Return the functions of a dialect.

    Examples
    --------
    >>> next(f.detail for f in functions("redshift") if f.label == "dateadd")
    'dateadd(part, count, date)'
    """
    found = []
    for line in _TABLE.strip().splitlines():
        dialects, _, entry = line.partition(" ")
        call, _, returns = entry.partition(": ")
        if dialect[0] in dialects:
            name = call.partition("(")[0]
            insert = f"{name}(" if "(" in call else name
            found.append(Item(name, "function", call, insert, f"Returns {returns}."))
    return tuple(found)
