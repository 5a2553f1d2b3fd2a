"""Signed URLs: each allows one thing with one file until it expires."""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import parse_qs

from civis_nb._wire_text import SecretBytes
from civis_nb.local.errors import Forbidden

__all__ = ["Signer"]


class Signer:
    """Signs and checks paths of uploads and downloads.

    Parameters
    ----------
    secret
        The platform's own secret; stored, so that links outlive a restart.

    Examples
    --------
    >>> signer = Signer("secret")
    >>> query = signer.query("GET", "/blobs/1", lifetime_s=60)
    >>> signer.check("GET", "/blobs/1", query)
    """

    def __init__(self, secret: str) -> None:
        self._secret = SecretBytes(secret.encode())

    def __repr__(self) -> str:
        return "<Signer>"

    def digest(self, *parts: str) -> str:
        """Return the signature of some text."""
        text = "\n".join(parts).encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def matches(self, given: str, *parts: str) -> bool:
        """Return whether `given` is the signature of some text."""
        return hmac.compare_digest(given.encode(), self.digest(*parts).encode())

    def query(self, method: str, path: str, *, lifetime_s: float, inline: bool = False) -> str:
        """Return the query string that allows `method` on `path` for `lifetime_s` seconds."""
        expires = str(int(time.time() + lifetime_s))
        shown = "1" if inline else "0"
        signature = self.digest(method, path, expires, shown)
        return f"expires={expires}&inline={shown}&signature={signature}"

    def check(self, method: str, path: str, query: str) -> None:
        """Check the signature of a request.

        Raises
        ------
        Forbidden
            When the signature is missing, was made for another request, or has expired.
        """
        values = parse_qs(query)
        expires, shown, given = (values.get(k, [""])[0] for k in ("expires", "inline", "signature"))
        if not given:
            raise Forbidden("This address needs a signature: use the URL from the API.")
        if not self.matches(given, method, path, expires, shown):
            raise Forbidden(
                f"The signature of this URL was not made for {method} of this file; use the URL "
                "as the API gave it.",
                "signature_mismatch",
            )
        self.check_time(int(expires))

    @staticmethod
    def check_time(expires: int) -> None:
        """Check that a time has not passed.

        Raises
        ------
        Forbidden
            When `expires`, in seconds since 1970, has passed.
        """
        if time.time() >= expires:
            raise Forbidden(
                "This URL has expired; ask the API for the file again for a new one.", "expired"
            )
