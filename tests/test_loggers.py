from __future__ import annotations

import ast
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

import civis_nb
from civis_nb import civis_logger


@pytest.fixture
def logger_name(request, monkeypatch):
    monkeypatch.delenv("CIVIS_LOG_LEVEL", raising=False)
    yield f"test.{request.node.name}"
    logging.getLogger(f"test.{request.node.name}").handlers.clear()


def write(logger):
    for level in ("debug", "info", "warning", "error"):
        getattr(logger, level)(level)


def test_warnings_go_to_stderr_and_the_rest_to_stdout(logger_name, capsys):
    write(civis_logger(logger_name))
    assert capsys.readouterr() == ("info\n", "warning\nerror\n")


def test_levels_between_info_and_warning_go_to_stderr(logger_name, capsys):
    logger = civis_logger(logger_name)
    logger.log(logging.INFO, "info")
    logger.log(logging.INFO + 1, "more")
    assert capsys.readouterr() == ("info\n", "more\n")


def test_asking_twice_writes_once(logger_name, capsys):
    civis_logger(logger_name)
    write(civis_logger(logger_name, level="DEBUG", fmt="%(levelname)s %(message)s"))
    out, err = capsys.readouterr()
    assert out == "DEBUG debug\nINFO info\n"
    assert err == "WARNING warning\nERROR error\n"


@pytest.mark.parametrize("level", ["warning", "WARNING", 30, "30"])
def test_level_by_name_and_number(logger_name, capsys, level):
    write(civis_logger(logger_name, level=level))
    assert capsys.readouterr() == ("", "warning\nerror\n")


def test_level_from_the_environment(logger_name, monkeypatch):
    monkeypatch.setenv("CIVIS_LOG_LEVEL", "ERROR")
    assert civis_logger(logger_name).level == logging.ERROR
    assert civis_logger(logger_name, level="DEBUG").level == logging.DEBUG


def test_unknown_level_is_refused(logger_name):
    with pytest.raises(ValueError, match="nonsense"):
        civis_logger(logger_name, level="nonsense")


def test_without_a_name_it_is_the_root_logger():
    code = "from civis_nb import civis_logger; civis_logger().info('hello')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("hello\n", "")


PACKAGE = Path(civis_nb.__file__).parent
#: Programs of their own, whose output is what they are for.
PROGRAMS = ("cli", "remote/worker.py", "local/runner/supervisor.py")
#: The user's logger; those of other packages, to hide secrets in their lines, or to silence them.
OTHERS_LOGGERS = {"loggers.py", "transport/pool.py", "local/warehouse/redshift/translate.py"}
#: Progress, for a person who watches; not in a log.
DISPLAYS = {"display/screens.py"}


def _calls(name):
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        if not where.startswith(PROGRAMS):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in name:
                    yield where, node


def test_the_library_logs_under_its_own_name():
    found = list(_calls({"logging.getLogger", "getLogger"}))
    assert len(found) > 15
    wrong = [
        f"{where}: {ast.unparse(call)}"
        for where, call in found
        if where not in OTHERS_LOGGERS
        and not re.match(r"logging\.getLogger\((__name__|'civis_nb\..*')\)", ast.unparse(call))
    ]
    assert not wrong


def test_the_library_never_prints():
    found = {where for where, _ in _calls({"print", "sys.stdout.write", "sys.stderr.write"})}
    assert found == DISPLAYS


@pytest.mark.exhaustive
def test_nothing_is_printed_at_work_and_every_line_of_a_log_has_our_name(tmp_path):
    code = """
import io, logging, civis_nb as civis

seen = []
class Keep(logging.Handler):
    def emit(self, record):
        seen.append(record.name)
logging.getLogger().addHandler(Keep())
logging.getLogger("civis_nb").setLevel("DEBUG")
with civis.local.start() as platform:
    client = platform.client()
    frame = civis.io.read_civis("public.anes96", "sample", return_as="pandas", client=client)
    civis.io.dataframe_to_civis(frame, "sample", "public.copy", client=client).result()
    civis.io.file_to_civis(io.BytesIO(b""), "empty", client=client)
    script = client.scripts.post_python3(name="fails", source="1 / 0")
    try:
        civis.utils.run_job(script.id, client=client).result()
    except civis.errors.CivisJobFailure:
        pass
    assert civis.run(abs, -1, client=client).result() == 1
assert seen and all(name.startswith("civis_nb.") for name in seen), seen
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
