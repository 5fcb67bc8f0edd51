"""Whatever is done to a study, a run refuses in a sentence or ends in the bytes of a fresh run.

    python -m tests.trust.sequences --count 150

makes random sequences: any key of a tiny study is edited; it runs to a random point, is killed
there, or meets an edit of its code, another workflow or a foreign file; results are copied and
restored, whole or file by file, with or without their times; files are damaged, lost or misplaced;
Snakemake's record is deleted; another checkout or another spelling of the folder is used. After
each sequence the present study is run to its end.
"""

import argparse
import copy
import os
import re
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from hypothesis import Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.projects import ONE_SEED, Project
from tests.strategies import UNHURRIED
from tests.trust import world
from tests.trust.running import GOES_ON

STUDY: dict[str, Any] = copy.deepcopy(ONE_SEED) | {
    "keep_networks": True,
    "task": {"train": 40, "test": 30, "clean": 20},
    "network": {"hidden": [6, 5], "init": "torch"},
    "relapse": {"cycles": 1},
}
SSRI = STUDY["treatments"]["ssri"]
AXIS = "pruning.sparsity"

# Any kind of key, with values of which some are refused.
EDITS: list[tuple[tuple[Any, ...], list[Any]]] = [
    (("seeds",), [1, 2, [3], [0, 3], 0]),
    (("keep_networks",), [True, False]),
    (("task",), [{"train": 40, "test": 30, "clean": 20}, {"train": 41}, {"test": 31}]),
    (("training",), [{"batch_size": 128}, {"batch_size": 16}]),
    (("pruning",), [{"sparsity": 0.5}, {"sparsity": 0.6}, {"sparsity": 95}]),
    (("evaluate",), [{"sweep": [0.0, 0.5, 1.0, 1.5, 2.5]}, {"sweep": [0.0, 1.0]}]),
    (("relapse", "threshold"), [0.8, 0.5]),
    (("switch",), [None, {"bias": 1.0, "internal_noise": 1.0}]),
    (("treatments", "ssri", "label"), ["SSRI-like", "Other", "Healthy"]),
    (("treatments", "ssri", "withdrawal"), [False, True]),
    (("treatments", "ssri", "maintenance"), [[], SSRI["maintenance"]]),
    (("treatments", "ssri", "course", 0, "train", "epochs"), [1, 3]),
    (("treatments", "ketamine"), [None, {}]),
    (("treatments", "added"), [None, SSRI | {"label": "Added"}]),
    (("reproduction",), [{"published": None}, {"published": "reference/published.csv"}]),
    (("axes",), [{}, {AXIS: [0.5, 0.6]}, {AXIS: [0.6]}, {AXIS: [0.5, 0.6, 0.7]}]),
]

# Edits of code, each of which changes a result.
CODE = [
    ("pipeline_lib/model/pruning.py", "np.float32(quantile)", "np.float32(0.9 * quantile)"),
    ("workflow_scripts/prune.py", "**pruning)", '**pruning | {"sparsity": 0.1})'),
    ("pipeline_lib/names.py", '"Untreated"', '"Not treated"'),
]
TARGETS = ["statistics", "figure_training", "figure_regions"]
HISTORY = "results/metrics/history.parquet"  # which needs what no other target of axes does
PARTS = ["results/metrics/evaluate.parquet", "results/values.parquet", "statistics"]
KILLS = ["kill a job", "kill the workflow", "kill all", "interrupt", "hang up"]
MEDDLING = ["code", "code and back", "file", "second workflow"]
REFUSALS = {
    "invalid": r"The study is not valid\.\n.+",
    "busy": r"another workflow is writing to this folder",
    "edited": r"was edited while the workflow was running, so nothing was written",
    "file": r"delete it and run the workflow again",
}
REMEDY = re.compile(r"([^\s:]+/[^\s:]+): [^\n]*" + REFUSALS["file"])
NUMBER = st.integers(0, 10**6)  # of something, of which it depends on the run how many there are
POINT = st.integers(0, 60)  # of a run; an undisturbed one has about 50
counts: Counter[str] = Counter()


