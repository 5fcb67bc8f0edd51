"""Samples of `make trust`, and mistakes that its checks must find."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.trust.portability import ONE, compared, probed, settings
from tests.trust.soak import Sample, growth, soak


def test_a_few_sequences_end_as_fresh_runs_or_in_a_sentence():
    command = [sys.executable, "-m", "tests.trust.sequences", "--count", "2", "--steps", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    assert "sequences that ended as a fresh run" in done.stdout


def test_growth_is_found_and_a_short_soak_has_none(tmp_path):
    assert growth([Sample(n, 180 + 0.01 * n, 9) for n in range(201)]) == []
    assert growth([Sample(n, 180 + 0.1 * n, 9) for n in range(201)]) == ["memory grew by 9.1 MB"]
    leaks = [Sample(n, 180, 9 + n // 10) for n in range(201)]
    assert growth(leaks) == ["10 more descriptors were open"]
    targets = [f"results/seeds/{seed}/pruned.safetensors" for seed in (0, 1)]
    samples, wrong = soak(tmp_path, 2, targets)
    assert wrong == []
    assert samples[-1].memory > 20


@pytest.fixture(scope="module")
def here():
    return probed(ONE)


def test_more_threads_and_older_libraries_keep_every_bound(here):
    found = probed(list(settings().values())[:2][-1])
    assert compared(found, here)[1] == []
    # Otherwise the variables had no effect, and nothing was compared.
    assert any(not np.array_equal(found[name], here[name]) for name in here)
