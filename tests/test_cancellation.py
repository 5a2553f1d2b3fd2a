from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import OperationCancelledError


def test_callbacks_of_a_token_are_called_once():
    token, calls = CancelToken(), []
    token.on_cancel(lambda: calls.append("first"))
    forget = token.on_cancel(lambda: calls.append("forgotten"))
    forget()
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: calls.append("late"))
    assert calls == ["first", "late"]
    with pytest.raises(OperationCancelledError):
        token.raise_if_cancelled()
