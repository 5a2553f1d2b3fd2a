"""Every combination of csv_settings, read back byte by byte."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest
import requests

pytestmark = pytest.mark.exhaustive

DELIMITERS = {"comma": ",", "tab": "\t", "pipe": "|"}
SQL = (
    "select 1 as a, 'x,|\t\"y' as \"b,\"\"c\", null as d, '' as e, 'l1\nl2' as f,"
    " 1.50::decimal(9,2) as g union all select 2, 'z', 'w', null, 'é', null order by 1"
)
NAMES = ["a", 'b,"c', "d", "e", "f", "g"]
#: Texts stand in quotes, so that '' is not NULL; what is no text is bare.
QUOTED = [
    ["1", '"x,|\t""y"', "", '""', '"l1\nl2"', "1.50"],
    ["2", '"z"', '"w"', "", '"é"', ""],
]
BARE = [["1", 'x,|\t"y', "", "", "l1\nl2", "1.50"], ["2", "z", "w", "", "é", ""]]


def _plain(content: bytes, compression: str) -> str:
    if compression == "gzip":
        return gzip.decompress(content).decode()
    if compression == "zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            (name,) = archive.namelist()
            return archive.read(name).decode()
    return content.decode()


def _content(url: str) -> bytes:
    answer = requests.get(url, timeout=30)
    assert answer.status_code == 200
    assert "Authorization" not in answer.request.headers
    return answer.content


def _expected(delimiter: str, *, header: bool, unquoted: bool) -> str:
    names = NAMES if unquoted else ['"' + name.replace('"', '""') + '"' for name in NAMES]
    rows = ([names] if header else []) + (BARE if unquoted else QUOTED)
    return "".join(DELIMITERS[delimiter].join(row) + "\n" for row in rows)


@pytest.mark.contract("S35", "S36", "S37")
@pytest.mark.parametrize("unquoted", [False, True])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("compression", ["gzip", "zip", "none"])
@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_settings_make_the_bytes(jobs_api, delimiter, compression, header, unquoted):
    settings = {
        "column_delimiter": delimiter,
        "compression": compression,
        "include_header": header,
        "unquoted": unquoted,
    }
    run = jobs_api.run_sql(SQL, csvSettings=settings)
    (output,) = run["output"]
    text = _plain(_content(output["path"]), compression)
    assert text == _expected(delimiter, header=header, unquoted=unquoted)
    suffix = {"gzip": ".csv.gz", "zip": ".csv.zip", "none": ".csv"}[compression]
    assert output["outputName"].endswith(suffix)
    info = jobs_api.get(f"/files/{output['fileId']}")["detectedInfo"]
    assert {name: info[name] for name in ("includeHeader", "columnDelimiter", "compression")} == {
        "includeHeader": header,
        "columnDelimiter": delimiter,
        "compression": compression,
    }


@pytest.mark.contract("S38")
@pytest.mark.parametrize("unquoted", [False, True])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(
    ("compression", "delimiter"), [("gzip", "comma"), ("zip", "tab"), ("none", "pipe")]
)
def test_manifests_tell_what_their_parts_are(jobs_api, delimiter, compression, header, unquoted):
    settings = {
        "forceMultifile": True,
        "filenamePrefix": "part/of",
        "columnDelimiter": delimiter,
        "compression": compression,
        "includeHeader": header,
        "unquoted": unquoted,
    }
    run = jobs_api.run_sql(SQL + " ;", csvSettings=settings)
    (output,) = run["output"]
    manifest = json.loads(_content(output["path"]))
    entries = manifest.pop("entries")
    told = {"query": SQL + " ;", "delimiter": DELIMITERS[delimiter], "compression": compression}
    assert manifest == {**told, "unquoted": unquoted, **({"header": NAMES} if header else {})}
    text = ""
    for entry in entries:
        assert set(entry) == {"id", "name", "size", "url", "url_signed"}
        content = _content(entry["url_signed"])
        assert len(content) == entry["size"] == jobs_api.get(f"/files/{entry['id']}")["fileSize"]
        assert entry["name"].startswith("part_of")
        text += _plain(content, compression)
    assert text == _expected(delimiter, header=False, unquoted=unquoted)


@pytest.mark.contract("S38")
@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_parts_are_no_larger_than_asked_and_cut_between_rows(jobs_api, compression):
    sql = "select i, 'two\nlines, \"quoted\"' as t from generate_series(0, 149999) r(i) order by i"
    settings = {"forceMultifile": True, "maxFileSize": 1, "compression": compression}
    run = jobs_api.run_sql(sql, csvSettings=settings)
    entries = json.loads(_content(run["output"][0]["path"]))["entries"]
    parts = [_plain(_content(entry["url_signed"]), compression) for entry in entries]
    row = len('149999,"two\nlines, ""quoted"""\n')
    assert len(parts) > 3
    assert all(len(part) <= 1_000_000 + row for part in parts)
    assert all(part.endswith('"\n') and part[0].isdigit() for part in parts)
    whole = "".join(f'{i},"two\nlines, ""quoted"""\n' for i in range(150_000))
    assert "".join(parts) == whole
    assert len({entry["name"] for entry in entries}) == len(entries)


def test_without_force_multifile_there_is_one_file_of_any_size(jobs_api):
    settings = {"maxFileSize": 1, "compression": "none", "includeHeader": False}
    run = jobs_api.run_sql(
        "select i from generate_series(0, 399999) t(i) order by i", csvSettings=settings
    )
    text = _content(run["output"][0]["path"]).decode()
    assert text.splitlines() == [str(i) for i in range(400_000)]


@pytest.mark.contract("S34")
@pytest.mark.parametrize("multifile", [False, True])
@pytest.mark.parametrize("sql", ["select 1 as a where false", "create temp table no_rows (a int)"])
def test_no_rows_are_no_output_in_either_form(jobs_api, sql, multifile):
    run = jobs_api.run_sql(sql, csvSettings={"forceMultifile": multifile})
    assert (run["state"], run["output"]) == ("succeeded", [])


ENDS = ["", ";", " ; \n", ";;", "; -- the end", '\n-- it\'s; not "over"\n;', "/* ; */"]


@pytest.mark.contract("S39")
@pytest.mark.parametrize("multifile", [False, True])
@pytest.mark.parametrize("end", ENDS)
def test_whatever_ends_the_sql_is_no_part_of_it(jobs_api, end, multifile):
    settings = {"compression": "none", "forceMultifile": multifile, "includeHeader": False}
    run = jobs_api.run_sql(f"select ';' as a{end}", csvSettings=settings)
    content = _content(run["output"][0]["path"])
    if multifile:
        content = _content(json.loads(content)["entries"][0]["url_signed"])
    assert content == b'";"\n'


def test_only_the_last_result_set_is_exported(jobs_api):
    sql = "create temp table two (a int); insert into two values (5); select 1 as b; "
    sql += "select * from two; drop table two;"
    run = jobs_api.run_sql(sql, csvSettings={"compression": "none"})
    assert _content(run["output"][0]["path"]) == b'"a"\n5\n'
