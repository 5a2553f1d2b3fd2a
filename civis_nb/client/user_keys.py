"""Which objects of the API's answers have keys that are the user's own names."""

from __future__ import annotations

from civis_nb.spec.names import camel_to_snake

__all__ = ["has_user_keys", "is_read_verbatim"]

#: Read under their own names only, as the PyPI package ``civis`` has them.
_VERBATIM = frozenset({"arguments", "environment_variables"})
#: Objects that the API describes without fields, because the user, or the user's data, named them.
_USER_KEYS = frozenset(
    {
        "app_state",
        "cross_validation_parameters",
        "expanded_arguments",
        "input",
        "upload_fields",
        "value_distribution",
        "value_distribution_percent",
        "values",
    }
)


def is_read_verbatim(field: str) -> bool:
    """Return whether what is in a field is read under its own names alone, never in snake_case."""
    return camel_to_snake(field) in _VERBATIM


def has_user_keys(field: str) -> bool:
    """Return whether the object in a field has keys that are the user's own.

    Examples
    --------
    >>> has_user_keys("expandedArguments"), has_user_keys("lastRun")
    (True, False)
    """
    return camel_to_snake(field) in _USER_KEYS
