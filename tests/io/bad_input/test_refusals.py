"""What only the machine or the platform knows: no more than questions is sent, nothing changes."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import pytest

import civis_nb.io as cio
from civis_nb.errors import CivisAPIError, CivisError, CivisInputError
from tests.io.bad_input.conftest import DB, FRAME, NOBODY, refused

pytestmark = pytest.mark.exhaustive


def _as_nobody(call):
    """Return the exception that a call raises for a user without rights."""
    if os.geteuid() != 0:
        try:
            call()
        except BaseException as error:
            return type(error).__name__
        return "none"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        said = "none"
        try:
            call()
        except BaseException as error:
            said = type(error).__name__
        os.write(writing, said.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        return pipe.read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="rights are those of Unix")
def test_no_permission_on_this_machine():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "file").write_text("a\n1\n")
        (folder / "open").mkdir()
        (folder / "open" / "kept").write_text("old")
        (folder / "open").chmod(0o777)
        for path, mode in (
            (folder / "open" / "kept", 0o444),
            (folder / "file", 0),
            (folder, 0o555),
        ):
            path.chmod(mode)
        calls = [
            lambda: cio.csv_to_civis(folder / "file", DB, "a.b", client=NOBODY),
            lambda: cio.file_to_civis(folder / "file", client=NOBODY),
            lambda: cio.civis_to_csv(folder / "new", "select 1", DB, client=NOBODY),
            lambda: cio.civis_to_file(1, folder / "new", client=NOBODY),
            lambda: cio.civis_to_csv(folder / "open" / "kept", "select 1", DB, client=NOBODY),
            lambda: cio.civis_to_file(1, folder / "open" / "kept", client=NOBODY),
        ]
        assert [_as_nobody(call) for call in calls] == ["PermissionError"] * len(calls)
        folder.chmod(0o755)
        assert (folder / "open" / "kept").read_text() == "old"


@pytest.fixture
def kept(io_client):
    """Return a table, and see that it is unchanged at the end."""
    table = "public.bad_input"
    options = {"client": io_client, "polling_interval": 0.02}
    cio.dataframe_to_civis(FRAME, DB, table, existing_table_rows="drop", **options).result()
    yield table
    assert cio.read_civis(table, DB, **options) == [["a", "b"], ["1", "x"]]


@pytest.mark.parametrize("database", ["nosuch", 999999, None, "", 1.5, [1]])
def test_databases_that_there_are_not(io_client, altered, kept, database):
    silent = altered(io_client, files=None, imports=None)
    for call in (
        lambda: cio.dataframe_to_civis(FRAME, database, kept, client=silent),
        lambda: cio.csv_to_civis(__file__, database, kept, client=silent),
        lambda: cio.civis_file_to_table(1, database, kept, client=silent),
        lambda: cio.query_civis("select 1", database, client=io_client),
        lambda: cio.read_civis_sql("select 1", database, client=io_client),
        lambda: cio.transfer_table(database, DB, "a.b", kept, client=io_client).result(),
        lambda: cio.transfer_table(DB, database, kept, "a.b", client=io_client).result(),
    ):
        if database == 999999:
            with pytest.raises((CivisError, AttributeError)):  # an id is for the platform to know
                call()
        else:
            with pytest.raises(CivisInputError, match="atabase"):
                call()


def test_frame_with_other_columns_than_the_table(io_client, altered, kept):
    silent = altered(io_client, files=None, imports=None)
    frame = FRAME.rename(columns={"b": "c"})
    for mode in ("append", "truncate", "upsert"):
        options = {"existing_table_rows": mode, "primary_keys": ["a"], "client": silent}
        refused(lambda o=options: cio.dataframe_to_civis(frame, DB, kept, **o), "no column 'c'")


@pytest.mark.parametrize("mode", ["append", "truncate", "drop"])
def test_rows_that_do_not_fit_change_nothing(io_client, kept, tmp_path, mode):
    options = {"existing_table_rows": mode, "client": io_client, "polling_interval": 0.02}
    columns = [{"name": "a", "sql_type": "INTEGER"}, {"name": "b", "sql_type": "VARCHAR(9)"}]
    (tmp_path / "a.csv").write_text("a,b\n2,y\nno number,z\n")
    with pytest.raises(CivisError, match="no number"):
        cio.csv_to_civis(
            tmp_path / "a.csv", DB, kept, headers=True, table_columns=columns, **options
        ).result()


@pytest.mark.contract("C43")
@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a,b\n1,x\n", "a,b,c\n1,x,y\n"], "columns|has not"),
        (["a,b\n1,x\n", "a|b\n1|x\n"], "delimiter"),
        (["a,b\n1,x\n", "2,y\n"], "header"),
        (["a,b\n1,x\n", "a,b\n2020-01-01,y\n"], "types"),
    ],
)
def test_files_that_disagree(io_client, kept, texts, said):
    ids = [cio.file_to_civis(io.BytesIO(t.encode()), "a.csv", client=io_client) for t in texts]
    for mode in ("drop", "append"):
        options = {"existing_table_rows": mode, "client": io_client, "polling_interval": 0.02}
        if mode == "append" and said == "types":
            continue  # the table says the types
        with pytest.raises(CivisError, match=said):
            cio.civis_file_to_table(ids, DB, kept, **options).result()


def test_file_of_somebody_else(io_platform, io_client, kept):
    with pytest.raises(CivisAPIError):
        cio.civis_file_to_table(
            999999, DB, kept, existing_table_rows="drop", client=io_client
        ).result()
