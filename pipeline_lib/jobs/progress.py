"""How much longer a study will take, judged by its jobs so far.

Jobs of one kind (a rule and a treatment) take about equally long, but kinds differ. The longest
jobs come in the first tenth of a study, so an estimate from the number of finished jobs would be
three times too long.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping


class Progress:
    """Jobs that are waiting, running and finished; times are in seconds."""

    def __init__(self, jobs: Mapping[int, Hashable]) -> None:
        """Begin with all jobs waiting; `jobs` gives the kind of each by its id."""
        self._to_do = dict(jobs)
        self._started: dict[int, float] = {}
        self._took: defaultdict[Hashable, list[float]] = defaultdict(list)
        self._began: float | None = None

    def start(self, job: int, now: float) -> None:
        """Note that a job begins; a job that was not announced is ignored."""
        if job in self._to_do:
            self._started[job] = now
            self._began = now if self._began is None else self._began

    def finish(self, job: int, now: float) -> None:
        """Note that a job has finished."""
        if job in self._started:
            self._took[self._to_do.pop(job)].append(now - self._started.pop(job))

    def left(self, now: float) -> float | None:
        """Return how long the remaining jobs will take at the pace so far.

        None while most of the remaining jobs are of kinds of which none has finished. A job of
        such a kind is assumed to take as long as the known kinds do on average.
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
        # The pace is that of all cores together.
        return (sum(of_job.values()) - running) * (now - self._began) / done if done else None


def spoken(seconds: float) -> str:
    """Return a remaining time in words, no finer than the estimate allows."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute left"
    if minutes < 100:
        return f"about {minutes} minute{'' if minutes == 1 else 's'} left"
    return f"about {round(minutes / 60)} hours left"
