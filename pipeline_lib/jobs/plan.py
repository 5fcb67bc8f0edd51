"""The plan of a job: a digest, known before anything runs, of all that decides what it makes."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_lib.files.stamps import NETWORK, STAMPED, is_stamp_of, origin_of, read_stamp


def plan(stage: str, *, study: Any, code: str, inputs: Mapping[str, Any]) -> str:
    """Return a digest of all that decides what a job makes, except the seed.

    `study` is the job's slice of the study, ready for JSON. `code` is the fingerprint of its code
    and of the libraries that its numbers depend on. `inputs` has the plans of the files it reads.
    The order of mappings counts: a replay treats one after the other on a single random stream.
    """
    text = json.dumps([stage, study, code, dict(inputs)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Job:
    """A planned job: the files that it writes, those that it reads, and its plan.

    Texts and pictures cannot hold a stamp. If a job writes them, `stamp` is the file with theirs.
    """

    plan: str
    outputs: Sequence[str]
    inputs: Sequence[str]
    stamp: str | None = None

    def is_stale(self, temporary: bool = False) -> bool:
        """Tell whether an existing file differs from what this job would make from its inputs.

        A missing network is no evidence of that if networks are `temporary`.
        """
        there = [path for path in self.outputs if os.path.exists(path)]
        if not there:
            return False
        found = {path: read_stamp(path) for path in there if Path(path).suffix in STAMPED}
        if self.stamp is not None:
            written = [path for path in self.outputs if path != self.stamp]
            if not is_stamp_of(self.stamp, written):
                return True
            found[self.stamp] = read_stamp(self.stamp)
        networks = [path for path in self.inputs if path.endswith(NETWORK)]
        kept = not temporary or all(Path(path).exists() for path in networks)
        made_from = origin_of(self.inputs)
        return not all(
            stamp and stamp.made_by == self.plan and stamp.fits(made_from, networks=kept)
            for stamp in found.values()
        )
