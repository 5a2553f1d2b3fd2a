"""Where tools for tables and files lose, change or hang: what shows that this one does not.

The tests below are those that are nowhere else; `SHOWN` names the tests of every fault.
"""

from __future__ import annotations

import gzip
import io
import json
import traceback
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
import requests

import civis_nb.io as cio
from civis_nb.errors import CivisClientError, CivisDownloadError, CivisJobFailure

_TESTS = Path(__file__).parents[1]
_DOWNLOAD = "transfer/test_download.py"
_UPLOAD = "transfer/test_upload.py"
_MATRIX = "transfer/test_fault_matrix.py::test_right_data_or_a_clear_error"
_WALK = "io/test_walk.py"
_EXACT = "io/reading/test_exactness.py"
_BAD = "io/test_bad_input.py"
_OPTIONS = "io/writing/test_csv_options.py"
_HERE = "io/test_known_faults.py"
_FUTURE = "futures/test_future.py"
_RAW = "transport/test_raw_answers.py"
_RETRY = "transport/test_retry.py"

#: Fault -> the tests that show that it is none here, as ``file::function`` below tests.
SHOWN: dict[str, tuple[str, ...]] = {
    # transfers
    "a download ends early, with neither a length nor chunks": (
        _MATRIX,
        f"{_DOWNLOAD}::test_cut_download_without_length_is_seen_by_the_file_size",
        f"{_DOWNLOAD}::test_missing_last_chunk_is_seen",
    ),
    "an object is shorter than it should be": (_MATRIX, f"{_DOWNLOAD}::test_short_object_raises"),
    "a gzip trailer is wrong or missing": (_MATRIX, f"{_HERE}::test_members_of_a_gzip_file"),
    "a drop with Content-Length": (
        _MATRIX,
        f"{_DOWNLOAD}::test_cut_download_goes_on_where_it_broke",
        f"{_DOWNLOAD}::test_cut_download_starts_again_without_ranges",
    ),
    "an upload of which the store kept half": (
        _MATRIX,
        f"{_WALK}::test_upload_of_which_half_was_kept_raises",
        f"{_UPLOAD}::test_a_part_that_was_stored_wrong_is_repeated",
    ),
    "an upload from a buffer that was read before, or just written": (
        f"{_UPLOAD}::test_buffers_are_sent_from_their_beginning",
    ),
    "an export of two files of which one is read": (
        f"{_WALK}::test_two_outputs_of_one_export_are_both_read",
    ),
    "an API call that gets no answer": (
        "transport/test_session.py::test_request_that_gets_no_answer_times_out",
    ),
    "a download that stalls half way": (_MATRIX, f"{_DOWNLOAD}::test_stalled_download_is_resumed"),
    "result(timeout=1) that takes longer": (
        f"{_FUTURE}::test_result_honours_its_timeout_and_says_that_the_run_goes_on",
        f"{_FUTURE}::test_timeout_does_not_wait_for_a_look_that_hangs",
    ),
    "a POST that is done twice": (
        _MATRIX,
        "client/test_recover.py::test_job_that_was_made_is_found_by_name_and_not_made_again",
        "client/test_recover.py::test_run_that_was_started_is_not_started_again",
    ),
    "an API GET that is given up after one failure": (
        _MATRIX,
        f"{_RETRY}::test_answer_is_asked_for_again",
        f"{_RETRY}::test_broken_connection_is_repeated_where_that_is_safe",
        f"{_RAW}::test_cut_or_garbled_answer_of_a_get_is_asked_for_again",
    ),
    "a download that is given up after one 429, 503 or reset": (
        _MATRIX,
        f"{_DOWNLOAD}::test_passing_server_errors_are_survived",
        f"{_DOWNLOAD}::test_reset_connection_is_survived",
    ),
    "an expired link": (
        _MATRIX,
        f"{_DOWNLOAD}::test_expired_link_is_asked_for_again_once",
        f"{_DOWNLOAD}::test_link_that_expires_half_way_is_renewed",
    ),
    "a character split between two chunks": (
        f"{_WALK}::test_large_cell_and_accents_across_chunks",
        "io/reading/test_parsing.py::test_rows_are_those_of_the_csv_module",
    ),
    "a signature in an error": ("transfer/test_presigned_secrets.py::test_failed_transfer",),
    "a signature in a debug log": (
        "transfer/test_presigned_secrets.py::test_failed_transfer",
        "transport/test_session.py::test_signatures_are_masked_in_debug_logs",
    ),
    "one lock around all requests": (
        "client/test_process.py::test_threads_do_not_wait_for_each_others_retries",
        "transport/test_session.py::test_other_threads_do_not_wait_for_a_slow_call",
    ),
    "a sleep when a run fails without a message": (
        "futures/test_failures.py::test_no_error_and_no_log_says_so",
    ),
    "a cancel that loses the run": (
        "futures/test_cancel_and_retry.py::test_cancel_ends_the_future_when_the_run_ends",
    ),
    # values, names and states
    "text 00501 becomes a number": (
        f"{_WALK}::test_exact_values_from_the_database",
        "io/test_round_trips.py::test_pandas_frames",
        "io/reading/test_parsing.py::test_inferred_kinds",
    ),
    "text 1E5 becomes a number": (
        f"{_WALK}::test_exact_values_from_the_database",
        "io/reading/test_parsing.py::test_inference_loses_nothing",
    ),
    "integers past 2^53 beside NULL": (
        f"{_WALK}::test_exact_values_from_the_database",
        f"{_EXACT}::test_value_of_a_type_keeps_every_digit",
    ),
    "digits of decimals": (
        f"{_WALK}::test_exact_values_from_the_database",
        f"{_EXACT}::test_column_with_a_value_that_does_not_fit_is_text_and_the_others_are_not",
    ),
    "'', 'NA', 'null' and NULL are one": (
        f"{_HERE}::test_words_for_nothing_and_nothing_stay_apart",
        f"{_OPTIONS}::test_what_is_on_the_way_only_changes_no_value_of_pandas",
    ),
    "booleans and timestamps become text": (f"{_WALK}::test_exact_values_from_the_database",),
    "integers, then text, for polars": (f"{_WALK}::test_rows_without_end_of_numbers_then_text",),
    "a cell of 200 kB": (f"{_WALK}::test_large_cell_and_accents_across_chunks",),
    "a column with a comma in its name": (f"{_WALK}::test_names_that_need_quotes",),
    "two columns of one name": (f"{_WALK}::test_columns_of_one_name", f"{_BAD}::test_frames"),
    "a table's name with a space": (f"{_WALK}::test_unquoted_name_with_a_space_is_that_table",),
    "columns are appended by position": (f"{_WALK}::test_appended_columns_are_matched_by_name",),
    "header=False, or another separator": (
        f"{_WALK}::test_options_of_the_writers_lose_nothing",
        f"{_OPTIONS}::test_what_is_on_the_way_only_changes_no_value_of_polars",
    ),
    "table_columns with names only": (
        f"{_WALK}::test_table_columns_with_names_only_give_the_names",
        f"{_HERE}::test_names_without_types_count_for_files_too",
    ),
    "a name with # ? / % in the address": (
        "client/test_calls.py::test_path_values_are_encoded_whole",
        f"{_HERE}::test_any_character_in_the_name_of_a_table",
    ),
    "a failed download overwrites a file": (
        _MATRIX,
        f"{_DOWNLOAD}::test_failed_download_leaves_the_old_file",
    ),
    "one failure while polling ends the future": (
        f"{_FUTURE}::test_failed_look_does_not_fail_the_future",
        f"{_FUTURE}::test_failed_look_with_retries_starts_no_second_run",
    ),
    "a callback that fails, and succeeded() is True": (
        f"{_FUTURE}::test_work_after_the_run_belongs_to_the_future",
        f"{_HERE}::test_download_that_fails_is_a_future_that_fails",
    ),
    "failed preprocessing says nothing of the reason": (
        f"{_HERE}::test_failed_preparation_says_why",
    ),
    "polling_interval that is not used for every wait": (
        f"{_FUTURE}::test_fixed_interval_is_used_for_every_wait",
    ),
    "keys of users' data are renamed": (
        "client/test_response.py::test_keys_of_the_users_own_data_stay_as_they_are",
        f"{_WALK}::test_files_and_values",
    ),
    "an error in the middle of a listing": (
        "client/test_pages.py::test_error_is_raised_again_until_it_goes_on",
    ),
    "error bodies of any kind, 401 without a challenge, used-up retries": (
        f"{_RAW}::test_error_says_what_the_server_said",
        "transport/test_session.py::test_401_is_a_key_error_without_a_challenge",
        f"{_RETRY}::test_used_up_retries_give_the_last_answer",
    ),
    "the repr of a future asks the platform": (f"{_FUTURE}::test_repr_is_stable_and_asks_nobody",),
    "the key can be reached": (
        "transport/test_secrets.py::test_nothing_that_can_be_reached_by_name_holds_the_key",
        "transport/test_secrets.py::test_failed_call_shows_no_key",
    ),
    # what a client owes to the protocol, where data is moved
    "uploads in one piece and in parts": (
        f"{_UPLOAD}::test_part_rule",
        f"{_UPLOAD}::test_parts_arrive_in_order",
        f"{_WALK}::test_large_file_goes_up_in_parts",
    ),
    "fields of a form: verbatim, key first, file last": (
        f"{_UPLOAD}::test_form_is_as_the_store_wants_it",
    ),
    "parts are repeated alone": (f"{_UPLOAD}::test_a_part_is_repeated_alone",),
    "a file without content": (f"{_WALK}::test_file_without_content",),
    "an export without output": (f"{_WALK}::test_zero_rows",),
    "types are detected only where that is needed": (
        f"{_HERE}::test_types_are_detected_only_for_new_tables_without_types",
    ),
    "files that disagree": (f"{_BAD}::test_files_that_disagree",),
    "names in quotes, and of three parts": (
        f"{_BAD}::test_names_of_tables",
        "test_table_names.py::test_quoted_names_are_split_again",
    ),
}

