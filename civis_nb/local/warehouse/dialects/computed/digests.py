"""SHA2 of all its lengths, and FNV-1a."""

from __future__ import annotations

import hashlib

__all__ = ["fnv_hash", "sha2"]

_FNV_PRIME = 0x100000001B3


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


def fnv_hash(value: str, size_bytes: int, seed: int) -> int:
    """Return the 64-bit FNV-1a hash of a value, as a signed number.

    Parameters
    ----------
    value
        A text, or the digits of an integer.
    size_bytes
        How many bytes an integer has; 0 for a text, whose blanks at the end do not count.
    seed
        The hash of what goes before; that of nothing is the algorithm's own start.

    Examples
    --------
    >>> fnv_hash("1", 4, -3750763034362895579), fnv_hash("Amazon Redshift", 0, -3750763034362895579)
    (-5968735742475085980, 7783490368944507294)
    """
    data = int(value).to_bytes(size_bytes, "little", signed=True) if size_bytes else b""
    hashed = seed % 2**64
    for byte in data or value.rstrip(" ").encode():
        hashed = (hashed ^ byte) * _FNV_PRIME % 2**64
    return hashed - 2**64 if hashed >= 2**63 else hashed
