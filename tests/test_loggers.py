from __future__ import annotations

import logging
import subprocess
import sys

import pytest

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
