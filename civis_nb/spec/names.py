"""Names: from paths to method names, and between camelCase and snake_case. Here, nowhere else."""

from __future__ import annotations

import keyword
import re
from functools import lru_cache

__all__ = [
    "FORCED_ARRAY_PATHS",
    "SKIPPED_RESOURCES",
    "argument_name",
    "camel_to_snake",
    "class_name",
    "has_legacy_list_name",
    "is_list_operation",
    "method_name",
    "resource_name",
    "snake_to_camel",
    "split_path",
]

_WORD_START = re.compile(r"(.)([A-Z][a-z]+)")
_LOWER_UPPER = re.compile(r"([a-z0-9])([A-Z])")
_NOT_IDENTIFIER = re.compile(r"\W")

_COMMITS = (
    "notebooks",
    "reports",
    "scripts/javascript",
    "scripts/python3",
    "scripts/r",
    "scripts/sql",
    "workflows",
)

#: Paths that answer with an array though the official specification says object.
FORCED_ARRAY_PATHS = frozenset(
    {
        "credentials/types",
        "databases/{id}/users",
        "jobs/{id}/children",
        "jobs/{id}/parents",
        "scripts/{id}/history",
        *(f"{kind}/{{id}}/git/commits" for kind in _COMMITS),
    }
)

#: Resources that no attribute is made for: the client has one of that name already.
SKIPPED_RESOURCES = frozenset({"feature_flags"})

_INSTANCE_CONFIG = "clusters/kubernetes/instance_configs/{instance_config_id}"

#: Paths whose method was called ``list_…`` once, though they answer with one object.
_LEGACY_LIST_PATHS = frozenset(
    {
        f"{_INSTANCE_CONFIG}/historical_graphs",
        f"{_INSTANCE_CONFIG}/historical_metrics",
        "databases/{id}/advanced-settings",
        "endpoints",
        "git_repos/{id}/refs",
        "groups/{id}/child_groups",
        "models/{id}/schedules",
        "notebooks/{id}/update-links",
        "notifications",
        "predictions/{id}/schedules",
        "search",
        "usage/llm/organization/{org_id}/summary",
        "users/me",
        *(f"{kind}/{{id}}/git" for kind in _COMMITS),
    }
)


@lru_cache(maxsize=8192)
def camel_to_snake(word: str) -> str:
    """Return the snake_case spelling of a camelCase name.

    Two passes, as the API protocol has them (section 2.3): a word of one capital and small
    letters is split from what is before it, then a capital from the small letter or digit
    before it.

    Examples
    --------
    >>> [camel_to_snake(word) for word in ("remoteHostId", "provideAPIKey", "csvS3Uri")]
    ['remote_host_id', 'provide_api_key', 'csv_s3_uri']
    """
    return _LOWER_UPPER.sub(r"\1_\2", _WORD_START.sub(r"\1_\2", word)).lower()


@lru_cache(maxsize=8192)
def snake_to_camel(word: str) -> str:
    """Return the camelCase spelling of a snake_case name.

    Acronyms can't be known: this is a guess that suits new names, not the way back from
    `camel_to_snake`.

    Examples
    --------
    >>> snake_to_camel("remote_host_id")
    'remoteHostId'
    """
    first, *rest = word.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def split_path(path: str) -> list[str]:
    """Return the segments of a path, without the slashes around it.

    Examples
    --------
    >>> split_path("/scripts/sql/{id}/")
    ['scripts', 'sql', '{id}']
    """
    return [segment for segment in path.strip("/").split("/") if segment]


def resource_name(path: str) -> str:
    """Return the client's attribute that a path belongs to; empty for ``/``.

    Examples
    --------
    >>> resource_name("/git-repos/{id}")
    'git_repos'
    """
    segments = split_path(path)
    return segments[0].lower().replace("-", "_") if segments else ""


def class_name(resource: str) -> str:
    """Return the class name of a resource, as the PyPI package ``civis`` has it.

    Examples
    --------
    >>> class_name("git_repos")
    'Git_Repos'
    """
    return resource.title()


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def is_list_operation(verb: str, path: str, answers_array: bool) -> bool:
    """Return whether the method of an operation is called ``list…``.

    Parameters
    ----------
    verb
        The HTTP method, in any case.
    path
        The path as in the specification.
    answers_array
        Whether the schema of the success answer is an array.
    """
    segments = split_path(path)
    if verb.lower() != "get" or not segments or _is_parameter(segments[-1]):
        return False
    return answers_array or "/".join(segments) in FORCED_ARRAY_PATHS


def has_legacy_list_name(path: str) -> bool:
    """Return whether the ``get…`` method of a path has a ``list…`` alias for old scripts."""
    bare = "/".join(split_path(path))
    return bare in _LEGACY_LIST_PATHS or bare.endswith("/shares")


def method_name(verb: str, path: str, answers_array: bool = False) -> str:
    """Return the method name of an operation.

    The verb and the fixed segments after the first; a path parameter counts for nothing, but
    one that follows another brings in the name of the other.

    Parameters
    ----------
    verb, path, answers_array
        As for `is_list_operation`.

    Examples
    --------
    >>> method_name("post", "/imports/files/csv")
    'post_files_csv'
    >>> method_name("get", "/databases/{id}/whitelist-ips", answers_array=True)
    'list_whitelist_ips'
    >>> method_name("get", "/aliases/{object_type}/{alias}")
    'get_object_type'
    """
    first = "list" if is_list_operation(verb, path, answers_array) else verb.lower()
    words = [first]
    previous = ""
    for segment in split_path(path)[1:]:
        if not _is_parameter(segment):
            words.append(segment.replace("-", "_"))
        elif _is_parameter(previous):
            words.append(previous[1:-1])
        previous = segment
    return argument_name("_".join(words))


def argument_name(name: str) -> str:
    """Return the Python argument name of a parameter or property of the specification.

    Examples
    --------
    >>> [argument_name(name) for name in ("remoteHostId", "page-num", "from")]
    ['remote_host_id', 'page_num', 'from_']
    """
    word = _NOT_IDENTIFIER.sub("_", camel_to_snake(name))
    if not word or word[0].isdigit():
        word = "_" + word
    return word + "_" if keyword.iskeyword(word) else word
