"""CRC-32 of contents: sent with every content, as object stores do.

An MD5 costs more than receiving the content itself; it is computed only when a client sends one.
"""

from __future__ import annotations

import base64

__all__ = ["CHECKSUM_HEADER", "crc32_joined", "header_value"]

#: The header in which object stores send the CRC-32 of a content.
CHECKSUM_HEADER = "x-amz-checksum-crc32"

#: The polynomial of CRC-32, its bits reversed, as gzip, zip and object stores use it (RFC 1952).
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31


def crc32_joined(first: int, second: int, second_bytes: int) -> int:
    """Return the CRC-32 of two contents in a row from that of each.

    A CRC is the content's remainder as a polynomial: that of the first is shifted by the length
    of the second, and the two are added.

    Examples
    --------
    >>> from civis_nb.compression import crc32
    >>> crc32_joined(crc32(b"ab"), crc32(b"cde"), 3) == crc32(b"abcde")
    True
    """
    shift, square, bits = _ONE, 1 << 30, second_bytes * 8
    while bits:
        if bits & 1:
            shift = _product(shift, square)
        square = _product(square, square)
        bits >>= 1
    return _product(shift, first) ^ second


def _product(a: int, b: int) -> int:
    """Multiply two polynomials, modulo that of CRC-32."""
    product = 0
    for position in range(31, -1, -1):
        if a >> position & 1:
            product ^= b
        b = (b >> 1) ^ (_POLYNOMIAL if b & 1 else 0)
    return product


def header_value(crc: int) -> str:
    """Write a CRC-32 as the header does: base64 of its four bytes, the highest first.

    Examples
    --------
    >>> from civis_nb.compression import crc32
    >>> header_value(crc32(b"hello"))
    'NhCmhg=='
    """
    return base64.b64encode(crc.to_bytes(4, "big")).decode()
