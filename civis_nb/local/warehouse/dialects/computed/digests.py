"""SHA2 of all its lengths."""

from __future__ import annotations

import hashlib

__all__ = ["sha2"]


def sha2(text: str, bits: int) -> str:
    """Return the digest of a text as hexadecimal digits; 0 bits are 256.

    Raises
    ------
    ValueError
        If there is no digest of that length.

    Examples
    --------
    >>> sha2("x", 224)[:8], len(sha2("x", 512))
    ('54a2f7f9', 128)
    """
    if bits not in (0, 224, 256, 384, 512):
        raise ValueError(f"SHA2 has 224, 256, 384 or 512 bits, not {bits}")
    return hashlib.new(f"sha{bits or 256}", text.encode()).hexdigest()
