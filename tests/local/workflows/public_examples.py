"""Execute the example definitions of a folder on a local platform, each to its end.

``python tests/local/workflows/public_examples.py FOLDER`` takes a copy of the public repository
civisanalytics/workflows-public. Ids of the examples are replaced by those of objects made here;
what only Civis Platform or the net has is stood in for: Tableau, Google Sheets, the repository on
GitHub, and R where this machine has none. Long sleeps are shortened.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from civis_nb.local import start

_DEADLINE_S = 240
#: Examples that end otherwise than in success, and why.
OTHER_ENDS = {
    "pause.yml": ("paused", "it pauses"),
    "custom_email_notifications.yml": ("error", "one of its jobs always fails"),
    "variable_tricks.yml": ("error", "a script of it uses what it does not import"),
}
INPUTS: dict[str, dict[str, Any]] = {
    "conditional_task_execution.yml": {"table_name": "public.source_1", "database_id": 1},
    "db_syncs.yml": {
        "source_remote_host_id": 1,
        "destination_remote_host_id": 1,
        "source_schema": "public",
        "destination_schema": "public",
        "source_tables": "source_1,source_2",
        "destination_tables": "moved_1,moved_2",
    },
    "tableau_refresh_polling.yml": {"report_id": "7"},
    "testable_workflow.yaml": {"pipeline_version": "HEAD", "db_name": "sample"},
}
#: What stands in for two calls of Tableau's reports.
_REFRESHED = "type('R', (), {'json': lambda _: {}, 'tableau_refresh_job_id': 'j'})()"
_REFRESH = "type('R', (), {'state': 'succeeded', 'error': None, 'job_id': 'j'})()"
_REPLACED = [
    (r"time\.sleep\(\d+\)", "time.sleep(1)"),
    (r"timeout: \d+", "timeout: 120"),
    (r"delay: \d+", "delay: 1"),
    (r"client\.reports\.post_refresh\([^)]*\)", _REFRESHED),
    (r"client\.reports\.get_refresh\([^)]*refresh_job_id\)", _REFRESH),
    (r"from_template_id: 0", "from_template_id: {template}"),
    (r"default: 0( +# ID of the file)", r"default: {file}\1"),
    (r"my_file: 0", "my_file: {file}"),
    (r"(my_aws_credential): 0", r"\1: {aws}"),
    (r"database: 0", "database: 1"),
    (r"(credential(?:_id)?|my_\w*credential): (&\w+ )?(?:0|\d{5})\b", r"\1: \g<2>{credential}"),
    (r"(_credential_id): \d+", r"\1: {credential}"),
    (r"(remote_host_id|cluster_id): (&\w+ )?\d+", r"\1: \g<2>1"),
    (r"https://github\.com/civisanalytics/workflows-public\.git", "{folder}"),
    (
        r"INSERT INTO <% \$\.table %> VALUES \(\.\.\.\)",
        "INSERT INTO public.<% $.table %> VALUES (1)",
    ),
]


class _Platform:
    def __init__(self, folder: Path, platform: Any) -> None:
        self.client = platform.client()
        sql = "CREATE SCHEMA scratch; " + "; ".join(
            f"CREATE TABLE public.{name} (id int); INSERT INTO public.{name} VALUES (1)"
            for name in ("source_1", "source_2", "comm_data", "noncomm_data")
        )
        made = self.client.scripts.post_sql("tables", sql, 1, None)
        run = self.client.scripts.post_sql_runs(made.id)
        self._until(lambda: self.client.scripts.get_sql_runs(made.id, run.id).finished_at)
        script = self.client.scripts.post_python3(
            "script", "print(1)", params=[{"name": "my_string", "type": "string"}]
        )
        self.values = {
            "folder": str(folder),
            "file": self.client.files.post("f").id,
            "credential": self.client.credentials.post("Custom", "user", "secret").id,
            "aws": self.client.credentials.post("Amazon Web Services S3", "key", "secret").id,
            "template": self.client.templates.post_scripts(script.id, "a template").id,
        }

    @staticmethod
    def _until(condition: Any) -> None:
        deadline = time.monotonic() + _DEADLINE_S
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("It took too long.")
            time.sleep(0.1)

    def adapted(self, text: str) -> str:
        """Return a definition with what there is here."""
        for pattern, replacement in _REPLACED:
            for name, value in self.values.items():
                replacement = replacement.replace(f"{{{name}}}", str(value))
            text = re.sub(pattern, replacement, text)
        if "GdocExport" in text:
            # Google's worksheets are not to be had: each item is echoed, and nothing exported.
            exports = r"(?s)action: civis\.import(.*?\n      )input:.*"
            text = re.sub(exports, r"action: std.echo\1input: {output: <% $.class %>}\n", text)
        return text

    def execute(self, path: Path) -> tuple[str, Any]:
        """Execute an example; return its state, and the execution."""
        text = self.adapted(path.read_text(encoding="utf-8"))
        made = self.client.workflows.post(path.name, definition=text)
        if not made.valid:
            raise ValueError(made.validation_errors)
        started = self.client.workflows.post_executions(made.id, input=INPUTS.get(path.name, {}))

        def look() -> Any:
            return self.client.workflows.get_executions(made.id, started.id)

        self._until(lambda: look().mistral_state != "running")
        done = look()
        return str(done.mistral_state), done


def main(folder: Path) -> int:
    """Execute all examples of a folder; return how many did not end as they should."""
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        program = Path(place, "Rscript")
        program.write_text('#!/bin/sh\necho "a stand-in for Rscript: $(wc -l < "$1") lines"\n')
        program.chmod(0o755)
        os.environ["PATH"] += os.pathsep + place
        if not (folder / ".git").exists():
            raise SystemExit(f"{folder} is no clone of the repository.")
        with start(samples=False) as platform:
            here = _Platform(folder, platform)
            chosen = sys.argv[2:]
            for path in sorted([*folder.glob("*.yml"), *folder.glob("*/*.yaml")]):
                if chosen and path.name not in chosen:
                    continue
                state, done = here.execute(path)
                expected, reason = OTHER_ENDS.get(path.name, ("success", ""))
                wrong += state != expected
                mark = "as expected" if state == expected else f"EXPECTED {expected}"
                print(f"{path.name:36} {state:9} {mark} {reason} {done.mistral_state_info or ''}")
                for task in done.tasks:
                    if task.mistral_state == "error" and state != expected:
                        print("    ", task.name, task.mistral_state_info)
                        for run in task.runs[:1]:
                            for entry in here.client.jobs.list_runs_logs(run.job_id, run.id):
                                print("        ", entry.message)
    print("examples that ended otherwise:", wrong)
    return wrong


if __name__ == "__main__":
    subprocess.run(["git", "--version"], check=True, capture_output=True)
    sys.exit(main(Path(sys.argv[1]).resolve()))
