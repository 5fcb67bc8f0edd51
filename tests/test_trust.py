"""A sample of `make trust`."""

import subprocess
import sys

from tests.conftest import ROOT


def test_a_few_sequences_end_as_fresh_runs_or_in_a_sentence():
    command = [sys.executable, "-m", "tests.trust.sequences", "--count", "2", "--steps", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    assert "sequences that ended as a fresh run" in done.stdout
