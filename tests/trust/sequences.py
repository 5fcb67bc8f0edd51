"""Whatever is done to a study, a run refuses in a sentence or ends in the bytes of a fresh run.

    python -m tests.trust.sequences --count 300

makes random sequences: any key of a tiny study is edited, it runs to a random point, is killed
there, or meets an edit of its code, another workflow or a foreign file; results are copied and
restored, whole or file by file, with or without their times; files are damaged, lost or misplaced;
Snakemake's record is deleted; another checkout or another spelling of the folder is used. After
each sequence the present study is run to its end.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.projects import TINY, Project
from tests.trust import world

STUDY: dict[str, Any] = copy.deepcopy(TINY) | {
    "seeds": 1,
    "engine": "plain",
    "keep_networks": True,
    "task": {"train": 40, "test": 30, "clean": 20},
    "network": {"hidden": [6, 5], "init": "torch"},
    "relapse": {"cycles": 1},
}
SSRI = STUDY["treatments"]["ssri"]
AXIS = "pruning.sparsity"
VARIANTS = {"net": {"narrow": {"network": {"hidden": [5, 4]}}, "plain": {}}}
STUDY["treatments"]["ketamine"] = None

# Any kind of key, with values of which some are refused.
EDITS: list[tuple[tuple[Any, ...], list[Any]]] = [
    (("seeds",), [1, 2, [3], [0, 3], 0]),
    (("keep_networks",), [True, False]),
    (("task",), [{"train": 40, "test": 30, "clean": 20}, {"train": 41}, {"test": 31}]),
    (("task", "sd"), [0.8, 0.5]),
    (("network", "init"), ["torch", {"normal": 0.5}]),
    (("training",), [{"batch_size": 128}, {"batch_size": 16}]),
    (("baseline", "epochs"), [1, 2]),
    (("baseline", "lr"), [1e-3, 1e-2]),
    (("pruning",), [{"sparsity": 0.5}, {"sparsity": 0.6}, {"sparsity": 95}]),
    (("evaluate",), [{"sweep": [0.0, 0.5, 1.0, 1.5, 2.5]}, {"sweep": [0.0, 1.0]}]),
    (("acute",), [{"prune": 0.4}, {"prune": 0.3}]),
    (("relapse", "cycles"), [1, 2]),
    (("relapse", "threshold"), [0.8, 0.5]),
    (("switch",), [None, {"bias": 1.0, "internal_noise": 1.0}]),
    (("treatments", "ssri", "label"), ["SSRI-like", "Other", "Healthy"]),
    (("treatments", "ssri", "colour"), [None, "#117733"]),
    (("treatments", "ssri", "withdrawal"), [False, True]),
    (("treatments", "ssri", "maintenance"), [[], SSRI["maintenance"]]),
    (("treatments", "ssri", "course", 0, "train", "epochs"), [1, 3]),
    (("treatments", "ketamine"), [None, {}]),
    (("treatments", "added"), [None, SSRI | {"label": "Added"}]),
    (("reproduction",), [{"published": None}, {"published": "reference/published.csv"}]),
    (("reproduction", "margin"), [0.02, 0.03]),
    (("axes",), [{}, {AXIS: [0.5, 0.6]}, {AXIS: [0.6]}, {AXIS: [0.5, 0.6, 0.7]}, VARIANTS]),
]

# Edits of code, each of which changes a result.
CODE = [
    ("pipeline_lib/model/pruning.py", "math.floor(", "-1 + math.floor("),
    ("workflow_scripts/prune.py", 'study["sparsity"])', 'study["sparsity"] / 2)'),
    ("pipeline_lib/names.py", '"Untreated"', '"Not treated"'),
]
TARGETS = ["statistics", "figure_training", "figure_regions"]
HISTORY = "results/metrics/history.parquet"  # which needs what no other target of axes does
PARTS = ["results/metrics/evaluate.parquet", "results/values.parquet", "statistics"]
MEDDLING = ("code", "code and back", "file", "study", "workflow")
KILLS = ("workflow", "job", "all", "interrupt", "hang up")
REFUSALS = {
    "invalid": r"The study is not valid\.\n.+",
    "busy": r"another workflow is writing to this folder",
    "edited": r"was edited while the workflow was running, so nothing was written",
}
GOES_ON = "repeat the command to continue"
REMEDY = re.compile(r"([^\s:]+/[^\s:]+): [^\n]*delete it and run the workflow again")
NUMBER = st.integers(0, 10**6)  # of something, of which it depends on the run how many there are
counts: Counter[str] = Counter()


class Place:
    """Two checkouts of the project, and results of theirs and of fresh runs."""

    def __init__(self, root):
        self.root, self.here, self.other = root, root / "here", root / "other"
        for checkout in (self.here, self.other):
            Project(checkout)
        self.code = {
            (checkout, name): (checkout / name).read_text(encoding="utf-8")
            for checkout in (self.here, self.other)
            for name, *_ in CODE
        }
        self.results, self.stash = self.here / "results", root / "stash"
        self.link = root / "link"
        self.link.symlink_to(self.here)
        self.fresh: dict[str, tuple[int, dict[str, bytes]]] = {}

    def run(
        self,
        study,
        *,
        edited,
        checkout="here",
        spelled="",
        dry=False,
        targets=None,
        log="run.txt",
        forks=False,
    ):
        """Start a workflow on the results folder, from a checkout and by a spelling of it."""
        folder = self.here if checkout == "here" else self.other
        spellings = {"": "results", "whole": str(self.results), "link": str(self.link / "results")}
        results = spellings[spelled if checkout == "here" else spelled or "whole"]
        world.write_study(folder / f"{log}.yaml", study | {"results": results})
        found = [
            t.replace("results/", f"{results}/", 1) if t.startswith("results/") else t
            for t in targets or self.targets(study)
        ]
        arguments = [*found, "-j", "1", "--configfile", f"{log}.yaml", *(["-n"] if dry else [])]
        return world.Run(
            folder, arguments, edited=edited or folder != self.here, forks=forks, log=log
        )

    @staticmethod
    def targets(study):
        if axes := study.get("axes"):
            return ["along", "figure_variants" if axes == VARIANTS else "figure_along", HISTORY]
        published = study.get("reproduction", {}).get("published", True)
        return [*TARGETS, *(["reproduction"] if published else [])]

    def fresh_run(self, study, edits):
        """The exit code and the files of a run of this study that nothing disturbs."""
        key = json.dumps([study, sorted(edits)])
        if key not in self.fresh:
            folder = self.here / "undisturbed"
            shutil.rmtree(folder, ignore_errors=True)
            world.write_study(self.here / "fresh.yaml", study | {"results": "undisturbed"})
            targets = [each.replace("results/", "undisturbed/") for each in self.targets(study)]
            arguments = [*targets, "-j", "1", "--configfile", "fresh.yaml"]
            code = world.Run(self.here, arguments, edited=bool(edits)).until_the_end()
            self.fresh[key] = code, world.files(folder) if folder.exists() else {}
            counts["fresh runs"] += 1
        return self.fresh[key]


place: Place


class Sequences(RuleBasedStateMachine):
    """One results folder, and all that is done to it."""

    def __init__(self):
        super().__init__()
        self.study = copy.deepcopy(STUDY)
        self.edits: set[int] = set()
        self.touched = False  # the code, so that runs cannot take what is loaded for it
        for folder in (place.results, place.here / ".snakemake", place.stash):
            shutil.rmtree(folder, ignore_errors=True)
        counts["sequences"] += 1

    # Before runs

    @initialize(
        axes=st.sampled_from([{}, {}, {AXIS: [0.5, 0.6]}]),
        finished=st.booleans(),
        at=st.integers(0, 60),
        kill=st.sampled_from(KILLS),
        last=st.tuples(st.integers(0, 60), st.sampled_from(MEDDLING), st.integers(1, 6)),
        number=NUMBER,
    )
    def begin(self, axes, finished, at, kill, last, number):
        """Begin with a finished study or one that was killed; something happens in the last run."""
        self.last = (*last, number, number)
        self.study["axes"] = axes
        if not finished:
            self.kill_a_run(at, kill)
            return
        code, files = place.fresh_run(self.study, frozenset())
        assert code == 0
        for name, content in files.items():
            path = place.results / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    @rule(number=NUMBER, choice=NUMBER)
    def edit_the_study(self, number, choice):
        path, values = EDITS[number % len(EDITS)]
        value = values[choice % len(values)]
        inside: Any = self.study
        for key in path[:-1]:
            inside = inside.setdefault(key, {}) if isinstance(inside, dict) else inside[key]
        inside[path[-1]] = copy.deepcopy(value)
        counts["edits of the study"] += 1

    @rule(number=NUMBER, old=st.booleans())
    def edit_or_revert_code(self, number, old):
        number %= len(CODE)
        self.edits ^= {number}
        counts["edits of code"] += 1
        for checkout in (place.here, place.other):
            path = checkout / CODE[number][0]
            before = path.stat()
            text = place.code[checkout, CODE[number][0]]
            if number in self.edits:
                text = text.replace(*CODE[number][1:], 1)
            path.write_text(text, encoding="utf-8")
            if old:  # as an archive or `cp -p` leaves it
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.touched = True

    @rule()
    def delete_snakemakes_record(self):
        shutil.rmtree(place.here / ".snakemake", ignore_errors=True)

    # Files

    @staticmethod
    def _file(folder, number):
        found = sorted(world.files(folder)) if folder.exists() else []
        return folder / found[number % len(found)] if found else None

    @rule(times=st.booleans())
    def keep_a_copy(self, times):
        if place.results.exists():
            world.copy(place.results, place.stash, times=times)

    @rule(times=st.booleans())
    def restore_the_copy(self, times):
        if place.stash.exists():
            world.copy(place.stash, place.results, times=times)
            counts["copies and restores"] += 1

    @rule(number=NUMBER, times=st.booleans())
    def restore_a_file(self, number, times):
        if path := self._file(place.stash, number):
            world.copy(path, place.results / path.relative_to(place.stash), times=times)
            counts["copies and restores"] += 1

    @rule(number=NUMBER, another=NUMBER, times=st.booleans())
    def put_a_file_in_anothers_place(self, number, another, times):
        one, other = (self._file(place.results, each) for each in (number, another))
        if one and other and one != other and one.suffix == other.suffix:
            world.copy(one, other, times=times)
            counts["misplaced files"] += 1

    @rule(number=NUMBER, at=NUMBER, what=st.sampled_from(["delete", "touch", "damage", "cut"]))
    def harm_a_file(self, number, at, what):
        if not (path := self._file(place.results, number)):
            return
        content = path.read_bytes()
        if what == "delete":
            path.unlink()
        elif what == "touch":
            os.utime(path, (0, 0) if at % 2 else None)
        elif what == "cut":
            path.write_bytes(content[:-50])
        elif content:
            at %= len(content)
            path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        counts["harmed files"] += 1

    # Runs

    def _finish(self, run, code):
        """Look at what a run that has ended said; return the kind of its refusal, if it is one."""
        output = run.output
        assert "Traceback" not in output, output[-4000:]
        if code == 0:
            return ""
        for kind, sentence in REFUSALS.items():
            if re.search(sentence, output):
                counts[f"refused: {kind}"] += 1
                return kind
        if REMEDY.search(output):
            counts["refused: a file"] += 1
            return "file"
        return "other"

    @rule(
        checkout=st.sampled_from(["here", "here", "other"]),
        spelled=st.sampled_from(["", "", "whole", "link"]),
        part=st.sampled_from([None, None, *PARTS]),
        dry=st.sampled_from([False, False, False, True]),
    )
    def run(self, checkout, spelled, part, dry):
        if part == "statistics" and self.study.get("axes"):
            part = "along"  # a study with axes has no statistics
        run = place.run(
            self.study,
            edited=self.touched,
            checkout=checkout,
            spelled=spelled,
            dry=dry,
            targets=[part] if part else None,
        )
        counts["runs"] += 1
        refused = self._finish(run, run.until_the_end())
        assert refused != "other", run.output[-6000:]

    @rule(at=st.integers(0, 60), kill=st.sampled_from(KILLS))
    def kill_a_run(self, at, kill):
        done = []

        def then(run, process):
            done.append(kill)
            if kill in ("all", "interrupt"):
                os.killpg(run.pid, signal.SIGKILL if kill == "all" else signal.SIGINT)
            elif kill == "hang up":
                os.kill(run.pid, signal.SIGHUP)
            else:
                os.kill(run.pid if kill == "workflow" else process, signal.SIGKILL)

        run = place.run(self.study, edited=self.touched, forks=kill in ("workflow", "job"))
        code = run.until_the_end({at: then})
        counts["runs"] += 1
        counts["kills"] += len(done)
        refused = self._finish(run, code)
        assert refused != "other" or done, run.output[-6000:]
        if code and done and kill in ("interrupt", "hang up"):
            assert GOES_ON in run.output, run.output[-6000:]

    @rule(
        at=st.integers(0, 60),
        what=st.sampled_from(MEDDLING),
        after=st.integers(1, 6),
        number=NUMBER,
        choice=NUMBER,
    )
    def meddle_with_a_run(self, at, what, after, number, choice):
        done: list[str] = []

        def then(run, process):
            done.append(what)
            if what.startswith("code"):
                self.edit_or_revert_code(number, old=False)
            elif what == "file":
                self.restore_a_file(number, times=True)
            elif what == "study":
                self.edit_the_study(number, choice)
            else:
                second = place.run(
                    self.study, edited=self.touched, checkout="other", log="second.txt"
                )
                refused = self._finish(second, second.until_the_end())
                assert refused in ("busy", "invalid"), second.output[-4000:]

        def later(run, process):
            if done and what == "code and back":
                self.edit_or_revert_code(number, old=True)

        run = place.run(self.study, edited=self.touched or what.startswith("code"))
        code = run.until_the_end({at: then, at + after: later})
        counts["runs"] += 1
        counts["runs that were meddled with"] += bool(done)
        refused = self._finish(run, code)
        assert refused != "other" or done, run.output[-6000:]

    def teardown(self):
        if sys.exc_info()[0] is None and hasattr(self, "last"):
            self._end()
        for number in sorted(self.edits):
            self.edit_or_revert_code(number, old=False)

    @staticmethod
    def _unread(expected):
        """The damaged files among those of a study that has ended, which no job had to read.

        All others must be those of a fresh run, although networks may be gone.
        """
        found, damaged = world.files(place.results), []
        for name in found.keys() | expected.keys():
            here, there = place.results / name, place.root / f"expected{Path(name).suffix}"
            if (
                found.get(name) == expected.get(name)
                or (name.startswith("seeds/") and name not in expected)
                or (name.endswith("tensors") and name not in found)
            ):
                continue
            assert name in found, name
            assert name in expected, name
            there.write_bytes(expected[name])
            if (content := world.content(here)) is None and here.suffix in world.STAMPED:
                counts["damaged files that nothing read"] += 1
                damaged.append(here)
            else:
                assert content == world.content(there) is not None, name
                counts["damaged bytes that hold no content"] += 1
        return damaged

    def _end(self):
        self.meddle_with_a_run(*self.last)
        expected_code, expected = place.fresh_run(self.study, frozenset(self.edits))
        for _ in range(12):
            run = place.run(self.study, edited=self.touched)
            code = run.until_the_end()
            refused = self._finish(run, code)
            wrong = [place.here / name for name in REMEDY.findall(run.output)]
            if code == 0:
                wrong = self._unread(expected)
            if not wrong:
                break
            for path in wrong:
                path.unlink(missing_ok=True)
        if expected_code:
            assert refused == "invalid", run.output[-6000:]
            return
        assert (code, wrong) == (0, []), run.output[-6000:]
        assert not [*place.results.rglob("*.part"), *place.results.rglob(".room*")]
        counts["files compared"] += len(expected)
        counts["sequences that ended as a fresh run"] += 1
        if counts["sequences"] % 25 == 0:
            print(dict(counts), flush=True)


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=6)
    arguments = parser.parse_args()
    global place
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder).resolve())
        world.load_libraries(place.here)
        seeded(arguments.seed)(Sequences)
        try:
            run_state_machine_as_test(
                Sequences,
                settings=settings(
                    max_examples=arguments.count,
                    stateful_step_count=arguments.steps,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            for what, count in counts.items():
                print(f"{count:7} {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
