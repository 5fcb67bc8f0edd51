"""What one seed costs on each engine, beside the straightforward program.

    python -m benchmarks.engines [--seed 0] [--study studies/smoke.yaml] [--quick]
        [--contenders fast,plain,straightforward] [--widths 256,512,1024] [--out FOLDER]

measures the whole protocol of one seed, in CPU-seconds and one thread, by phase, with all
contenders in turns; then the fast engine on wider and narrower networks, one step by sparsity,
and the least time that the arithmetic could take. Compilation is not in the phases.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS, Table, Value, machine, save
from benchmarks.turns import ROOT, environment, in_turns

YARDSTICK = "straightforward"
CONTENDERS = ("fast", "plain", YARDSTICK)
FEW_EPOCHS = {"fast": 2, "plain": 1, YARDSTICK: 1}  # in the quick form
SPARSITIES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)

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


def request(
    name: str,
    seed: int,
    study: Mapping[str, Any],
    most_epochs: int = 0,
    *,
    start_only: bool = False,
) -> dict[str, Any]:
    """Return what a contender is asked for; most_epochs=0 means all."""
    return {
        "contender": name,
        "seed": seed,
        "study": study,
        "most_epochs": most_epochs,
        "start_only": start_only,
    }


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
        f"Of the totals, so much is scaled: {scaled}."
        if quick
        else "Everything was run; nothing is scaled."
    )
    columns = ["phase", *names, *[f"{YARDSTICK} / {name}" for name in others]]
    return Table("phases", "One seed by phase", columns, rows, note)


def start_table(results: Results) -> Table:
    """Return what a process costs before it begins, and the memory it takes."""
    columns = ["contender", "imports, CPU-s", "first calls, CPU-s", "MB at start", "MB at most"]
    keys = ("imports", "first_calls", "start_memory", "memory")
    rows = [[name, *[float(result[key]) for key in keys]] for name, result in results.items()]
    note = (
        "Before the first phase: imports, then the protocol on next to no network, where PyTorch "
        "sets itself up and kernels are read from their cache. All contenders end up with "
        "PyTorch loaded, the fast engine for the choice among ties in regrowth alone."
    )
    return Table("start_up", "Start-up and memory", columns, rows, note)


def compile_costs(seed: int, study: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the results of a first and a second start of the fast engine, with a new cache."""
    ask = request("fast", seed, study, start_only=True)
    with tempfile.TemporaryDirectory() as cache:
        return {
            name: in_turns({name: ask}, NUMBA_CACHE_DIR=cache)[name]
            for name in ("fast, kernels compiled", "fast, kernels from their cache")
        }


def floor_table(result: Mapping[str, Any], rates: Mapping[str, float]) -> Table:
    """Return the least time that the arithmetic could take beside the time it took."""
    rate = max(rates["numpy"], rates["torch"])
    rows: list[list[Value]] = []
    for phase, seconds in result["seconds"].items():
        flop, draws = result["work"].get(phase, (0.0, 0.0))
        products, noise = flop / rate / 1e9, draws * rates["draw"] / 1e9
        rows.append([phase, flop / 1e9, draws / 1e6, products, noise, seconds])
    rows.append(["total", *[sum(row[k] for row in rows) for k in range(1, 6)]])
    for row in rows:
        least = row[3] + row[4]
        row += [row[5] / least if least > 0 else None]
    columns = ["phase", "GFLOP", "M draws", "products, s", "noise, s", "fast, s", "fast / least"]
    note = (
        f"Least time: products of the surviving weights that reach an output, at the rate of a "
        f"dense 512×512×128 product (numpy {rates['numpy']:.0f}, torch {rates['torch']:.0f} "
        f"GFLOP/s; the higher one counts), and noise at {rates['draw']:.2f} ns a draw."
    )
    return Table("floor", "The floor, one seed on the fast engine", columns, rows, note)


def widths_table(
    widths: Sequence[int], seed: int, study: Mapping[str, Any], *, quick: bool
) -> Table:
    """Return what the fast engine needs for hidden layers of w, w and w/2 units."""
    requests = {}
    for width in widths:
        sizes = [study["sizes"][0], width, width, width // 2, study["sizes"][-1]]
        requests[str(width)] = request("fast", seed, {**study, "sizes": sizes}, int(quick))
    rows = [
        [f"{name}, {name}, {int(name) // 2}", sum(result["seconds"].values()), result["memory"]]
        for name, result in in_turns(requests).items()
    ]
    note = "One seed." + (
        " Quick form: each training ran for its first epoch, scaled up." if quick else ""
    )
    columns = ["hidden units", "CPU-s", "MB at most"]
    return Table("widths", "The fast engine by width", columns, rows, note)


def step_costs(study: Mapping[str, Any], *, quick: bool) -> dict[str, Any]:
    """Return what `benchmarks.step_cost` measures."""
    ask = {
        "sizes": study["sizes"],
        "batch_size": study["batch_size"],
        "sparsities": (0.0, 0.7, 0.95) if quick else SPARSITIES,
        "sigmas": [0.0, 0.5],
        "steps": 10 if quick else 40,
        "blocks": 3 if quick else 9,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.step_cost"],
        cwd=ROOT,
        env=environment(),
        input=json.dumps(ask) + "\n",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def steps_table(rows: Sequence[tuple[float, float, Mapping[str, float]]]) -> Table:
    """Return microseconds per step."""
    cells = [[s, sigma, cost["fast"], cost["plain"]] for s, sigma, cost in rows]
    note = (
        "Microseconds, medians of blocks in turns; networks pruned evenly by magnitude, which a "
        "regrown network is not."
    )
    columns = ["sparsity", "noise σ", "fast", "plain", "plain / fast"]
    table = [[*row, row[3] / row[2]] for row in cells]
    return Table("steps", "One optimiser step by sparsity", columns, table, note)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--study", type=Path, help="overlay on config.yaml")
    parser.add_argument("--contenders", default=",".join(CONTENDERS))
    parser.add_argument("--widths", default="256,512,1024", help="of the fast engine; '' for none")
    parser.add_argument("--quick", action="store_true", help="few epochs, scaled up")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    chosen = parser.parse_args()
    chosen.contenders = chosen.contenders.split(",")
    if unknown := set(chosen.contenders) - set(CONTENDERS):
        parser.error(f"no such contender: {', '.join(sorted(unknown))}")
    chosen.widths = [int(width) for width in chosen.widths.split(",") if width]
    return chosen


def main() -> None:
    """Measure, print and save."""
    chosen = arguments()
    before = machine()
    study = read_study(chosen.study)
    seed, quick = chosen.seed, chosen.quick
    results = in_turns(
        {
            name: request(name, seed, study, FEW_EPOCHS[name] if quick else 0)
            for name in chosen.contenders
        }
    )
    starts = dict(results)
    tables = [phase_table(results, quick=quick)]
    if "fast" in results:
        if not quick:
            starts |= compile_costs(seed, study)
        steps = step_costs(study, quick=quick)
        tables += [floor_table(results["fast"], steps["rates"]), steps_table(steps["steps"])]
        if chosen.widths:
            tables.append(widths_table(chosen.widths, seed, study, quick=quick))
    tables.insert(1, start_table(starts))
    save(chosen.out, "engines", "Engines", before, tables)


if __name__ == "__main__":
    main()
