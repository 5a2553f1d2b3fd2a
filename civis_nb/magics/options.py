"""The options of a magic: one description is the source of the parser, its errors and the help.

argparse is not used: IPython's wrapper keeps quotes in values, turns errors into a `UsageError`
that notebook runners take for success, and can't leave the rest of a line as it was written.
"""

from __future__ import annotations

import csv
import difflib
import keyword
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from civis_nb.errors import CivisMagicError
from civis_nb.frames.chart_data import CHART_KINDS

__all__ = ["Option", "Positional", "Syntax", "Token", "chart", "parameter", "positive", "seconds",
           "tokens", "variable", "word"]  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word of the magic's line.

    Attributes
    ----------
    text
        The word without its quotes.
    raw
        The word as it was written.
    start
        Where it starts in the line.
    """

    text: str
    raw: str
    start: int


def tokens(line: str, start: int = 0) -> Iterator[Token]:
    r"""Return the words of a line, one by one; quotes hold a word together and are taken off.

    In double quotes ``\"`` and ``\\`` stand for ``"`` and ``\``. Elsewhere a backslash is itself.

    Raises
    ------
    CivisMagicError
        When a quote is not closed.

    Examples
    --------
    >>> [token.text for token in tokens("-d 'My DB' x=\"a b\"")]
    ['-d', 'My DB', 'x=a b']
    """
    at = start
    while True:
        while at < len(line) and line[at].isspace():
            at += 1
        if at == len(line):
            return
        begin, text = at, []
        while at < len(line) and not line[at].isspace():
            if line[at] in "'\"":
                piece, at = _quoted(line, at)
                text.append(piece)
            else:
                text.append(line[at])
                at += 1
        yield Token("".join(text), line[begin:at], begin)


def _quoted(line: str, at: int) -> tuple[str, int]:
    """Return the text between quotes, and where it ends."""
    quote, text = line[at], []
    at += 1
    while at < len(line) and line[at] != quote:
        if quote == '"' and line[at] == "\\" and line[at + 1 : at + 2] in ('"', "\\"):
            at += 1
        text.append(line[at])
        at += 1
    if at == len(line):
        raise CivisMagicError(f"The quote {quote} is not closed in: {line.strip()}")
    return "".join(text), at + 1


def positive(token: Token) -> int:
    """Read a whole number of at least 1."""
    if not re.fullmatch(r"\d+", token.text) or int(token.text) < 1:
        raise ValueError("a whole number of at least 1")
    return int(token.text)


def seconds(token: Token) -> float:
    """Read a number of seconds greater than 0."""
    try:
        number = float(token.text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError("a number of seconds greater than 0")
    return number


def variable(token: Token) -> str:
    """Read the name of a Python variable."""
    if not token.text.isidentifier() or keyword.iskeyword(token.text):
        raise ValueError("the name of a variable")
    return token.text


def parameter(token: Token) -> tuple[str, Any]:
    """Read ``K=V``; V is a number, True, False or None where it reads so unquoted, else text.

    Examples
    --------
    >>> [parameter(next(tokens(text))) for text in ("n=5", "zip=00501", "code='5'", "x=1.10")]
    [('n', 5), ('zip', '00501'), ('code', '5'), ('x', Decimal('1.10'))]
    """
    name, equals, value = token.text.partition("=")
    if not equals or not name.isidentifier():
        raise ValueError("NAME=VALUE")
    unquoted = token.raw.partition("=")[2] == value
    if unquoted and re.fullmatch(r"-?(0|[1-9]\d*)", value):
        return name, int(value)
    if unquoted and re.fullmatch(r"-?(0|[1-9]\d*)\.\d+", value):
        return name, Decimal(value)
    words = {"True": True, "False": False, "None": None}
    return name, words[value] if unquoted and value in words else value


def chart(token: Token) -> tuple[str, ...]:
    r"""Read ``KIND:X[,Y]``; a name with a comma stands in double quotes.

    Examples
    --------
    >>> chart(next(tokens("bar:vote,n"))), chart(next(tokens("'hist:\"a,b\"'")))
    (('bar', 'vote', 'n'), ('hist', 'a,b'))
    """
    kind, _, names = token.text.partition(":")
    columns = next(csv.reader([names], skipinitialspace=True), [])
    if kind not in CHART_KINDS or not 1 <= len(columns) <= 2 or not all(columns):
        raise ValueError(f"KIND:X or KIND:X,Y, where KIND is one of {', '.join(CHART_KINDS)}")
    if kind == "hist" and len(columns) > 1:
        raise ValueError("hist:X, with one column")
    return (kind, *columns)


def word(token: Token) -> Token:
    """Return the word itself, which knows whether it was quoted."""
    return token


def _text(token: Token) -> str:
    return token.text


@dataclass(frozen=True)
class Option:
    """An option.

    Attributes
    ----------
    flags
        Its spellings, such as ``("-d", "--database")``; the last one names the value.
    help
        One sentence.
    metavar
        What its value is called; None for a switch.
    read
        Turns the word into a value; a ValueError says what the word should have been.
    choices
        The words it may have; empty: any.
    repeated
        Whether it may be given several times; the value is then a list.
    """

    flags: tuple[str, ...]
    help: str
    metavar: str | None = None
    read: Callable[[Token], Any] = _text
    choices: tuple[str, ...] = ()
    repeated: bool = False

    @property
    def dest(self) -> str:
        """The name of its value."""
        return self.flags[-1].lstrip("-").replace("-", "_")

    @property
    def usage(self) -> str:
        """How it is written, for the first line of the help."""
        value = f" {self.metavar}" if self.metavar else ""
        return f"[{self.flags[0]}{value}{' ...' if self.repeated else ''}]"


@dataclass(frozen=True)
class Positional:
    """A word without a flag.

    Attributes
    ----------
    name
        What the help calls it; in lower case the name of its value.
    help
        One sentence.
    required
        Whether it must be given.
    read
        As for `Option`.
    verbatim
        Whether it is all the rest of the line, as it was written.
    """

    name: str
    help: str
    required: bool = False
    read: Callable[[Token], Any] = _text
    verbatim: bool = False


@dataclass(frozen=True)
class Syntax:
    """What a magic takes.

    Attributes
    ----------
    magic
        Its name with the percent signs.
    summary
        What it does, in a few sentences.
    positionals
        The words without flags, in order.
    options
        The options.
    """

    magic: str
    summary: str
    positionals: tuple[Positional, ...] = ()
    options: tuple[Option, ...] = ()

    def parse(self, line: str) -> dict[str, Any]:
        """Read a line.

        Returns
        -------
        dict
            For each option and positional its value: None, False or [] where it is not given.

        Raises
        ------
        CivisMagicError
            When the line can't be read; the message says what to write instead.
        """
        values = self._nothing()
        waiting = list(self.positionals)
        at, only_words = 0, False
        while True:
            at = len(line) - len(line[at:].lstrip())
            is_flag = not only_words and re.match(r"--?[A-Za-z]|--(?:\s|\Z)", line[at:])
            if waiting and waiting[0].verbatim and line[at:] and not is_flag:
                # Taken before it is read as a word: its quotes are not ours.
                values[waiting.pop(0).name.lower()] = line[at:]
                break
            token = next(tokens(line, at), None)
            if token is None:
                break
            at = token.start + len(token.raw)
            if token.raw == "--" and not only_words:
                only_words = True
            elif not only_words and re.match(r"--?[A-Za-z]", token.raw):
                at = self._take_option(line, token, at, values)
            elif not waiting:
                raise CivisMagicError(self._surplus(token))
            else:
                positional = waiting.pop(0)
                values[positional.name.lower()] = self._read(positional.name, positional, token)
        if missing := next((word for word in waiting if word.required), None):
            raise CivisMagicError(
                f"{self.magic} needs {missing.name}: {missing.help}\n{self.usage}"
            )
        return values

    def _nothing(self) -> dict[str, Any]:
        values: dict[str, Any] = {word.name.lower(): None for word in self.positionals}
        for option in self.options:
            values[option.dest] = [] if option.repeated else None if option.metavar else False
        return values

    def _take_option(self, line: str, token: Token, at: int, values: dict[str, Any]) -> int:
        """Read an option and its value; return where the line goes on."""
        option, value = self._option(token)
        flag = option.flags[0] if value is None or token.raw[:2] != "--" else option.flags[-1]
        if option.metavar is None:
            if value is not None:
                raise CivisMagicError(f"{self.magic}: {flag} takes no value.")
            values[option.dest] = True
            return at
        if value is None:
            value = next(tokens(line, at), None)
            if value is None or re.match(r"--?[A-Za-z]", value.raw):
                raise CivisMagicError(
                    f"{self.magic}: {token.text} needs a value: {token.text} {option.metavar}"
                )
            at = value.start + len(value.raw)
        read = self._read(option.flags[0], option, value)
        if option.repeated:
            values[option.dest].append(read)
        elif values[option.dest] is not None:
            raise CivisMagicError(f"{self.magic}: {option.flags[0]} is given twice.")
        else:
            values[option.dest] = read
        return at

    def _option(self, token: Token) -> tuple[Option, Token | None]:
        """Return the option that a word names, and the value that hangs on it."""
        flags = {flag: option for option in self.options for flag in option.flags}
        if token.raw in flags:
            return flags[token.raw], None
        name, equals, raw = token.raw.partition("=")
        if equals and name.startswith("--") and name in flags:
            start = token.start + len(name) + 1
            return flags[name], Token(token.text.partition("=")[2], raw, start)
        short = token.raw[:2]
        if not token.raw.startswith("--") and short in flags and flags[short].metavar:
            return flags[short], Token(token.text[2:], token.raw[2:], token.start + 2)
        near = difflib.get_close_matches(name, flags, n=2, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Its options: {', '.join(flags)}."
        raise CivisMagicError(f"{self.magic} has no option {name}. {hint}")

    def _read(self, name: str, spec: Option | Positional, token: Token) -> Any:
        choices = spec.choices if isinstance(spec, Option) else ()
        if choices and token.text not in choices:
            near = difflib.get_close_matches(token.text, choices, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise CivisMagicError(
                f"{self.magic}: {name} can't be {token.text!r}; it is one of "
                f"{', '.join(choices)}.{hint}"
            )
        try:
            return spec.read(token)
        except ValueError as error:
            raise CivisMagicError(
                f"{self.magic}: {name} must be {error}, and not {token.text!r}."
            ) from None

    def _surplus(self, token: Token) -> str:
        names = ", ".join(word.name for word in self.positionals) or "no words without a flag"
        return (
            f"{self.magic}: {token.text!r} is one word too many; it takes {names}. "
            f"Put quotes around a value with spaces.\n{self.usage}"
        )

    @property
    def usage(self) -> str:
        """How the magic is written, in one paragraph."""
        words = [
            word.name if word.required else f"[{word.name}]"
            for word in self.positionals
            if not word.verbatim
        ]
        rest = [word.name for word in self.positionals if word.verbatim]
        line = " ".join([self.magic, *words, *(option.usage for option in self.options), *rest])
        return textwrap.fill(
            line, 88, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )

    @property
    def help(self) -> str:
        """The whole help, as ``?`` shows it."""
        entries = [(word.name, word.help) for word in self.positionals]
        for option in self.options:
            value = f" {option.metavar}" if option.metavar else ""
            choices = f" One of {', '.join(option.choices)}." if option.choices else ""
            entries.append((", ".join(option.flags) + value, option.help + choices))
        lines = [self.summary, "", "::", "", textwrap.indent(self.usage, "  "), ""]
        for name, text in entries:
            lines.append(f"  {name}")
            lines.append(textwrap.fill(text, 88, initial_indent=" " * 6, subsequent_indent=" " * 6))
        return "\n".join(lines)
