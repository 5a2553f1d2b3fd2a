"""Preprocessing: what is found in files of every form, and what becomes of them (9.1: 64)."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
import requests
from sqlalchemy import func, select

from civis_nb.local.runs.handlers import csv_files
from civis_nb.local.store.schema import files

pytestmark = pytest.mark.exhaustive

ROWS = "id,name,when\n1,Zoë,2026-01-02\n2,Máté,2026-01-03\n"
TYPES = {"id": "BIGINT", "name": "VARCHAR", "when": "DATE"}


@pytest.fixture
def preprocess(jobs_api, upload_to):
    """Run a preprocessing job on a content; give the run and the file that came of it."""

    def run(content, **options):
        file_id = upload_to(jobs_api.http, content)
        body = {"fileId": file_id, "inPlace": False, "detectTableColumns": True, **options}
        job = jobs_api.post("/files/preprocess/csv", body)
        started = jobs_api.post(f"/jobs/{job['id']}/runs")
        ended = jobs_api.ended(f"/jobs/{job['id']}/runs/{started['id']}") | {"jobId": job["id"]}
        outputs = jobs_api.get(f"/jobs/{job['id']}/runs/{started['id']}/outputs")
        if ended["state"] == "failed":
            assert outputs == []
            return ended, None
        (output,) = outputs
        assert output["objectType"] == "File"
        assert (output["objectId"] == file_id) == (options.get("inPlace") is not False)
        return ended, jobs_api.get(f"/files/{output['objectId']}")

    return lambda content, **options: run(content, **{"inPlace": False, **options})


def _text(file):
    content = requests.get(file["fileUrl"], timeout=30).content
    return gzip.decompress(content).decode()


def _zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.csv", content)
    return packed.getvalue()


@pytest.mark.contract("S62")
@pytest.mark.parametrize(("word", "mark"), [("comma", ","), ("tab", "\t"), ("pipe", "|")])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, _zipped], ids=["plain", "gzip", "zip"])
@pytest.mark.parametrize(
    "character_set",
    ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_all_is_found_and_the_new_file_is_gzipped_utf8(preprocess, character_set, pack, word, mark):
    text = ROWS.replace(",", mark)
    _run, file = preprocess(pack(text.encode(character_set)), forceCharacterSetConversion=True)
    info = file["detectedInfo"]
    columns = {column["name"]: column["sqlType"] for column in info.pop("tableColumns")}
    assert columns == TYPES
    assert info == {"includeHeader": True, "columnDelimiter": word, "compression": "gzip"}
    assert _text(file) == text
    assert file["name"].endswith(".csv.gz")


@pytest.mark.parametrize(
    ("content", "header", "columns"),
    [
        (b"1,a\n2,b\n", False, {"column_0": "BIGINT", "column_1": "VARCHAR"}),
        (b"a,b\n", True, {"a": "VARCHAR", "b": "VARCHAR"}),
        (b"name\nbob\nann\n", True, {"name": "VARCHAR"}),
        (b"1\n2\n", False, {"column_0": "BIGINT"}),
        (b"a,,c\n1,2,3\n", True, {"a": "BIGINT", "column_1": "BIGINT", "c": "BIGINT"}),
        (b' a ,"b, c"\n1,2\n', True, {"a": "BIGINT", "b, c": "BIGINT"}),
        (b"\n\na,b\n1,x\n", True, {"a": "BIGINT", "b": "VARCHAR"}),
        (b'a,b\r\n1,"x"\n2,"y"\r\n', True, {"a": "BIGINT", "b": "VARCHAR"}),
        (b"a,b\r1,x\r2,y\r", True, {"a": "BIGINT", "b": "VARCHAR"}),
        (b"a,b\n1,\0\n2,x\0y\n", True, {"a": "BIGINT", "b": "VARCHAR"}),
        (b"zip,code\n00501,1E5\n10001,2E1\n", True, {"zip": "VARCHAR", "code": "VARCHAR"}),
        (b"d,n\n1.50,\n22.25,\n", True, {"d": "DECIMAL(4,2)", "n": "VARCHAR"}),
        (
            b"big,f\n9223372036854775808,1e-7\n1,2.5\n",
            True,
            {"big": "DECIMAL(19,0)", "f": "DOUBLE PRECISION"},
        ),
        (
            b"b,at\ntrue,2026-01-02 03:04:05+02\nFALSE,2026-01-02 03:04:05Z\n",
            True,
            {"b": "BOOLEAN", "at": "TIMESTAMPTZ"},
        ),
    ],
)
def test_headers_names_and_types_are_found(preprocess, content, header, columns):
    _run, file = preprocess(content)
    info = file["detectedInfo"]
    assert info["includeHeader"] is header
    assert {c["name"]: c["sqlType"] for c in info["tableColumns"]} == columns
    assert _text(file).encode() == content


@pytest.mark.contract("S62")
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"includeHeader": False}, (False, "comma", ["column_0", "column_1"])),
        ({"includeHeader": True}, (True, "comma", ["a", "b c"])),
        ({"includeHeader": None, "columnDelimiter": None}, (True, "comma", ["a", "b c"])),
    ],
)
def test_what_is_told_is_taken_and_null_is_found_out(preprocess, told, expected):
    _run, file = preprocess(b"a,b c\nx,y\n", **told)
    info = file["detectedInfo"]
    names = [column["name"] for column in info["tableColumns"]]
    assert (info["includeHeader"], info["columnDelimiter"], names) == expected


def test_columns_are_looked_for_only_when_asked(preprocess):
    for told in (False, None):
        _run, file = preprocess(b"a,b\n1,x\n", detectTableColumns=told)
        assert file["detectedInfo"]["tableColumns"] == []
        assert file["detectedInfo"]["columnDelimiter"] == "comma"


@pytest.mark.parametrize("in_place", [True, None])
def test_in_place_keeps_the_file_and_its_compression(preprocess, in_place):
    plain = ROWS.encode("latin-1")
    for content, compression in ((plain, "none"), (gzip.compress(plain), "gzip")):
        _run, file = preprocess(content, inPlace=in_place)
        assert file["detectedInfo"]["compression"] == compression
        got = requests.get(file["fileUrl"], timeout=30).content
        assert (gzip.decompress(got) if compression == "gzip" else got).decode() == ROWS


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (b"\n\r\n\n", "no row"),
        (gzip.compress(ROWS.encode())[:-9], "breaks off"),
        (_zipped(ROWS.encode())[:-30], "zip"),
        (ROWS.encode("utf-16")[:-1], "utf-16"),
    ],
)
def test_what_is_no_table_fails_with_the_reason(preprocess, content, word):
    run, file = preprocess(content)
    assert (run["state"], file) == ("failed", None)
    assert word in run["error"]


def test_what_was_found_loads(jobs_api, preprocess, table_names):
    table = next(table_names)
    content = b'\r\nid|name\r\n1|\xc9ric\n2|"a\nb"\r\n'
    _run, file = preprocess(content, forceCharacterSetConversion=True)
    info = file["detectedInfo"]
    body = {
        "source": {"fileIds": [file["id"]]},
        "destination": {"schema": "public", "table": table, "remoteHostId": 1, "credentialId": 1},
        "firstRowIsHeader": info["includeHeader"],
        "loosenTypes": True,
        **{key: info[key] for key in ("columnDelimiter", "compression", "tableColumns")},
    }
    run = jobs_api.run("/imports/files/csv", jobs_api.post("/imports/files/csv", body))
    assert run["state"] == "succeeded", run["error"]
    rows = jobs_api.query(f"select * from public.{table} order by id")["resultRows"]
    assert rows == [["1", "Éric"], ["2", "a\nb"]]


def test_what_was_guessed_is_in_the_log(preprocess, jobs_api):
    run, file = preprocess(b"n,n,m\nann,berlin,x\nbob,rome,y\n")
    names = [column["name"] for column in file["detectedInfo"]["tableColumns"]]
    assert names == ["n", "n_2", "m"]
    logged = jobs_api.get(f"/jobs/{run['jobId']}/runs/{run['id']}/logs")
    warnings = [entry["message"] for entry in logged if entry["level"] == "warn"]
    assert any("taken as a header" in message for message in warnings)
    assert any('called "n_2"' in message for message in warnings)


def test_a_file_separated_by_semicolons_fails_with_that_reason(preprocess):
    run, file = preprocess(b"a;b\n1,5;2\n3,25;4\n")
    assert file is None
    assert "separated by semicolons" in run["error"]


def test_a_content_that_is_replaced_meanwhile_stays(preprocess, bare_platform, monkeypatch):
    context = bare_platform._context
    convert = csv_files.convert_to_utf8
    ids = []

    def replaced(source, *args, **kwargs):
        with context.store.read() as connection:
            ids.append(connection.scalar(select(func.max(files.c.id))))
        writer = context.files.blobs.writer()
        writer.write(b"another")
        context.files.attach(ids[0], writer.finish())
        return convert(source, *args, **kwargs)

    monkeypatch.setattr(csv_files, "convert_to_utf8", replaced)
    run, _ = preprocess(ROWS.encode("utf-16"), inPlace=True)
    assert run["state"] == "failed"
    assert "another content" in run["error"]
    assert context.files.path(ids[0]).read_bytes() == b"another"
