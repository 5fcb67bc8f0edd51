# What a run says on the console: at most every ten seconds how many jobs are done, how much time is
# left, and which job has begun. Snakemake's log in `.snakemake/log` has every job with its files.

import logging

from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from pipeline_lib.jobs.progress import Progress, spoken

EVERY = 10.0  # seconds
ONLY_IN_THE_LOG = {
    LogEvent.JOB_INFO,
    LogEvent.JOB_STARTED,
    LogEvent.JOB_FINISHED,
    LogEvent.GROUP_INFO,
    LogEvent.PROGRESS,
}


class Console(logging.Handler):
    """Follows the log of a run, and tells how far it is."""

    def __init__(self, jobs):
        super().__init__()
        self.jobs = {job.jobid: job for job in jobs}
        self.progress = Progress(
            {
                number: (job.rule.name, job.wildcards.get("treatment", job.wildcards.get("state")))
                for number, job in self.jobs.items()
            }
        )
        self.done, self.at_work, self.silent_until = 0, "", 0.0
        if not workflow.output_settings.verbose:
            for handler in logger.handlers:
                if handler.name == "DefaultStreamHandler":
                    handler.addFilter(self.belongs_on_the_console)

    def belongs_on_the_console(self, record):
        # Snakemake says so before each job.
        event = getattr(record, "event", None)
        return event not in ONLY_IN_THE_LOG and record.msg != "Select jobs to execute..."

    def emit(self, record):
        event, now = getattr(record, "event", None), record.created
        if event == LogEvent.JOB_STARTED:
            for number in record.jobs:
                self.progress.start(number, now)
                if number in self.jobs and self.jobs[number].message:
                    self.at_work = f"; now: {self.jobs[number].message}"
            self.tell(now)
        elif event == LogEvent.JOB_FINISHED:
            self.progress.finish(record.job_id, now)
        elif event == LogEvent.PROGRESS:
            self.done = record.done
            if record.done == record.total:
                self.at_work, self.silent_until = "", 0.0
                self.tell(now)

    def tell(self, now):
        if now < self.silent_until:
            return
        self.silent_until = now + EVERY
        left = self.progress.left(now) if self.at_work else None
        time = f", {spoken(left)}" if left else ""
        logger.info(
            f"{self.done} of {len(self.jobs)} jobs done{time}{self.at_work}",
            extra={"quietness": Quietness.PROGRESS},
        )
