# The remaining time, reported after Snakemake's count of finished steps. It is a line of
# Snakemake's log, so it appears in terminals and in log files, and `--quiet progress` hides it.

import logging

from snakemake.jobs import GroupJob
from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from pipeline_lib.jobs.progress import Progress, spoken


class TimeLeft(logging.Handler):
    """Follows the log of a run and reports the remaining time, at most once a minute."""

    def __init__(self, jobs):
        super().__init__()
        self.progress = Progress(
            {
                job.jobid: (
                    job.rule.name,
                    job.wildcards.get("treatment") or job.wildcards.get("state"),
                )
                for job in jobs
            }
        )
        self.silent_until = 0.0

    def emit(self, record):
        event, now = getattr(record, "event", None), record.created
        if event == LogEvent.JOB_STARTED:
            for job in record.jobs:
                self.progress.start(job, now)
        elif event == LogEvent.JOB_FINISHED:
            self.progress.finish(record.job_id, now)
        elif event == LogEvent.PROGRESS and now >= self.silent_until:
            left = self.progress.left(now)
            if left and record.done < record.total:
                self.silent_until = now + 60.0
                logger.info(spoken(left), extra={"quietness": Quietness.PROGRESS})


# Snakemake 9.27 loses a queue's message, such as why it refused a submission, if jobs are grouped.
if not hasattr(GroupJob, "silent_log_error"):
    GroupJob.silent_log_error = GroupJob.log_error

    def log_error_with_message(group, msg=None, **more):
        if msg:
            logger.error(msg)
        group.silent_log_error(msg, **more)

    GroupJob.log_error = log_error_with_message
