"""The verdict on a comparison with published numbers, in one line."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from pipeline_lib.analysis.power import POWER
from pipeline_lib.analysis.reproduction import (
    CONSISTENT,
    CONSTANT,
    FISHER,
    INCONSISTENT,
    MISSING,
    NOT_TESTABLE,
    OF_MEANS,
    SINGLE,
    Compared,
    sds,
)
from pipeline_lib.reporting.wording import p_equals, plural, share

_KINDS = ("joint", "directional")


def verdict(comparison: Sequence[Compared]) -> str:
    """Say in one line whether a study is consistent with the published one as a whole.

    It is inconsistent if any mean differs after p is corrected for all of them, or if a constant
    differs. Relapse counts and single runs are reported but do not decide, because they follow from
    trajectories whose means are tested. If only single runs were published, they decide.
    """
    published = [row for row in comparison if None not in (row.published_mean, row.published_sd)]
    single = [row for row in comparison if row.test == SINGLE]
    if not published:
        return _of_single_runs(single) or "no published mean with an SD to compare with"
    means = [row for row in comparison if row.test in OF_MEANS]
    decisive = [row for row in comparison if row.test in (*OF_MEANS, CONSTANT)]
    parts = _of_means(means) if means else ["no mean could be tested"]
    for test, what in (
        (CONSTANT, "constants equal"),
        (FISHER, "counts consistent"),
        (SINGLE, "single runs consistent"),
    ):
        rows = [row for row in comparison if row.test == test]
        if rows:
            agreeing = sum(row.status == CONSISTENT for row in rows)
            parts.append(f"{agreeing} of {len(rows)} {what}")
    for status in (MISSING, NOT_TESTABLE):
        if number := sum(row.status == status for row in published):
            parts.append(f"{plural(number, 'published mean')} {status}")
    head = INCONSISTENT if any(row.status == INCONSISTENT for row in decisive) else CONSISTENT
    if not means and head == CONSISTENT:
        head = NOT_TESTABLE
    return f"{head}: {'; '.join(parts)}"


def _of_single_runs(rows: Sequence[Compared]) -> str:
    """Say whether a study is consistent with one that was published as single runs only."""
    if not rows:
        return ""
    agreeing = sum(row.status == CONSISTENT for row in rows)
    head = CONSISTENT if agreeing == len(rows) else INCONSISTENT
    return f"{head}: {agreeing} of {len(rows)} numbers of single runs consistent"


def _of_means(means: Sequence[Compared]) -> list[str]:
    """Say how many means are equivalent, whether any differs, and what could be detected."""
    alpha, margin = means[0].alpha, means[0].margin_sds
    equivalent = sum(row.equivalent is True for row in means)
    differ = sum(row.status == INCONSISTENT for row in means)
    p = [p_equals(min(row.p_corrected for row in means if row.p_corrected is not None))]
    p += [p_equals(row.p_directional) for row in means if row.p_directional is not None][:1]
    joint = ", ".join(f"{kind} {each}" for kind, each in zip(_KINDS, p, strict=False))
    hits = sum(row.p is not None and row.p < alpha for row in means)
    parts = [
        f"{equivalent} of {plural(len(means), 'distinct mean')} equivalent within {sds(margin)}",
        f"{differ or 'none'} shown to differ ({joint})",
        f"{hits} uncorrected p below {alpha:g}, {alpha * len(means):.1f} expected by chance",
    ]
    visible = [
        row.detectable / row.published_sd
        for row in means
        if row.detectable is not None and row.published_sd
    ]
    if visible:
        median = statistics.median(visible)
        parts.append(f"{share(POWER)} power for a difference of {median:.1f} SDs in one mean")
    return parts
