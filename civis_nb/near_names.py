"""Suggestions for a name that is wrong: the known ones that are most like it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

__all__ = ["did_you_mean", "nearest"]


def nearest(name: str, names: Iterable[str], count: int = 3, *, cutoff: float = 0.6) -> list[str]:
    """Return the names that are most like `name`, the nearest first; upper case counts as lower.

    Parameters
    ----------
    name
        The wrong one.
    names
        The known ones.
    count
        How many at most.
    cutoff
        How alike they are at least, between 0 and 1.

    Examples
    --------
    >>> nearest("post_sqll", ["get_sql", "post_sql", "list"])[0]
    'post_sql'
    >>> nearest("REDSHIFT", ["Redshift", "other"])
    ['Redshift']
    """
    # Imported here: only a mistake needs it.
    import difflib

    spelled: dict[str, list[str]] = {}
    for each in names:
        spelled.setdefault(each.lower(), []).append(each)
    close = difflib.get_close_matches(name.lower(), spelled, n=count, cutoff=cutoff)
    return [each for folded in close for each in spelled[folded]][:count]


def did_you_mean(
    name: object, names: Iterable[str], count: int = 3, *, shown: Callable[[str], str] = str
) -> str:
    """Return a question that names the nearest, after a space; empty when none is near.

    Parameters
    ----------
    name, names, count
        As for `nearest`.
    shown
        How a name is written.

    Examples
    --------
    >>> did_you_mean("get_sq", ["get_sql", "list"])
    ' Did you mean get_sql?'
    >>> did_you_mean("zzz", ["get_sql", "list"])
    ''
    """
    near = nearest(str(name), names, count)
    return f" Did you mean {' or '.join(map(shown, near))}?" if near else ""
