"""The format texts of TO_CHAR, TO_DATE, TO_TIMESTAMP and TO_NUMBER, as DuckDB expressions.

The formats are PostgreSQL's (https://www.postgresql.org/docs/current/functions-formatting.html),
which Redshift shares. A pattern that is not known is an error that names it.
"""

from __future__ import annotations

import re

from civis_nb.table_names import literal

__all__ = ["number_scale", "time_pattern", "to_char"]

_TIME_WORDS = """HH24 HH12 HH MI SSSSS SSSS SS MS US Y,YYY YYYY YYY YY IYYY IYY IY I Y MONTH
    MON MM DAY DDD DD IDDD DY ID D IW WW W CC J Q RM BC B.C. AD A.D. AM A.M. PM P.M. TZH TZM TZ OF
    FF1 FF2 FF3 FF6 FX""".split()  # noqa: SIM905 - shorter to read
_TIME = re.compile(
    r'"(?P<quoted>[^"]*)"|(?P<fm>FM)|(?P<word>'
    + "|".join(sorted(map(re.escape, _TIME_WORDS), key=len, reverse=True))
    + r")(?P<ordinal>TH)?|(?P<letters>[A-Za-z]+)|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
_STRPTIME = {
    "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M", "SS": "%S", "MS": "%g", "US": "%f",
    "YYYY": "%Y", "YY": "%y", "MONTH": "%B", "MON": "%b", "MM": "%m", "DAY": "%A", "DD": "%d",
    "DDD": "%j", "DY": "%a", "AM": "%p", "PM": "%p", "A.M.": "%p", "P.M.": "%p", "TZ": "%Z",
    "OF": "%z", "FX": "",
}  # fmt: skip
#: Pattern -> (expression of the time ``{0}``, width with leading zeros).
_NUMBERS = {
    "HH24": ("hour({0})", 2), "HH12": ("((hour({0}) + 11) % 12 + 1)", 2),
    "HH": ("((hour({0}) + 11) % 12 + 1)", 2), "MI": ("minute({0})", 2),
    "SS": ("second({0})", 2), "SSSS": ("epoch({0})::BIGINT % 86400", 0),
    "SSSSS": ("epoch({0})::BIGINT % 86400", 0),
    "MS": ("date_part('microseconds', {0}) // 1000 % 1000", 3),
    "US": ("date_part('microseconds', {0}) % 1000000", 6),
    "FF1": ("date_part('microseconds', {0}) // 100000 % 10", 1),
    "FF2": ("date_part('microseconds', {0}) // 10000 % 100", 2),
    "FF3": ("date_part('microseconds', {0}) // 1000 % 1000", 3),
    "FF6": ("date_part('microseconds', {0}) % 1000000", 6),
    "YYYY": ("year({0})", 4), "YYY": ("year({0}) % 1000", 3), "YY": ("year({0}) % 100", 2),
    "Y": ("year({0}) % 10", 1), "IYYY": ("isoyear({0})", 4), "IYY": ("isoyear({0}) % 1000", 3),
    "IY": ("isoyear({0}) % 100", 2), "I": ("isoyear({0}) % 10", 1), "MM": ("month({0})", 2),
    "DDD": ("dayofyear({0})", 3), "DD": ("day({0})", 2), "D": ("dayofweek({0}) + 1", 1),
    "ID": ("isodow({0})", 1), "IW": ("week({0})", 2),
    "IDDD": ("(week({0}) - 1) * 7 + isodow({0})", 3),
    "WW": ("(dayofyear({0}) - 1) // 7 + 1", 2), "W": ("(day({0}) - 1) // 7 + 1", 1),
    "CC": ("(year({0}) + 99) // 100", 2), "J": ("julian({0}::DATE)::BIGINT", 0),
    "Q": ("quarter({0})", 1),
}  # fmt: skip
_NAMES = {
    "MONTH": ("monthname({0})", 9), "MON": ("left(monthname({0}), 3)", 0),
    "DAY": ("dayname({0})", 9), "DY": ("left(dayname({0}), 3)", 0),
    "RM": ("civis_sql.roman(month({0}))", 4),
}  # fmt: skip
_HALVES = {"AM": "AM", "PM": "PM", "A.M.": "A.M.", "P.M.": "P.M."}
_ERAS = {"BC": ("BC", "AD"), "AD": ("BC", "AD"), "B.C.": ("B.C.", "A.D."), "A.D.": ("B.C.", "A.D.")}
_NUMBER = re.compile(r"(?P<fm>FM)?(?P<rest>.*)", re.DOTALL | re.IGNORECASE)
_NUMBER_WORDS = re.compile(
    r"(?P<digit>[09])|(?P<point>[.D])|(?P<group>[,G])|(?P<sign>PR|MI|PL|SG|S)|(?P<roman>RN)"
    r"|(?P<currency>L|\$)|(?P<ordinal>TH)|(?P<exponent>EEEE)|(?P<shift>V)|\"(?P<quoted>[^\"]*)\""
    r"|(?P<letters>[A-Za-z]+)|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)


def to_char(value: str, kind: str, pattern: str) -> tuple[str, str]:
    """Write TO_CHAR of a value twice: as of a time, and as of a number.

    Parameters
    ----------
    value, kind
        The SQL of the value, and of another of its type.
    pattern
        The format.

    Returns
    -------
    tuple of str
        The expressions; NULL for what the pattern can't be a format of.

    Raises
    ------
    ValueError
        If the pattern is a format of neither; the message names what is not known.
    """
    time = number = "NULL::VARCHAR"
    reasons = []
    try:
        time = _time(f"civis_sql.time_or_null({value}, {kind})", pattern)
    except ValueError as error:
        reasons.append(error)
        time = f"civis_sql.fail_text({literal('TO_CHAR: ' + str(error))})"
    try:
        number = _number(value, kind, pattern)
    except ValueError as error:
        reasons.append(error)
        number = f"civis_sql.fail_text({literal('TO_CHAR: ' + str(error))})"
    if len(reasons) == 2:
        raise reasons[0]
    return time, number


def _time(value: str, pattern: str) -> str:
    """Write TO_CHAR of a date or time."""
    terms: list[str] = []
    fill = True
    for match in _TIME.finditer(pattern):
        word = (match["word"] or "").upper()
        if match["fm"]:
            fill = False
            continue
        if word in _NUMBERS:
            terms.append(_time_number(value, word, match["ordinal"], fill))
        elif word in _NAMES:
            terms.append(_time_name(value, word, match["word"], fill))
        elif word in _HALVES:
            terms.append(_time_half(value, word, match["word"]))
        elif word in _ERAS:
            before, after = _ERAS[word]
            text = f"CASE WHEN year({value}) <= 0 THEN '{before}' ELSE '{after}' END"
            terms.append(f"lower({text})" if match["word"].islower() else text)
        elif word == "Y,YYY":
            terms.append(
                f"(year({value}) // 1000)::VARCHAR || ',' || "
                f"lpad((year({value}) % 1000)::VARCHAR, 3, '0')"
            )
        elif word in ("TZ", "OF", "TZH", "TZM"):
            zone = {"TZ": "UTC", "OF": "+00", "TZH": "+00", "TZM": "00"}[word]
            terms.append(literal(zone.lower() if match["word"] == "tz" else zone))
        elif word == "FX":
            continue
        elif match["letters"] and match["letters"].upper() not in ("T", "Z", "TH"):
            raise ValueError(f'"{match["letters"]}" is not a pattern of a date that is supported')
        else:
            quoted = match["quoted"]
            text = quoted if quoted is not None else match["letters"] or match["other"]
            terms.append(literal(text))
        fill = True
    return "(" + " || ".join(terms or ["''"]) + ")"


def _time_number(value: str, word: str, ordinal: str | None, fill: bool) -> str:
    expression, width = _NUMBERS[word]
    number = f"({expression.format(value)})"
    text = f"{number}::VARCHAR"
    if fill and width > 1:
        text = f"lpad({text}, greatest({width}, length({text}))::INTEGER, '0')"
    if ordinal:
        ending = f"civis_sql.ordinal({number})"
        text += f" || {ending}" if ordinal.islower() else f" || upper({ending})"
    return text


def _time_name(value: str, word: str, written: str, fill: bool) -> str:
    expression, width = _NAMES[word]
    text = expression.format(value)
    if written.isupper():
        text = f"upper({text})"
    elif written.islower():
        text = f"lower({text})"
    return f"rpad({text}, {width}, ' ')" if fill and width else text


def _time_half(value: str, word: str, written: str) -> str:
    dots = "." if "." in word else ""
    text = f"CASE WHEN hour({value}) < 12 THEN 'A{dots}M{dots}' ELSE 'P{dots}M{dots}' END"
    return f"lower({text})" if written[0].islower() else text


def time_pattern(pattern: str) -> str:
    """Write the format of TO_DATE or TO_TIMESTAMP for strptime.

    Raises
    ------
    ValueError
        If a part of it is not supported; the message names it.

    Examples
    --------
    >>> time_pattern("DD-MON-YYYY HH24:MI:SS")
    '%d-%b-%Y %H:%M:%S'
    """
    out = ""
    for match in _TIME.finditer(pattern):
        word = (match["word"] or "").upper()
        if match["fm"]:
            continue
        if word:
            if word not in _STRPTIME or match["ordinal"]:
                raise ValueError(f'the pattern "{match[0]}" is not supported')
            out += _STRPTIME[word]
        elif match["letters"] and match["letters"] not in ("T", "Z"):
            raise ValueError(f'the pattern "{match["letters"]}" is not supported')
        else:
            quoted = match["quoted"]
            text = quoted if quoted is not None else match["letters"] or match["other"]
            out += text.replace("%", "%%")
    return out


def number_scale(pattern: str) -> int:
    """Return the number of digits behind the point that a format has.

    Examples
    --------
    >>> number_scale("99G999D99S")
    2
    """
    behind = re.search(r"[.D]([09]*)", pattern)
    return len(behind.group(1)) if behind else 0


def _number(value: str, kind: str, pattern: str) -> str:
    """Write TO_CHAR of a number; its digits are put into the places of the format."""
    matched = _NUMBER.fullmatch(pattern)
    assert matched is not None  # noqa: S101 - it matches all
    fm = bool(matched["fm"])
    words = [(m.lastgroup or "", m[0]) for m in _NUMBER_WORDS.finditer(matched["rest"])]
    wrong = next((text for kind, text in words if kind in ("letters", "exponent", "shift")), None)
    if wrong is not None:
        raise ValueError(f'"{wrong}" is not a pattern of a number that is supported')
    kinds = [kind for kind, _ in words]
    if "roman" in kinds:
        text = f"civis_sql.roman(civis_sql.roman_number({value}, {kind}))"
        text = text if "RN" in pattern else f"lower({text})"
        return text if fm else f"lpad({text}, 15, ' ')"
    if "digit" not in kinds:
        raise ValueError(f'"{pattern}" is not a pattern of a number')
    point = kinds.index("point") if "point" in kinds else len(kinds)
    slots = [i for i, kind in enumerate(kinds) if kind == "digit"]
    whole = [i for i in slots if i < point]
    behind = [i for i in slots if i > point]
    decimals = len(behind)
    digits = f"civis_sql.number_text({value}, {decimals}, {kind})"
    zeros = [k for k, i in enumerate(whole) if words[i][1] == "0"]
    least = len(whole) - zeros[0] if zeros else 0
    body = _whole(words, whole, point, f"split_part({digits}, '.', 1)", least, bool(behind), fm)
    fraction = ""
    if "point" in kinds:
        fraction = f"split_part({digits}, '.', 2)" if decimals else "''"
        if fm and decimals:
            kept = max((k + 1 for k, i in enumerate(behind) if words[i][1] == "0"), default=0)
            fraction = f"left({fraction}, {kept}) || rtrim(substr({fraction}, {kept + 1}), '0')"
        fraction = f" || '.' || {fraction}"
        body += fraction
    negative = f"civis_sql.is_below_zero({value}, {kind})"
    size = len([k for k in kinds[:] if k in ("digit", "point", "group")])
    text = _with_sign(words, kinds, f"({body})", negative, size, fm)
    overflow = literal(re.sub(r"[09]", "#", matched["rest"]))
    if not fm and not any(k == "sign" for k in kinds):
        overflow = f"' ' || {overflow}"
    before_point = f"split_part({digits}, '.', 1)"
    is_too_long = f"length({before_point}) > {len(whole)} AND {before_point} <> '0'"
    return f"CASE WHEN {is_too_long} THEN {overflow} ELSE {text} END"


def _whole(
    words: list[tuple[str, str]], whole: list[int], point: int, digits: str, least: int,
    has_fraction: bool, fm: bool,
) -> str:  # fmt: skip
    """Write the digits before the point, with blanks for those that are not there."""
    # A lone zero before a point is not written, unless the format has a 0 there.
    bare = f"CASE WHEN {digits} = '0' THEN '' ELSE {digits} END" if has_fraction else digits
    if has_fraction and fm:
        # Nothing but a point is no number: then the zero is written.
        fraction = digits.replace("'.', 1)", "'.', 2)")
        bare = (
            f"CASE WHEN {digits} = '0' AND rtrim({fraction}, '0') <> '' THEN '' ELSE {digits} END"
        )
    if has_fraction is False and not least and not whole:
        bare = "''"
    if least:
        bare = f"lpad({bare}, greatest({least}, length({bare}))::INTEGER, '0')"
    padded = f"lpad({bare}, {len(whole)}, ' ')" if whole else "''"
    terms, done = [], 0
    first = whole[0] if whole else point
    run = 0
    for i in range(first, (whole[-1] + 1) if whole else point):
        kind, text = words[i]
        if kind == "digit":
            run += 1
            continue
        if run:
            terms.append(f"substr({padded}, {done + 1}, {run})")
            done, run = done + run, 0
        if kind == "group":
            terms.append(f"CASE WHEN trim(left({padded}, {done})) = '' THEN ' ' ELSE ',' END")
        elif kind in ("other", "quoted"):
            terms.append(literal(text.strip('"')))
    if run:
        terms.append(f"substr({padded}, {done + 1}, {run})")
    return " || ".join(terms) if terms else "''"


def _with_sign(
    words: list[tuple[str, str]], kinds: list[str], body: str, negative: str, size: int, fm: bool
) -> str:
    """Put sign, currency and other texts around the digits."""
    signs = [(i, words[i][1].upper()) for i, kind in enumerate(kinds) if kind == "sign"]
    currency = "$" if "currency" in kinds else ""
    slots = [i for i, kind in enumerate(kinds) if kind in ("digit", "point", "group")]
    prefix = "".join(t.strip('"') for i, (k, t) in enumerate(words)
                     if i < slots[0] and k in ("other", "quoted"))  # fmt: skip
    suffix = "".join(t.strip('"') for i, (k, t) in enumerate(words)
                     if i > slots[-1] and k in ("other", "quoted"))  # fmt: skip
    bare = f"ltrim({body})"
    if currency:
        size += 1
        bare = f"'$' || {bare}"
    if not signs:
        text = f"CASE WHEN {negative} THEN '-' ELSE '' END || {bare}"
        if not fm:
            text = f"lpad({text}, {size + 1}, ' ')"
    else:
        place, sign = signs[0]
        leads = place < slots[0]
        if sign == "PR":
            positive = bare if fm else f"' ' || {bare} || ' '"
            text = f"CASE WHEN {negative} THEN '<' || {bare} || '>' ELSE {positive} END"
            text = text if fm else f"lpad({text}, {size + 2}, ' ')"
        elif sign in ("S", "SG"):
            mark = f"CASE WHEN {negative} THEN '-' ELSE '+' END"
            if leads:
                text = f"{mark} || {bare}"
                text = text if fm else f"lpad({text}, {size + 1}, ' ')"
            else:
                text = (bare if fm else f"lpad({bare}, {size}, ' ')") + f" || {mark}"
        else:
            mark = f"CASE WHEN {negative} THEN '-' ELSE ' ' END"
            if sign == "PL":
                mark = f"CASE WHEN {negative} THEN ' ' ELSE '+' END"
            if fm:
                mark = f"trim({mark})"
            number = bare if fm else f"lpad({bare}, {size}, ' ')"
            text = f"{mark} || {number}" if leads else f"{number} || {mark}"
    if "ordinal" in kinds:
        ending = f"civis_sql.ordinal(trunc(abs(TRY_CAST(ltrim({body}) AS DOUBLE)))::BIGINT)"
        is_upper = any(kind == "ordinal" and word.isupper() for kind, word in words)
        text += f" || upper({ending})" if is_upper else f" || {ending}"
    if prefix:
        text = f"{literal(prefix)} || {text}"
    if suffix:
        text = f"{text} || {literal(suffix)}"
    return f"({text})"