DB = "sample"


@pytest.mark.parametrize("fault", SHOWN)
def test_the_tests_of_a_fault_exist(fault, is_a_test):
    assert SHOWN[fault]
    assert [name for name in SHOWN[fault] if not is_a_test(_TESTS, name)] == []


@pytest.fixture
def given(io_client):
    return {"client": io_client, "polling_interval": 0.02}


WORDS = ["", "NA", "N/A", "null", "NULL", "None", "nan", "NaN", "#N/A", "<NA>", "\\N", "-", None]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_words_for_nothing_and_nothing_stay_apart(given, kind):
    table = f"public.words_{kind.__module__.split('.')[0]}"
    frame = kind({"n": range(len(WORDS)), "word": WORDS})
    cio.dataframe_to_civis(frame, DB, table, **given).result()
    sql = f"select * from {table} order by n"
    rows = cio.read_civis_sql(sql, DB, types="exact", **given)
    assert [row[1] for row in rows[1:]] == WORDS
    frames = {
        kind: cio.read_civis_sql(sql, DB, kind, types="exact", **given)["word"]
        for kind in ("pandas", "polars")
    }
    assert frames["polars"].to_list() == WORDS
    assert [None if pd.isna(word) else word for word in frames["pandas"]] == WORDS
    assert cio.read_civis_sql(sql, DB, "arrow", **given)["word"].to_pylist() == WORDS


