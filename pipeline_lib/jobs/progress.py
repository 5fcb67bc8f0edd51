"""How long a study still takes, from how long its jobs have taken so far.

Jobs of one kind (a rule and a treatment) take about as long as each other, and those of two kinds
do not: the first tenth of a study is its longest jobs, and counting jobs would promise three times
what comes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping


class Progress:
    """Jobs that are to be done, are being done and have been done; times are in seconds."""

    def __init__(self, jobs: Mapping[int, Hashable]) -> None:
        """Begin with all jobs to be done, by their ids, each with its kind."""
        self._to_do = dict(jobs)
        self._started: dict[int, float] = {}
        self._took: defaultdict[Hashable, list[float]] = defaultdict(list)
        self._began: float | None = None

    def start(self, job: int, now: float) -> None:
        """Note that a job begins; one that was not announced does not count."""
        if job in self._to_do:
            self._started[job] = now
            self._began = now if self._began is None else self._began

    def finish(self, job: int, now: float) -> None:
        """Note that a job has finished."""
        if job in self._started:
            self._took[self._to_do.pop(job)].append(now - self._started.pop(job))

    def left(self, now: float) -> float | None:
        """Return how long the rest takes at the pace so far.

        It is None as long as no job has finished of the kinds that most of the rest are of. A job
        of a kind that is new yet is taken to last as long as the kinds known do on average.
        """
        rest = Counter(self._to_do.values())
        known = sum(number for kind, number in rest.items() if kind in self._took)
        if self._began is None or not self._took or 2 * known < rest.total():
            return None
        means = {kind: sum(took) / len(took) for kind, took in self._took.items()}
        typical = sum(means.values()) / len(means)
        of_job = {job: means.get(kind, typical) for job, kind in self._to_do.items()}
        running = sum(min(now - began, of_job[job]) for job, began in self._started.items())
        done = sum(sum(took) for took in self._took.values()) + running
        # Work is that of all cores, so its pace is what they do together.
        return (sum(of_job.values()) - running) * (now - self._began) / done if done else None


def spoken(seconds: float) -> str:
    """Return a time that is left in words, no finer than it can be known."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute left"
    if minutes < 100:
        return f"about {minutes} minute{'' if minutes == 1 else 's'} left"
    return f"about {round(minutes / 60)} hours left"
