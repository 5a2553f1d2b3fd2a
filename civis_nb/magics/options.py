"""The options of a magic: one description is the source of the parser, its errors and the help.

argparse is not used: IPython's wrapper keeps quotes in values, turns errors into a `UsageError`
that notebook runners take for success, and can't leave the rest of a line as it was written.
"""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from civis_nb.errors import CivisMagicError
from civis_nb.magics.words import TIMES, Token, text, tokens, unit_behind
from civis_nb.near_names import did_you_mean, nearest

__all__ = ["Option", "Positional", "Syntax"]


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
    also
        What people who know other tools call it: for suggestions.
    meant
        What other tools call its choices, and which ones these are: for suggestions.
    """

    flags: tuple[str, ...]
    help: str
    metavar: str | None = None
    read: Callable[[Token], Any] = text
    choices: tuple[str, ...] = ()
    repeated: bool = False
    also: tuple[str, ...] = ()
    meant: Mapping[str, str] = field(default_factory=dict, hash=False)

    @functools.cached_property
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
    repeated
        Whether it may be several words; the value is then a list.
    """

    name: str
    help: str
    required: bool = False
    read: Callable[[Token], Any] = text
    verbatim: bool = False
    repeated: bool = False

    @property
    def usage(self) -> str:
        """How it is written, for the first line of the help."""
        name = f"{self.name} ..." if self.repeated else self.name
        return name if self.required else f"[{name}]"


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
        words: list[Token] = []
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
                raise CivisMagicError(self._unexpected(line, words[-1:], token))
            else:
                words.append(token)
                positional = waiting[0] if waiting[0].repeated else waiting.pop(0)
                read = self._read(positional.name, positional, token)
                if positional.repeated:
                    values[positional.name.lower()].append(read)
                else:
                    values[positional.name.lower()] = read
        if missing := next((one for one in waiting if one.required and not values[
            one.name.lower()]), None):  # fmt: skip
            raise CivisMagicError(
                f"{self.magic} needs {missing.name}: {missing.help}\n{self.usage}"
            )
        return values

    def _nothing(self) -> dict[str, Any]:
        """Return the values of a line without any option."""
        values: dict[str, Any] = {
            word.name.lower(): [] if word.repeated else None for word in self.positionals
        }
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
        if option.read in TIMES and (unit := unit_behind(line, at)):
            # Else it would be the name of a variable, and the time another one than was meant.
            raise CivisMagicError(
                f"{self.magic}: {flag} must be {TIMES[option.read]}, and not '{value.raw} {unit}'."
            )
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
        if name in ("-h", "--help"):
            raise CivisMagicError(f"{self.magic}? in a cell of its own shows what it does.")
        near = _near_spellings(name, self.options)
        hint = (
            f"Did you mean {' or '.join(near)}?"
            if near
            else f"{self.magic}? tells what its options do: {', '.join(flags)}."
        )
        raise CivisMagicError(f"{self.magic} has no option {name}. {hint}")

    def _read(self, name: str, spec: Option | Positional, token: Token) -> Any:
        """Return the value of an option or argument; raise what it can't be."""
        choices = spec.choices if isinstance(spec, Option) else ()
        if choices and token.text not in choices:
            meant = spec.meant.get(token.text.lower()) if isinstance(spec, Option) else None
            hint = did_you_mean(meant or token.text, choices, 1)
            raise CivisMagicError(
                f"{self.magic}: {name} can't be {token.text!r}; it is one of "
                f"{', '.join(choices)}.{hint}"
            )
        try:
            return spec.read(token)
        except ValueError as error:
            raise CivisMagicError(
                f"{self.magic}: {name} must be {error}, and not {token.raw!r}."
            ) from None

    def exclusive(self, values: Mapping[str, Any], *names: str) -> None:
        """Check that at most one of some options is given.

        Parameters
        ----------
        values
            What `parse` returned.
        *names
            The names of the options' values.

        Raises
        ------
        CivisMagicError
            When two are.
        """
        given = [
            option.flags[0]
            for option in self.options
            if option.dest in names and values[option.dest] not in (None, False, [])
        ]
        if len(given) > 1:
            raise CivisMagicError(f"{self.magic}: give one of {' and '.join(given)}, not both.")

    def _unexpected(self, line: str, before: Sequence[Token], token: Token) -> str:
        """Return what is wrong with a word behind the last one that is taken."""
        names = ", ".join(word.name for word in self.positionals) or "no words without a flag"
        meant = ""
        if before and before[0].raw == before[0].text:
            behind = re.split(r"\s--?[A-Za-z]", line[token.start :])[0].rstrip()
            meant = f': "{line[before[0].start : token.start]}{behind}"'
        return (
            f"{self.magic}: {token.text!r} is one word too many; it takes {names}. "
            f"Put quotes around a value with spaces{meant}.\n{self.usage}"
        )

    @property
    def usage(self) -> str:
        """How the magic is written, in one paragraph."""
        words = [word.usage for word in self.positionals if not word.verbatim]
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
        for name, entry in entries:
            lines.append(f"  {name}")
            lines.append(
                textwrap.fill(entry, 88, initial_indent=" " * 6, subsequent_indent=" " * 6)
            )
        return "\n".join(lines)


def _near_spellings(name: str, options: Sequence[Option]) -> list[str]:
    """Return the options that a word may have meant: of that meaning, or spelled nearly so."""
    typed = name.lstrip("-").lower().replace("_", "-")
    known: dict[str, list[str]] = {}
    for option in options:
        for spelling in (*option.flags, *option.also):
            is_long = spelling in option.flags and spelling.startswith("--")
            long = spelling if is_long else option.flags[-1]
            shown = dict.fromkeys([option.flags[0], long])
            known.setdefault(spelling.lstrip("-"), []).append("/".join(shown))
    words = [word for word in known if len(word) > 1]
    if typed in words:
        found = [typed]
    else:
        found = nearest(typed, words, 2)
        found += [word for word in words if len(typed) > 2 and word.startswith(typed)]
    return list(dict.fromkeys(shown for word in found for shown in known[word]))[:2]
