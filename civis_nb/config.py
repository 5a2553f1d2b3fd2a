"""Settings: each one a record with its name, environment variable, default and help.

The order in which a value is looked up: an explicit argument, `set_value` (the magic
``%civis_config``), the environment variable, ``[tool.civis_nb]`` in the pyproject.toml of the
working folder or above, the default. That file is read once for each working folder.
"""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from civis_nb.errors import CivisConfigError
from civis_nb.near_names import did_you_mean

__all__ = [
    "SETTINGS",
    "Setting",
    "describe",
    "get",
    "reread",
    "reset",
    "save",
    "set_value",
]


_N = TypeVar("_N", int, float)


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes
    ----------
    name
        What `get` and ``%civis_config`` call it.
    env
        The environment variable that sets it.
    default
        Its value when nothing sets it.
    help
        One sentence for a person.
    choices
        The values it may have; empty when any.
    parse
        Turns text into a value; raises ValueError when it can't.
    short
        A shorter name that ``%civis_config`` takes, too.
    """

    name: str
    env: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    parse: Callable[[str], Any] = str
    short: str | None = None


#: Eleven days; much more is no time that a socket can wait.
_MAX_SECONDS = 1_000_000


def _number(kind: type[_N], text: str, what: str) -> _N:
    """Parse a number; say what it must be when it is none."""
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"must be {what}") from None


def _positive_float(text: str) -> float:
    """Parse a number of seconds."""
    number = _number(float, text, "a number of seconds")
    if not number > 0:
        raise ValueError("must be greater than 0")
    if number > _MAX_SECONDS:
        raise ValueError(f"must be at most {_MAX_SECONDS}")
    return number


def _positive_int(text: str) -> int:
    """Parse a count."""
    number = _number(int, text, "a whole number")
    if number < 1:
        raise ValueError("must be at least 1")
    return number


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "backend",
            "CIVIS_NB_BACKEND",
            "platform",
            "Where a bare APIClient() goes: Civis Platform, or the embedded local platform.",
            ("platform", "local"),
        ),
        Setting(
            "dialect",
            "CIVIS_NB_DIALECT",
            "redshift",
            "What SQL means in the databases of a local platform, unless they have a dialect of "
            "their own.",
            ("redshift", "postgres", "duckdb"),
        ),
        Setting("database", "CIVIS_NB_DATABASE", None, "The database of magics without -d."),
        Setting(
            "display",
            "CIVIS_NB_DISPLAY",
            "auto",
            "How notebooks show progress and results: auto and widget update the cell while work "
            "goes on; static shows one display per cell, when it ends; text shows plain text.",
            ("auto", "widget", "static", "text"),
        ),
        Setting(
            "frame",
            "CIVIS_NB_FRAME",
            "pandas",
            "The kind of frame that magics assign.",
            ("pandas", "polars", "arrow"),
        ),
        Setting(
            "types",
            "CIVIS_NB_TYPES",
            "native",
            "The types of frames that magics assign: those that people work with, those of the "
            "database, or those that the frame's library infers.",
            ("native", "exact", "infer"),
        ),
        Setting(
            "limit", "CIVIS_NB_LIMIT", 20, "Rows that a table display shows.", (), _positive_int
        ),
        Setting(
            "poll_interval_s",
            "CIVIS_NB_POLL_INTERVAL_S",
            None,
            "Seconds between polls of a run; unset: adaptive.",
            (),
            _positive_float,
            short="poll",
        ),
        Setting(
            "connect_timeout_s",
            "CIVIS_NB_CONNECT_TIMEOUT_S",
            10.0,
            "Seconds to wait for a connection.",
            (),
            _positive_float,
        ),
        Setting(
            "read_timeout_s",
            "CIVIS_NB_READ_TIMEOUT_S",
            120.0,
            "Seconds to wait for the next bytes of an answer.",
            (),
            _positive_float,
        ),
        Setting(
            "failure_budget_s",
            "CIVIS_NB_FAILURE_BUDGET_S",
            600.0,
            "Seconds for which calls, polls and transfers that fail are tried again: a run on the "
            "platform goes on meanwhile.",
            (),
            _positive_float,
        ),
        Setting(
            "parallel_parts",
            "CIVIS_NB_PARALLEL_PARTS",
            4,
            "Parts of files that are transferred at the same time.",
            (),
            _positive_int,
        ),
        Setting(
            "log_limit_mib",
            "CIVIS_NB_LOG_LIMIT_MIB",
            64,
            "Mebibytes of a run's log that the local platform keeps: its beginning and its end.",
            (),
            _positive_int,
        ),
        Setting(
            "state_dir",
            "CIVIS_NB_STATE_DIR",
            None,
            "The folder of the local platform's state; unset: a per-user folder.",
        ),
        Setting(
            "cache_dir",
            "CIVIS_NB_CACHE_DIR",
            None,
            "The folder of kept API specifications, SQL functions, and results of --cache; unset: "
            "a per-user folder.",
        ),
        Setting(
            "history_dir",
            "CIVIS_NB_HISTORY_DIR",
            None,
            "The folder of the history of notebooks and of saved statements; unset: a per-user "
            "folder.",
        ),
        Setting(
            "traceback",
            "CIVIS_NB_TRACEBACK",
            "short",
            "What IPython shows of an error of ours: short: your own lines; full: also what goes "
            "on inside.",
            ("short", "full"),
        ),
    )
}

_session: dict[str, Any] = {}


def _setting(name: str) -> Setting:
    """Return a setting by its name; an unknown name is answered by the nearest ones."""
    if name in SETTINGS:
        return SETTINGS[name]
    short = {setting.short: setting for setting in SETTINGS.values() if setting.short}
    try:
        return short[name]
    except KeyError:
        hint = did_you_mean(name, [*SETTINGS, *short]) or f" Settings: {', '.join(SETTINGS)}."
        raise CivisConfigError(f"There is no setting {name!r}.{hint}") from None


def _checked(setting: Setting, value: Any, source: str) -> Any:
    """Return the value of a setting, parsed; None for none."""
    if value is None:
        return None
    if setting.choices and value not in setting.choices:
        hint = did_you_mean(value, setting.choices, 1, shown=repr)
        raise CivisConfigError(
            f"{source}: {setting.name} can't be {value!r}; it is one of "
            f"{', '.join(setting.choices)}.{hint}"
        )
    try:
        return setting.parse(str(value))
    except ValueError as error:
        raise CivisConfigError(f"{source}: {setting.name} can't be {value!r}: {error}.") from None


@functools.lru_cache(maxsize=32)
def _project_table(folder: str) -> dict[str, Any]:
    """Return ``[tool.civis_nb]`` of a folder; read once, until `reread`."""
    for parent in (Path(folder), *Path(folder).parents):
        path = parent / "pyproject.toml"
        if path.is_file():
            try:
                table = tomllib.loads(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
                # Somebody else's file: what is wrong with it is not ours to report.
                return {}
            return dict(table.get("tool", {}).get("civis_nb", {}))
    return {}


def get(name: str, given: Any = None) -> Any:
    """Return the value of a setting.

    Parameters
    ----------
    name
        The setting's name, a key of `SETTINGS`.
    given
        An explicit value, which wins over every other source; None: not given.

    Raises
    ------
    CivisConfigError
        When there is no such setting, or its value is none that it can have.

    Examples
    --------
    >>> get("limit", given=5)
    5
    """
    setting = _setting(name)
    name = setting.name
    if given is not None:
        return _checked(setting, given, "argument")
    if name in _session:
        return _session[name]
    text = os.environ.get(setting.env)
    if text:
        return _checked(setting, text, f"environment variable {setting.env}")
    project = _project_table(os.getcwd())  # noqa: PTH109 - a Path takes longer than all else here
    if name in project:
        return _checked(setting, project[name], "[tool.civis_nb] in pyproject.toml")
    return setting.default


def set_value(name: str, value: Any) -> None:
    """Set a setting for this process; the pyproject.toml is read again.

    Raises
    ------
    CivisConfigError
        When there is no such setting, or it can't have that value.
    """
    setting = _setting(name)
    reread()
    _session[setting.name] = _checked(setting, value, "%civis_config")


def reset(name: str | None = None) -> None:
    """Forget what `set_value` set, of one setting or of all, and read the pyproject.toml again.

    Raises
    ------
    CivisConfigError
        When there is no such setting.
    """
    reread()
    if name is None:
        _session.clear()
    else:
        _session.pop(_setting(name).name, None)


def reread() -> None:
    """Read the pyproject.toml again, when next it is needed."""
    _project_table.cache_clear()


def save(name: str | None = None, *, forget: bool = False) -> Path:
    """Write settings of this process to the nearest pyproject.toml; return its path.

    A file is made in the working folder where there is none above. What else it holds is kept.

    Parameters
    ----------
    name
        The setting; None: all that `set_value` has set.
    forget
        Remove the setting from the file instead; with None all of them.

    Raises
    ------
    CivisConfigError
        When there is no such setting, nothing to write, or the file can't be written.
    """
    names = list(_session) if name is None else [_setting(name).name]
    if forget and name is None:
        names = list(SETTINGS)
    values = {one: get(one) for one in names if get(one) is not None}
    if not forget and not values:
        raise CivisConfigError("There is nothing to save: no setting was set in this notebook.")
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    files = [folder / "pyproject.toml" for folder in (Path.cwd(), *Path.cwd().parents)]
    path = next((file for file in files if file.is_file()), files[0])
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        document = tomlkit.parse(text)
        table = document.setdefault("tool", tomlkit.table(True)).setdefault(
            "civis_nb", tomlkit.table()
        )
        for one in names:
            if forget:
                table.pop(one, None)
            elif one in values:
                table[one] = values[one]
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise CivisConfigError(f"{path} can't be changed: {error}") from None
    reread()
    return path


def describe() -> list[tuple[Setting, Any]]:
    """Return each setting with its present value, in the order of `SETTINGS`."""
    return [(setting, get(setting.name)) for setting in SETTINGS.values()]
