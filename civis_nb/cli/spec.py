"""What the commands of ``civis-nb spec`` do."""

from __future__ import annotations

__all__ = ["found", "shown", "write_stub"]


def shown(name: str, source: str | None) -> str:
    """Return the help of an operation or a resource, or the list of all resources.

    Raises
    ------
    CivisInputError
        When there is none of that name; the message names the nearest.
    CivisSpecError
        When there is no specification.
    """
    from civis_nb.spec.browse import describe, resources

    return describe(name, source) if name else resources(source)


def found(words: tuple[str, ...], source: str | None) -> str:
    """Return a line for each operation with all words; empty where there is none.

    Raises
    ------
    CivisSpecError
        When there is no specification.
    """
    from civis_nb.spec.browse import search

    operations = search(" ".join(words), source)
    return repr(operations) if operations else ""


def write_stub(path: str | None, source: str | None) -> str:
    """Write a type stub and give its path; give its text for ``-``.

    Raises
    ------
    CivisInputError
        When it can't be written.
    CivisSpecError
        When there is no specification.
    """
    from civis_nb.spec.stubs import stub, stub_text

    return stub_text(source).rstrip() if path == "-" else str(stub(path, source))
