"""A shell script that was written for ``civis`` does the same when that is ``civis-nb``."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.exhaustive

SCRIPT = """
set -e
field() { "$PYTHON" -c "import json, sys; print(json.load(sys.stdin)['$1'])"; }
project=$(civis projects post "a name" "a description" --json-output | field id)
civis projects get $project | grep -E '^(name|description|archived|note):'
civis projects put "$project" --note "changed: yes" > /dev/null
civis projects get $project | grep '^note'
civis projects put-archive $project true > /dev/null
civis projects get "$project" --json-output | field archived
civis projects list --archived true --limit 1 | grep -c '^- '
printf 'one,two\\n1,2\\n' > data.csv
file=$(civis files upload data.csv --name 'my data.csv')
civis files get $file | grep '^name'
civis files download $file copy.csv
cmp data.csv copy.csv
printf -- '- {name: day, type: string}\\n' > params.yaml
form="--params params.yaml --json-output"
script=$(civis scripts post-sql 1 'by day' 1 'select :day' $form | field id)
civis scripts get-sql $script | grep -A9 '^params'
civis scripts get-sql 987654321 2> said || echo "ended with $?, $(grep -c 987654321 said)"
civis scripts get-sql 2> /dev/null || echo "ended with $?"
civis sql -d sample -c "select 'x' as a, null as b" 2> /dev/null
civis sql -d sample -q -o out.csv -c 'select 1 as a, 2 as b'
cat out.csv
echo 'select 3 as piped' | civis sql -d sample 2> /dev/null
"""


def _output(module, platform, folder):
    folder.mkdir()
    script = f'civis() {{ "$PYTHON" -c "from {module} import main; main()" "$@"; }}\n{SCRIPT}'
    variables = {
        "CIVIS_API_ENDPOINT": platform.endpoint,
        "CIVIS_API_KEY": str(platform.api_key),
        "HOME": str(folder),  # where the official command keeps its specification
        "PYTHON": sys.executable,
    }
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, env={**os.environ, **variables},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
def test_the_script_prints_the_same(platform, tmp_path):
    pytest.importorskip("civis")
    theirs = _output("civis.cli.__main__", platform, tmp_path / "theirs")
    ours = _output("civis_nb.cli", platform, tmp_path / "ours")
    assert ours == theirs
    assert "ended with 1, 1\nended with 2\n" in ours
