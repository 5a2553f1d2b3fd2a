"""The SQL by which runs of jobs are stored and moved from state to state.

Made once: making a statement takes longer than running it.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Text, and_, bindparam, case, func, null, select

from civis_nb.local.store.schema import job_runs, jobs

__all__ = [
    "ACTIVE",
    "ACTIVE_RUN",
    "ADD_JOB",
    "ADD_RUN",
    "CLAIM",
    "FINISH",
    "FINISH_WITH_RESULT",
    "JOB_OF_RUN",
    "NAME_JOB",
]

ACTIVE = ("queued", "running")

_RUN = job_runs.c
_THIS_RUN = _RUN.id == bindparam("this_run")
#: The present time, but none before the run's other times: clocks may be set back.
_NOW = func.max(bindparam("now", type_=Text), _RUN.created_at, func.coalesce(_RUN.started_at, ""))
ADD_JOB = jobs.insert()
NAME_JOB = (
    jobs.update().where(jobs.c.id == bindparam("this_job")).values(name=bindparam("new_name"))
)
ADD_RUN = job_runs.insert()
ACTIVE_RUN = select(_RUN.id).where(_RUN.job_id == bindparam("this_job"), _RUN.state.in_(ACTIVE))
JOB_OF_RUN = select(jobs).join(job_runs).where(_THIS_RUN)
CLAIM = (
    job_runs.update()
    .where(_THIS_RUN, _RUN.state == "queued")
    .values(state="running", started_at=_NOW)
)
_CANCELLED = and_(_RUN.is_cancel_requested, bindparam("undone", type_=Boolean))
_ERROR = func.coalesce(_RUN.error, bindparam("new_error", type_=Text))
FINISH = (
    job_runs.update()
    .where(_THIS_RUN, _RUN.state.in_(ACTIVE))
    .values(
        state=case((_CANCELLED, "cancelled"), else_=bindparam("new_state", type_=Text)),
        error=case((_CANCELLED, null()), else_=_ERROR),
        process_id=None,
        process_started_at=None,
        finished_at=_NOW,
    )
    .returning(_RUN.state)
)
FINISH_WITH_RESULT = FINISH.values(result=bindparam("new_result", type_=_RUN.result.type))
