"""What the panel of jobs asks its server."""

from __future__ import annotations

from typing import Any, Final

from tornado import web

from civis_nb.display.log_lines import LEVELS
from civis_nb.display.log_parts import found_in, lines_between, text_of
from civis_nb.errors import CivisInputError
from civis_nb.lab.events import Feeds
from civis_nb.lab.http import Handler, allowed, whole_number
from civis_nb.lab.jobs.panel import SCOPES, Jobs

__all__ = ["JobHandler", "JobsHandler", "LogHandler", "RunHandler", "RunsHandler"]

_LONGEST_TEXT: Final = 500


class _OfJobs(Handler):
    def initialize(self, jobs: Jobs, feeds: Feeds) -> None:
        self._jobs = jobs
        self._feeds = feeds


class JobsHandler(_OfJobs):
    """A page of jobs: ``jobs?scope=mine&page=1&text=``."""

    @allowed("read")
    async def get(self) -> None:
        """Answer with the page."""
        scope = self.get_query_argument("scope", "mine")
        if scope not in SCOPES:
            raise web.HTTPError(400, f"scope is one of {', '.join(SCOPES)}.")
        text = self.get_query_argument("text", "")
        if len(text) > _LONGEST_TEXT:
            raise web.HTTPError(400, f"text must be of at most {_LONGEST_TEXT} characters.")
        page = whole_number("page", self.get_query_argument("page", "1"), least=1)
        await self.reply(self._jobs.page, scope, page, text)


class JobHandler(_OfJobs):
    """A job with its parameters: ``jobs/ID``."""

    @allowed("read")
    async def get(self, job: str) -> None:
        """Answer with the job."""
        await self.reply(self._jobs.details, whole_number("The job's id", job))


class RunsHandler(_OfJobs):
    """The runs of a job: ``jobs/ID/runs``."""

    @allowed("write")
    async def post(self, job: str) -> None:
        """Start a run, with ``{arguments: {…}}`` of a copy of the job; answer with what it is."""
        job_id = whole_number("The job's id", job)
        arguments = self.body_value("arguments", dict, required=False)
        await self.reply(self._jobs.start, job_id, arguments)
        self._feeds.read_now()


class RunHandler(_OfJobs):
    """A run: ``jobs/ID/runs/ID``."""

    @allowed("write")
    async def delete(self, job: str, run: str) -> None:
        """Ask the platform to stop it; answer with its state."""
        ids = whole_number("The job's id", job), whole_number("The run's id", run)
        await self.reply(self._jobs.cancel, *ids)
        self._feeds.read_now()


class LogHandler(_OfJobs):
    """The log of a run that a page follows: ``jobs/ID/runs/ID/log?kind=lines&start=0&stop=10``."""

    @allowed("read")
    async def get(self, job: str, run: str) -> None:
        """Answer with lines, with the numbers of those with a text, or with all of it."""
        ids = whole_number("The job's id", job), whole_number("The run's id", run)
        kind = self.get_query_argument("kind")
        start = whole_number("start", self.get_query_argument("start", "0"))
        level = self.get_query_argument("level", "debug")
        if kind not in ("lines", "find", "text") or level not in LEVELS:
            raise web.HTTPError(400, "kind is lines, find or text, and level one of the levels.")
        stop = whole_number("stop", self.get_query_argument("stop", "0"))
        text = self.get_query_argument("text", "", strip=False)

        def answer() -> dict[str, Any]:
            feed = self._feeds.run(*ids)
            if not feed.version:
                raise CivisInputError(
                    f"The log of run {ids[1]} of job {ids[0]} was not read yet: try again when the "
                    "run is shown."
                )
            log = feed.log
            if kind == "lines":
                return lines_between(log, start, stop)
            return (
                found_in(log, text, level, start)
                if kind == "find"
                else {"text": text_of(log, level)}
            )

        await self.reply(answer)