class Place:
    """Two checkouts of the project, and what becomes of their results."""

    def __init__(self, root):
        self.here, self.other, self.link = root / "here", root / "other", root / "link"
        for checkout in (self.here, self.other):
            Project(checkout)
        self.link.symlink_to(self.here)
        self.code = {name: (self.here / name).read_text(encoding="utf-8") for name, *_ in CODE}
        assert all(old in self.code[name] for name, old, _ in CODE)
        self.results, self.stash = self.here / "results", root / "stash"

    def run(self, study, *options, checkout=None, results="results", targets=None, log="run.txt"):
        """Start a workflow of a checkout, `here` if none is named."""
        checkout = checkout or self.here
        file = checkout / f"{log}.yaml"
        file.write_text(yaml.safe_dump(study | {"results": str(results)}, sort_keys=False), "utf-8")
        named = targets or self.targets(study)
        targets = [re.sub("^results/", f"{results}/", name) for name in named]
        command = [*targets, "-j", "1", "--configfile", file.name, *options]
        return world.Run(checkout, command, log=log)

    @staticmethod
    def targets(study):
        if study.get("axes"):
            return ["along", "figure_along", HISTORY]
        published = study.get("reproduction", {}).get("published", True)
        return [*TARGETS, *(["reproduction"] if published else [])]

    def fresh_run(self, study):
        """The exit code and the files of a run of this study that nothing disturbs."""
        folder = self.here / "undisturbed"
        shutil.rmtree(folder, ignore_errors=True)
        code = self.run(study, results="undisturbed", log="fresh.txt").until_the_end()
        return code, files(folder)


