"""What one seed costs on each engine, beside the straightforward program.

    python -m benchmarks.engines [--seed 0] [--study studies/smoke.yaml] [--quick]
        [--contenders fast,plain,straightforward] [--out FOLDER]

measures the whole protocol of one seed, in CPU-seconds and one thread, by phase. Each contender has
a process of its own, and they work in turns, one training each: a shared machine is faster at one
minute than at the next, and so all contenders have the same minutes. Compilation is not measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS, ROOT, Table, Value, machine, save

YARDSTICK = "straightforward"
CONTENDERS = ("fast", "plain", YARDSTICK)
FEW_EPOCHS = {"fast": 2, "plain": 1, YARDSTICK: 1}  # in the quick form
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)

Results = Mapping[str, Mapping[str, Any]]


def read_study(overlay: Path | None) -> dict[str, Any]:
    """Return the replay's slice of a study: all that one seed's protocol needs."""
    import yaml
    from snakemake.utils import update_config

    from pipeline_lib.study import slices, validation

    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    if overlay:
        update_config(config, yaml.safe_load(overlay.read_text(encoding="utf-8")))
    return slices.replay(validation.validate(config))


def in_turns(requests: Results) -> dict[str, dict[str, Any]]:
    """Return each contender's result; `requests` as `benchmarks.contender` reads them."""
    running: dict[str, subprocess.Popen[str]] = {}
    results: dict[str, dict[str, Any]] = {}
    try:
        while len(results) < len(requests):
            for name in [name for name in requests if name not in results]:
                answer = next_answer(running, name, requests[name])
                if answer != "turn":
                    results[name] = json.loads(answer)
    finally:
        for process in running.values():
            process.kill()
            process.communicate()
    return {name: results[name] for name in requests}


def next_answer(
    running: dict[str, subprocess.Popen[str]], name: str, request: Mapping[str, Any]
) -> str:
    """Let a contender go on, or start it, and return what it says next."""
    first = name not in running
    if first:
        running[name] = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.contender"],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    process = running[name]
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(request) + "\n" if first else "go on\n")
    process.stdin.flush()
    answer = process.stdout.readline().strip()
    if not answer:
        sys.exit(f"{name} ended without a result")
    return answer


def phase_table(results: Results, *, quick: bool) -> Table:
    """Return CPU-seconds by phase, and how many times less than the yardstick each needs."""
    names = list(results)
    others = [name for name in names if name != YARDSTICK and YARDSTICK in names]
    totals = {name: sum(result["seconds"].values()) for name, result in results.items()}
    rows: list[list[Value]] = []
    for phase in next(iter(results.values()))["seconds"]:
        rows.append([phase, *[float(results[name]["seconds"][phase]) for name in names]])
    rows.append(["total", *totals.values()])
    for row in rows:
        cost = dict(zip(names, row[1:], strict=True))
        row += [cost[YARDSTICK] / cost[name] if cost[name] else None for name in others]
    scaled = ", ".join(
        f"{name} {sum(results[name]['scaled'].values()) / totals[name]:.0%}" for name in names
    )
    note = "CPU-seconds of one seed. " + (
        "Quick form: each training ran for its first epoch only "
        f"({FEW_EPOCHS['fast']} epochs on the fast engine), and its time was scaled up by epochs. "
        f"The scaled share of each total: {scaled}."
        if quick
        else "Everything was run; nothing is scaled."
    )
    columns = ["phase", *names, *[f"{YARDSTICK} / {name}" for name in others]]
    return Table("phases", "One seed by phase", columns, rows, note)


def start_table(results: Results) -> Table:
    """Return what a process costs before it begins, and the memory it takes."""
    columns = ["contender", "imports, CPU-s", "first calls, CPU-s", "MB at most"]
    keys = ("imports", "first_calls", "memory")
    rows = [[name, *[float(result[key]) for key in keys]] for name, result in results.items()]
    note = (
        "Before the first phase: imports, then the protocol on next to no network, where PyTorch "
        "sets itself up and kernels are read from their cache."
    )
    return Table("start_up", "Start-up and memory", columns, rows, note)


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--study", type=Path, help="overlay on config.yaml")
    parser.add_argument("--contenders", default=",".join(CONTENDERS))
    parser.add_argument("--quick", action="store_true", help="few epochs, scaled up")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    chosen = parser.parse_args()
    names = chosen.contenders.split(",")
    if unknown := set(names) - set(CONTENDERS):
        parser.error(f"no such contender: {', '.join(sorted(unknown))}")
    before, study = machine(), read_study(chosen.study)
    results = in_turns(
        {
            name: {
                "contender": name,
                "seed": chosen.seed,
                "study": study,
                "most_epochs": FEW_EPOCHS[name] if chosen.quick else 0,
            }
            for name in names
        }
    )
    tables = [phase_table(results, quick=chosen.quick), start_table(results)]
    save(chosen.out, "engines", "Engines", before, tables)


if __name__ == "__main__":
    main()
