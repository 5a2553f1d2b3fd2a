"""Text that is sent in parts while it is deflated arrives as one gzip file, or not at all."""

from __future__ import annotations

import gzip
import io
import random

import polars as pl
import pytest

import civis_nb.io as cio
from civis_nb.errors import CivisUploadError
from civis_nb.io.writing import frame_text, upload
from civis_nb.io.writing.upload import upload_gzip

KIB = 1024
PIECES = [random.Random(n).randbytes(10 * KIB).hex().encode() for n in range(100)]


class Text:
    """A text that says of itself that it is `factor` times as large as it is."""

    def __init__(self, factor: float = 1.0, pieces: list[bytes] = PIECES) -> None:
        self._factor = factor
        self._pieces = pieces

    def chunks(self):
        yield from self._pieces

    def samples(self):
        return self._pieces[:2], 2 / len(self._pieces) / self._factor


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(upload, "_PART_BYTES", 64 * KIB)
    monkeypatch.setattr(frame_text, "_SAMPLED_FROM_BYTES", 1)


@pytest.fixture
def counted(io_client, altered):
    """Count the uploads that are begun, by their number of parts; 1: by form."""
    begun: list[int] = []

    def multipart(name, num_parts, **arguments):
        begun.append(num_parts)
        return io_client.files.post_multipart(name, num_parts, **arguments)

    def form(name, **arguments):
        begun.append(1)
        return io_client.files.post(name, **arguments)

    client = altered(io_client, files={"post_multipart": multipart, "post": form})
    return client, begun


def _stored(client, file_id: int) -> bytes:
    buffer = io.BytesIO()
    cio.civis_to_file(file_id, buffer, client=client)
    return buffer.getvalue()


@pytest.mark.parametrize("factor", [0.05, 0.3, 1.0])
def test_a_large_text_goes_up_in_parts(counted, factor):
    client, begun = counted
    file_id = upload_gzip(client, Text(factor), "a.gz", progress=False)
    assert gzip.decompress(_stored(client, file_id)) == b"".join(PIECES)
    assert len(begun) == 1
    assert (begun[0] > 1) == (factor > 0.1)


def test_a_text_that_is_shorter_than_estimated_goes_up_as_a_whole(counted):
    client, begun = counted
    file_id = upload_gzip(client, Text(3.0), "a.gz", progress=False)
    assert gzip.decompress(_stored(client, file_id)) == b"".join(PIECES)
    assert begun[0] > 20
    assert begun[1:] == [1]


def test_an_error_of_the_text_is_raised_and_completes_nothing(counted):
    class Broken(Text):
        def chunks(self):
            yield from PIECES[:60]
            raise ValueError("no more")

    client, begun = counted
    with pytest.raises(ValueError, match="no more"):
        upload_gzip(client, Broken(), "a.gz", progress=False)
    assert len(begun) == 1


def test_fewer_links_than_parts_are_refused(io_client, altered, answer):
    client = altered(
        io_client, files={"post_multipart": lambda *a: answer(id=1, upload_urls=["http://x"])}
    )
    with pytest.raises(CivisUploadError, match="gave 1 URLs"):
        upload_gzip(client, Text(), "a.gz", progress=False)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_frame_that_goes_up_in_parts_comes_back(counted, kind):
    client, begun = counted
    words = [random.Random(n).randbytes(40).hex() for n in range(60_000)]
    frame = pl.DataFrame({"n": range(60_000), "word": words})
    given = frame.to_pandas() if kind == "pandas" else frame
    table = f"public.in_parts_{kind}"
    cio.dataframe_to_civis(given, "sample", table, client=client, polling_interval=0.05).result()
    assert begun[0] > 10
    back = cio.read_civis(table, "sample", return_as="polars", types="exact", client=client)
    assert back.sort("n").equals(frame)
