"""Proof that a bad study is refused in words, and that what is not refused runs.

    python -m tests.trust.studies              # the whole, some minutes
    python -m tests.trust.studies --seed 1     # other studies

Mutated studies are validated; each is refused in one line for each problem, or it is accepted and
runs, or stops in one sentence. Valid ones run through all scripts of the workflow on both engines.
"""

from __future__ import annotations

import argparse
import copy
import logging
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.strategies import SearchStrategy

from pipeline_lib.errors import PipelineError
from pipeline_lib.study import cost, limits
from pipeline_lib.study.config import Study
from pipeline_lib.study.validation import validate
from tests.inprocess import run
from tests.strategies import mutated, valid

LONGEST_LINE = 600  # characters; the known keys alone are 150
LONGEST_JOB = 1.0  # seconds that a job of a mutated study may take


def refuse_or_run(raw: Any, counts: Counter[str]) -> None:
    """Validate a study, and run it if it is accepted; any error is a failure."""
    counts["tried"] += 1
    try:
        study = validate(raw)
        large = limits.check(study, machine=1000)
    except PipelineError as error:
        counts["refused"] += 1
        check_sentences(str(error))
        return
    counts["accepted"] += 1
    if large or _slowest(study) > LONGEST_JOB or len(study.seed_list) > 3:
        counts["accepted, too large to run here"] += 1
        return
    try:
        run_quietly(study)
        counts["accepted and ran"] += 1
    except SystemExit as error:
        counts["accepted and stopped in a sentence"] += 1
        check_sentences(str(error))


def run_on_both_engines(raw: dict[str, Any], counts: Counter[str], *, whole: bool) -> None:
    """Run a valid study on both engines; any exception is a failure."""
    counts["valid"] += 1
    for engine in ("fast", "plain"):
        study = validate(copy.deepcopy(raw) | {"engine": engine})
        assert limits.check(study) == []
        run_quietly(study, whole=whole)
        counts[f"valid, run on {engine}"] += 1


def check_sentences(text: str) -> None:
    """Assert that a message is one printable line of words for each problem."""
    assert text
    for line in text.split("\n"):
        assert line.isprintable(), repr(line)
        assert 10 < len(line) <= LONGEST_LINE, line
        assert "Traceback" not in line, line


def run_quietly(study: Study, *, whole: bool = False) -> None:
    """Run a study in a folder that vanishes."""
    logging.getLogger("pipeline_lib").propagate = False
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # NumPy warns of an overflow before the job stops at it.
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        run(study, Path(folder), whole=whole)


def _slowest(study: Study) -> float:
    return max(
        cost.seconds(study, stage, name) for stage in cost.STAGES for name in study.treatments
    )


def examples(
    strategy: SearchStrategy[Any], count: int, number: int, check: Callable[[Any], None]
) -> None:
    """Put `count` examples of a strategy to a check; a failing one is printed and raised."""
    if not count:
        return

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        verbosity=Verbosity.normal,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(example: Any) -> None:
        check(example)

    each()


def main() -> int:
    """Try many studies; print how many did what, and return 1 if any did what it must not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutated", type=int, default=1000, help="studies that are mutated")
    parser.add_argument("--valid", type=int, default=60, help="valid ones, run on both engines")
    parser.add_argument("--whole", type=int, default=8, help="of them, up to figures and report")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    try:
        examples(mutated(), options.mutated, options.seed, lambda raw: refuse_or_run(raw, counts))
        for whole, count in ((False, options.valid - options.whole), (True, options.whole)):
            examples(
                valid(),
                count,
                options.seed + whole,
                lambda raw, whole=whole: run_on_both_engines(raw, counts, whole=whole),
            )
    except BaseException as error:
        print(dict(counts))
        if isinstance(error, KeyboardInterrupt):
            raise
        import traceback

        traceback.print_exception(error)
        print("FAILED: a study ended otherwise than it must")
        return 1
    for name, number in counts.items():
        print(f"{number:6} {name}")
    enough = counts["refused"] >= min(500, options.mutated // 2)
    print("passed" if enough else "FAILED: too few invalid studies were among them")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
