# What a run says on the console: at most every ten seconds how many jobs are done, how much time is
# left, and which job has begun. Snakemake's log in `.snakemake/log` has every job with its files.

import logging
import time
from collections import defaultdict
from statistics import mean

from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

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
        self.to_do = {job.jobid: job for job in jobs}
        self.jobs, self.at_work, self.silent_until = len(self.to_do), "", 0.0
        self.began, self.started = time.time(), {}
        self.took = defaultdict(list)  # the seconds that jobs of a kind took
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
                self.started[number] = now
                if number in self.to_do and self.to_do[number].message:
                    self.at_work = f"; now: {self.to_do[number].message}"
            self.tell(now)
        elif event == LogEvent.JOB_FINISHED and (job := self.to_do.pop(record.job_id, None)):
            if job.jobid in self.started:  # jobs that a queue runs together are not
                self.took[self.kind(job)].append(now - self.started[job.jobid])
            if not self.to_do:
                self.at_work, self.silent_until = "", 0.0
                self.tell(now)

    def kind(self, job):
        """A rule and a treatment, whose jobs take about equally long."""
        return job.rule, job.wildcards.get("treatment", job.wildcards.get("state"))

    def left(self, now):
        """How much longer the run will take at its pace so far; empty if that is not known.

        The longest jobs come in the first tenth of a study, so the number of finished jobs alone
        would say three times too much.
        """
        means = {kind: mean(took) for kind, took in self.took.items()}
        known = [means[kind] for kind in map(self.kind, self.to_do.values()) if kind in means]
        if not known or 2 * len(known) < len(self.to_do):
            return ""
        pace = (now - self.began) / sum(map(sum, self.took.values()))  # of all cores together
        minutes = max(1, round(pace * mean(known) * len(self.to_do) / 60))
        time_left = f"{minutes} min" if minutes < 100 else f"{minutes / 60:.0f} h"
        return f", about {time_left} left"

    def tell(self, now):
        if now < self.silent_until:
            return
        self.silent_until = now + EVERY
        logger.info(
            f"{self.jobs - len(self.to_do)} of {self.jobs} jobs done{self.left(now)}{self.at_work}",
            extra={"quietness": Quietness.PROGRESS},
        )