def files(folder):
    """The content of every file of results, but for what tells of time, and hidden ones."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {
        name: path.read_bytes()
        for path in found
        if not (name := str(path.relative_to(folder))).startswith(("logs/", "study.yaml"))
        and not path.name.startswith(".")
    }


def copied(old, new, *, times):
    """Copy a file or a folder, with its times as `cp -p` does, or without."""
    how = shutil.copy2 if times else shutil.copyfile
    if old.is_dir():
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(old, new, copy_function=how)
    else:
        new.parent.mkdir(parents=True, exist_ok=True)
        how(old, new)


place: Place


class Sequences(RuleBasedStateMachine):
    """One results folder, and all that is done to it."""

    def __init__(self):
        super().__init__()
        self.study = copy.deepcopy(STUDY)
        self.edits: set[int] = set()  # of the code
        self.damaged: set[bytes] = set()  # what damaged files hold
        for folder in (place.results, place.here / ".snakemake", place.stash):
            shutil.rmtree(folder, ignore_errors=True)
        counts["sequences"] += 1

    @initialize(axes=st.sampled_from([{}, {}, {AXIS: [0.5, 0.6]}]), at=st.integers(0, 100))
    def begin(self, axes, at):
        """Begin with a study that is finished, or was killed at some point."""
        self.study["axes"] = axes
        self.disturb_a_run(at, "kill the workflow", after=1, number=0)

    # Before runs

    @rule(number=NUMBER, choice=NUMBER)
    def edit_the_study(self, number, choice):
        path, values = EDITS[number % len(EDITS)]
        value = values[choice % len(values)]
        inside: Any = self.study
        for key in path[:-1]:
            inside = inside.setdefault(key, {}) if isinstance(inside, dict) else inside[key]
        inside[path[-1]] = copy.deepcopy(value)

    @rule(number=NUMBER, old=st.booleans())
    def edit_or_revert_code(self, number, old):
        number %= len(CODE)
        self.edits ^= {number}
        name, *change = CODE[number]
        text = place.code[name]
        for checkout in (place.here, place.other):
            path = checkout / name
            before = path.stat()
            path.write_text(text.replace(*change, 1) if number in self.edits else text, "utf-8")
            if old:  # as an archive or `cp -p` leaves it
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule()
    def delete_snakemakes_record(self):
        shutil.rmtree(place.here / ".snakemake", ignore_errors=True)

    # Files

    @staticmethod
    def _file(folder, number):
        found = sorted(files(folder))
        return folder / found[number % len(found)] if found else None

    @rule(times=st.booleans())
    def keep_a_copy(self, times):
        if place.results.exists():
            copied(place.results, place.stash, times=times)

    @rule(number=st.none() | NUMBER, times=st.booleans())
    def restore_the_copy_or_a_file_of_it(self, number, times):
        path = place.stash if number is None else self._file(place.stash, number)
        if path and path.exists():
            copied(path, place.results / path.relative_to(place.stash), times=times)

    @rule(
        number=NUMBER,
        at=NUMBER,
        what=st.sampled_from(["delete", "touch", "damage", "cut", "misplace"]),
        times=st.booleans(),
    )
    def harm_a_file(self, number, at, what, times):
        if not (path := self._file(place.results, number)):
            return
        content = path.read_bytes()
        if what == "delete":
            path.unlink()
        elif what == "touch":
            os.utime(path, None if times else (0, 0))
        elif what == "cut":
            path.write_bytes(content[:-50])
        elif what == "misplace":
            other = self._file(place.results, at)
            if other != path and other.suffix == path.suffix:
                copied(path, other, times=times)
        elif content:
            at %= len(content)
            content = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            path.write_bytes(content)
            self.damaged.add(content)

    # Runs

    def _end_of(self, run, actions=None, *, disturbed=()):
        """Let a run end; return its exit code and the kind of its refusal, if it is one.

        Only a run that was `disturbed` may fail without a refusal.
        """
        code = run.until_the_end(actions)
        counts["runs"] += 1
        output = run.output
        assert "Traceback" not in output, output[-4000:]
        if code == 0:
            return code, None
        found = [kind for kind, sentence in REFUSALS.items() if re.search(sentence, output)]
        assert found or disturbed, output[-6000:]
        if not found:
            return code, None
        counts[f"refused: {found[0]}"] += 1
        return code, found[0]

    @rule(
        where=st.sampled_from(["here", "here", "link", "other"]),
        part=st.sampled_from([None, None, *PARTS]),
        options=st.sampled_from([[], [], [], ["-n"]]),
    )
    def run(self, where, part, options):
        if part == "statistics" and self.study.get("axes"):
            part = "along"  # a study with axes has no statistics
        results = {"here": "results", "link": place.link / "results", "other": place.results}
        checkout = place.other if where == "other" else place.here
        targets = [part] if part else None
        told = {"checkout": checkout, "results": results[where], "targets": targets}
        self._end_of(place.run(self.study, *options, **told))

    @rule(at=POINT, what=st.sampled_from(KILLS + MEDDLING), after=st.integers(1, 6), number=NUMBER)
    def disturb_a_run(self, at, what, after, number):
        done = []

        def then(run, process):
            done.append(what)
            if what == "file":
                self.restore_the_copy_or_a_file_of_it(number, times=True)
            elif what.startswith("code"):
                self.edit_or_revert_code(number, old=False)
            elif what == "second workflow":
                second = place.run(
                    self.study, checkout=place.other, results=place.results, log="second.txt"
                )
                assert self._end_of(second)[1] in ("busy", "invalid"), second.output[-4000:]
            elif what in ("kill all", "interrupt"):
                os.killpg(run.pid, signal.SIGKILL if what == "kill all" else signal.SIGINT)
            elif what == "hang up":
                os.kill(run.pid, signal.SIGHUP)
            else:
                os.kill(process if what == "kill a job" else run.pid, signal.SIGKILL)

        def later(run, process):
            if done and what == "code and back":
                self.edit_or_revert_code(number, old=True)

        run = place.run(self.study)
        code, _ = self._end_of(run, {at: then, at + after: later}, disturbed=done)
        counts["disturbed runs"] += bool(done)
        if code and done and what in ("interrupt", "hang up"):
            assert GOES_ON in run.output, run.output[-6000:]

    # The end

    def teardown(self):
        if sys.exc_info()[0] is None:
            self._end()
        for number in sorted(self.edits):
            self.edit_or_revert_code(number, old=False)

    def _end(self):
        expected_code, expected = place.fresh_run(self.study)
        for _ in range(12):
            run = place.run(self.study)
            code, refused = self._end_of(run)
            # As the sentence asks.
            for name in REMEDY.findall(run.output):
                (place.here / name).unlink(missing_ok=True)
            if refused != "file":
                break
        if expected_code:
            assert refused == "invalid", run.output[-6000:]
            return
        assert code == 0, run.output[-6000:]
        found = files(place.results)
        for name in found.keys() | expected.keys():
            if name not in found:
                assert name.endswith("tensors"), name  # once measured, networks may be gone
            elif name not in expected:
                assert name.startswith("seeds/"), name  # of a seed or treatment of an earlier study
            elif found[name] != expected[name]:
                # In a finished study no job reads these again. That readers refuse them is tested
                # by `damage`.
                assert name.endswith(("parquet", "tensors")), name
                assert found[name] in self.damaged, name
        assert not [*place.results.rglob("*.part"), *place.results.rglob(".room*")]
        counts["files compared"] += len(expected)
        counts["sequences that ended as a fresh run"] += 1
        if counts["sequences"] % 25 == 0:
            print(dict(counts), flush=True)


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=6)
    arguments = parser.parse_args()
    global place
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder).resolve())
        world.load_libraries()
        seeded(arguments.seed)(Sequences)
        try:
            run_state_machine_as_test(
                Sequences,
                settings=settings(
                    max_examples=arguments.count,
                    stateful_step_count=arguments.steps,
                    phases=[Phase.generate],
                    **UNHURRIED,
                ),
            )
        finally:
            for what, count in counts.items():
                print(f"{count:7} {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
