"""A check that bad studies are refused with reasons, and that all others run.

    python -m tests.trust.studies              # the whole, some minutes
    python -m tests.trust.studies --seed 1     # other studies

Mutated studies are validated; each is refused in one line for each problem, or it is accepted and
runs, or stops in one sentence. Valid ones run on both engines, a few of them up to the report.
"""

import argparse
import logging
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from hypothesis import given, seed, settings

from pipeline_lib.errors import PipelineError
from pipeline_lib.study.validation import validate
from tests.inprocess import run
from tests.strategies import UNHURRIED, mutated, valid

LONGEST_LINE = 600  # characters; the known keys alone are 150
LARGEST = 300  # of any count in a mutated study that is run here: epochs, points, units, cycles


def refuse_or_run(raw, counts):
    """Validate a study, and run it if it is accepted; any error is a failure."""
    counts["mutated"] += 1
    try:
        study = validate(raw)
    except PipelineError as error:
        counts["refused"] += 1
        check_sentences(str(error))
        return
    if len(study.seed_list) > 3 or largest_count(study.model_dump(exclude={"seeds"})) > LARGEST:
        counts["accepted, too large to run here"] += 1
        return
    try:
        run_quietly(study)
        counts["accepted and ran"] += 1
    except (SystemExit, PipelineError) as error:
        counts["accepted and stopped in a sentence"] += 1
        check_sentences(str(error))


def run_on_both_engines(raw, counts, *, whole=False):
    """Run a valid study on both engines; any exception is a failure."""
    for engine in ("fast", "plain"):
        run_quietly(validate(raw | {"engine": engine}), whole=whole)
        counts[f"valid, {'whole' if whole else 'run'} on {engine}"] += 1


def check_sentences(text):
    """Assert that a message is one printable line of words for each problem."""
    assert text
    for line in text.split("\n"):
        assert line.isprintable(), repr(line)
        assert 10 < len(line) <= LONGEST_LINE, line
        assert "Traceback" not in line, line


def run_quietly(study, *, whole=False):
    logging.getLogger("pipeline_lib").propagate = False
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # NumPy warns of an overflow before the job stops at it.
        warnings.simplefilter("ignore", RuntimeWarning)
        run(study, Path(folder), whole=whole)


def largest_count(part):
    """Return the largest whole number anywhere in a study, or in a part of it."""
    inner = part.values() if isinstance(part, dict) else part
    if isinstance(part, dict | list | tuple):
        return max(map(largest_count, inner), default=0)
    return part if isinstance(part, int) else 0


def examples(strategy, count, number, check):
    """Put `count` examples of a strategy to a check; a failing one is printed and raised."""

    @seed(number)
    @settings(**UNHURRIED, max_examples=count)
    @given(strategy)
    def each(example):
        check(example)

    each()


def main():
    """Try many studies and print how many did what; one that did what it must not is raised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    number = parser.parse_args().seed
    counts: Counter[str] = Counter()
    examples(mutated(), 1000, number, lambda raw: refuse_or_run(raw, counts))
    examples(valid(), 60, number, lambda raw: run_on_both_engines(raw, counts))
    examples(valid(), 4, number + 1, lambda raw: run_on_both_engines(raw, counts, whole=True))
    for name, count in counts.items():
        print(f"{count:6} {name}")
    enough = counts["refused"] >= 500
    print("passed" if enough else "FAILED: too few invalid studies were among them")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