NAMES = ["a#b?c/d%e&f=g +h;i'j", 'a.b""c', "%2F", "é漢😀", "a\nb", "--", "{{x}}", "select", "1"]


@pytest.mark.parametrize("name", NAMES)
def test_any_character_in_the_name_of_a_table(given, name):
    table = f'public."{name}"'
    cio.dataframe_to_civis(pd.DataFrame({"a": ["007"]}), DB, table, **given).result()
    assert cio.read_civis(table, DB, types="exact", **given) == [["a"], ["007"]]
    with pytest.raises(ValueError, match="exists"):
        cio.dataframe_to_civis(pd.DataFrame({"a": ["008"]}), DB, table, **given)
    more = pd.DataFrame({"A": ["008"]})
    cio.dataframe_to_civis(more, DB, table, existing_table_rows="append", **given).result()
    rows = cio.read_civis(table, DB, ["a"], types="exact", **given)
    assert sorted(rows[1:]) == [["007"], ["008"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "no row"),
        (gzip.compress(b"a,b\n1,2\n" * 100)[:-9], "gzip"),
        (b"PK\3\4 no zip", "zip"),
    ],
)
def test_failed_preparation_says_why(given, content, said):
    file_id = cio.file_to_civis(io.BytesIO(content), "a.csv", client=given["client"])
    with pytest.raises(CivisJobFailure, match=said):
        cio.civis_file_to_table(file_id, DB, "public.not_prepared", **given).result()


