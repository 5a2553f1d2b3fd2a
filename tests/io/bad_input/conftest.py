"""Bad input to every function: a clear error, nothing sent, everything as it was."""

from __future__ import annotations

import pandas as pd
import pytest

from civis_nb.errors import CivisInputError

DB = "sample"
FRAME = pd.DataFrame({"a": [1], "b": ["x"]})
#: Whoever asks it for anything sends something.
NOBODY = object()


def refused(call, said=""):
    with pytest.raises(CivisInputError, match=said or None) as caught:
        call()
    return caught.value