def test_members_of_a_gzip_file(given, altered, answer):
    whole = gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2,y\n") + gzip.compress(b"")
    client = given["client"]
    for content, rows in ((whole, 2), (whole[:-20] + whole[-20:-4] + b"\1\0\0\0", None)):
        file_id = cio.file_to_civis(io.BytesIO(content), "a.csv.gz", client=client)
        url = client.files.get(file_id).file_url
        output = answer(file_id=file_id, path=url, output_name="x")
        run = answer(id=1, state="succeeded", output=[output])
        other = altered(client, scripts={"get_sql_runs": lambda *ids, run=run: run})
        for kind in ("list", "pandas", "polars", "arrow"):
            if rows is None:
                with pytest.raises(CivisDownloadError, match="file"):
                    cio.read_civis_sql("select 1", DB, kind, client=other)
            else:
                found = cio.read_civis_sql("select 1", DB, kind, client=other)
                assert len(found) == rows + (kind == "list")


def test_names_without_types_count_for_files_too(given):
    file_id = cio.file_to_civis(io.BytesIO(b"a,b\n007,x\n"), "a.csv", client=given["client"])
    columns = [{"name": "Code"}, {"name": "last,first"}]
    table = "public.named_columns"
    cio.civis_file_to_table(file_id, DB, table, table_columns=columns, **given).result()
    assert cio.read_civis(table, DB, **given)[0] == ["Code", "last,first"]


def test_types_are_detected_only_for_new_tables_without_types(given, altered):
    client, asked = given["client"], []

    def post(*args, **options):
        asked.append(options["detect_table_columns"])
        return client.files.post_preprocess_csv(*args, **options)

    watched = {**given, "client": altered(client, files={"post_preprocess_csv": post})}
    file_id = cio.file_to_civis(io.BytesIO(b"a\n1\n"), "a.csv", client=client)
    typed = [{"name": "a", "sql_type": "INTEGER"}]
    for options, expected in (
        ({}, True),
        ({"existing_table_rows": "append"}, False),
        ({"existing_table_rows": "drop"}, True),
        ({"existing_table_rows": "drop", "table_columns": typed}, False),
        ({"existing_table_rows": "drop", "table_columns": [{"name": "a"}]}, True),
    ):
        cio.civis_file_to_table(file_id, DB, "public.detected", **watched, **options).result()
        assert asked.pop() is expected, options


def test_download_that_fails_is_a_future_that_fails(given, tmp_path):
    target = tmp_path / "folder" / "out.csv"
    target.parent.mkdir()
    future = cio.civis_to_csv(target, "select i from range(10) t(i)", DB, **given)
    target.parent.rmdir()
    with pytest.raises(OSError, match="out"):
        future.result()
    assert future.failed()
    assert not future.succeeded()


def test_manifest_shows_no_signature_and_its_links_work(given):
    sql = "select i from range(3) t(i)"
    manifest = cio.civis_to_multifile_csv(sql, DB, **given)
    links = [entry["url_signed"] for entry in manifest["entries"]]
    for link in links:
        signature = link.rpartition("signature=")[2]
        assert len(signature) > 20
        assert signature not in repr(manifest)
        assert requests.get(link, timeout=30).text == "0\n1\n2\n"
    assert json.loads(json.dumps(manifest)) == manifest


@pytest.mark.parametrize(
    "content",
    [b"no json", b"[]", b'{"entries": 5}', b'{"x": 1}', b'{"entries": ["signature=s3cret"]}'],
)
def test_manifest_that_is_none(given, altered, answer, content):
    file_id = cio.file_to_civis(io.BytesIO(content), "manifest.json", client=given["client"])
    run = answer(id=1, state="succeeded", output=[answer(file_id=file_id)])
    other = altered(given["client"], scripts={"get_sql_runs": lambda *ids: run})
    with pytest.raises(CivisClientError, match="is no manifest") as caught:
        cio.read_civis_sql("select 1", DB, client=other, parallel=True)
    assert caught.value.__context__ is None
    frames = traceback.walk_tb(caught.value.__traceback__.tb_next)  # the test's own knows it
    told = traceback.StackSummary.extract(frames, capture_locals=True).format()
    assert "s3cret" not in "".join([*told, str(caught.value)])
