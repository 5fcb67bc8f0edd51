"""Is every damaged or misplaced file of a study recognised when it is read?

    python -m tests.trust.damage

writes a network and a file of measurements, then reads them truncated at every so many bytes,
emptied, overwritten at random, and with single bits flipped: in the smaller files every bit, in
the tensors of the network as many as asked for. Then it puts whole files where they do not
belong. Each must be refused in one sentence that names the file and says how to rebuild it. Some
bytes hold no content: the version of the library that wrote a Parquet file, or the plan that a
file was made by, which a workflow compares with its own. Where they are damaged, what is read must
be what was written.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save

from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.gathering import gather, read_gathered
from pipeline_lib.files.networks import origin, read_network, read_provenance, write_network
from pipeline_lib.files.rows import read_table, schema, write_rows, write_table
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import torch_generator
from tests.conftest import same_bytes

REBUILD = "run the workflow again to rebuild"
SEEDS, TREATMENTS = (0, 1), ("ketamine", "ssri")


class Proof:
    """Counts what was refused, and keeps what was not."""

    def __init__(self, folder):
        self.folder = folder
        self.refused: Counter[str] = Counter()
        self.unchanged = 0
        self.wrong: list[str] = []

    def refuses(self, what, read, *named, good=None):
        """Count one reading, which must fail in one sentence that names these files.

        If it is of a damaged file, it may also read what the `good` one held.
        """
        try:
            found = read()
        except PipelineError as error:
            text = str(error)
            if REBUILD in text and "\n" not in text and all(str(path) in text for path in named):
                self.refused[what.partition(":")[0]] += 1
            else:
                self.wrong.append(f"{what}: said {text}")
        except Exception as error:
            self.wrong.append(f"{what}: {type(error).__name__} {error}")
        else:
            if good is not None and same(good, found):
                self.unchanged += 1
            else:
                self.wrong.append(f"{what}: was read as if it were good")

    def damages(self, name, path, read, *, bits, chance):
        """Read a good file in every state of damage; of single bits try so many, or all."""
        good, held = path.read_bytes(), read(path)
        for kind, content in damaged(good, bits, chance):
            path.write_bytes(content)
            self.refuses(f"{name}, {kind}", lambda: read(path), path, good=held)
        path.write_bytes(good)
        read(path)


def same(good, found):
    """Tell whether what was read is what was written: a network, its origin, or rows."""
    if isinstance(good, Network) and isinstance(found, Network):
        return same_bytes(good, found) and good.modulation == found.modulation
    return bool(good == found)


def damaged(good, bits, chance):
    """Yield the kind of damage and the damaged content."""
    yield "emptied", b""
    for size in {*range(1, len(good), max(1, len(good) // 60)), *range(len(good) - 20, len(good))}:
        yield f"truncated: to {size}", good[:size]
    yield "longer", good + b"\0"
    yield "longer", good + good
    for _ in range(60):
        at, much = chance.randrange(len(good)), chance.randint(1, 600)
        filler = chance.choice([bytes(much), chance.randbytes(much)])
        content = (good[:at] + filler + good[at + much :])[: len(good)]
        if content != good:
            yield f"overwritten: {much} bytes at {at}", content
    everywhere = range(8 * len(good))
    for bit in everywhere if bits is None else chance.sample(everywhere, bits):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        yield f"a bit flipped: {bit % 8} of byte {bit // 8}", bytes(content)
    yield "a text", b"seed,accuracy\n0,0.5\n" * 40
    yield "of another project", save({"weights.0": MATRIX})
    for table in (
        pa.table({"accuracy": [0.5, 0.6]}),
        pa.table({name: [] for name in schema(Measurement).names}),
    ):
        parquet = pa.BufferOutputStream()
        pq.write_table(table, parquet)
        yield "of another project", parquet.getvalue().to_pybytes()


def a_network():
    """A small network, pruned."""
    dense = initial_network([2, 12, 10, 4], "torch", torch_generator(0, "initial weights"))
    return prune(dense, 0.5)


MATRIX = a_network().weights[0]


def measurements(seed, treatment, assessment="evaluate"):
    """Rows as an assessment makes them."""
    where = (seed, treatment, assessment, "internal", "on", 0.0, 0.0, None)
    row = Measurement(*where, sparsity=0.95, correct=3, total=4, accuracy=0.75)
    return [replace(row, internal_noise=level) for level in (0.0, 0.5, 1.0)]


def misplaced_networks(proof):
    """Put each network of two seeds where each other belongs."""
    folder = proof.folder / "networks"
    places = [(seed, state) for seed in SEEDS for state in ("healthy", "untreated", *TREATMENTS)]
    files = {place: folder / f"{place[0]}_{place[1]}.safetensors" for place in places}
    for (seed, state), path in files.items():
        write_network(path, a_network(), origin(seed, state))
        read_network(path, origin(seed, state))
    for place, other in permutations(places, 2):
        what, path = f"a network, misplaced: {other} for {place}", files[other]
        proof.refuses(what, lambda at=place, path=path: read_network(path, origin(*at)), path)


def misplaced_measurements(proof):
    """Put each file of measurements of two seeds where each other belongs, and gather them."""
    folder, kinds = proof.folder / "rows", ("evaluate", "acute", "relapse")
    places = [(kind, seed, name) for kind in kinds for seed in SEEDS for name in TREATMENTS]
    files = {place: folder / "{}_{}_{}.parquet".format(*place) for place in places}

    def write(place):
        kind, seed, name = place
        write_rows(files[place], measurements(seed, name, kind), Measurement)

    def gathered(kind):
        paths = [files[place] for place in places if place[0] == kind]
        return gather(paths, Measurement, kind=kind, seeds=SEEDS, states=TREATMENTS)

    for place in places:
        write(place)
    whole = {kind: gathered(kind) for kind in kinds}
    for place in places:
        kind, seed, name = place
        for other in places:
            if other != place:
                shutil.copy(files[other], files[place])
                what = f"measurements, misplaced: {other} for {place}"
                proof.refuses(what, lambda kind=kind: gathered(kind), files[place])
        rows = measurements(seed, name, kind)
        for what, wrong in {
            "a row short": rows[1:],
            "a row twice": [*rows, rows[0]],
            "no rows": [],
            "another sweep": [replace(row, internal_noise=9.0) for row in rows],
        }.items():
            write_rows(files[place], wrong, Measurement)
            proof.refuses(f"measurements, {what}", lambda kind=kind: gathered(kind), files[place])
        write(place)
    path = folder / "gathered.parquet"
    for kind in kinds:
        told = {"kind": kind, "seeds": SEEDS, "states": TREATMENTS}
        good = whole[kind]
        more = [vars(row) for row in measurements(7, "ssri", kind)]
        for table in (
            good.slice(0, 6),  # of one seed
            pa.concat_tables([good.slice(0, 3), good.slice(6, 3)]),  # of one treatment
            *(whole[other] for other in kinds if other != kind),
            pa.concat_tables([good, pa.Table.from_pylist(more, schema=schema(Measurement))]),
            good.slice(1),
            good.slice(0, 0),
        ):
            write_table(path, table)
            what = "gathered measurements, of another study or assessment"
            proof.refuses(what, lambda told=told: read_gathered(path, Measurement, **told), path)
        write_table(path, good)
        read_gathered(path, Measurement, **told)


def prove(folder, *, bits, seed=0):
    """Return the proof; `bits` are tried of each file, all of the Parquet file's if None."""
    chance, proof = random.Random(seed), Proof(folder)
    network = folder / "network.safetensors"
    write_network(network, a_network(), origin(0, "untreated") | {"study": {"lr": 1e-5}})
    proof.damages("a network", network, read_network, bits=bits, chance=chance)
    proof.damages("a network's origin", network, read_provenance, bits=50, chance=chance)
    rows = folder / "rows.parquet"
    write_rows(rows, measurements(0, "ssri"), Measurement)
    options = {"bits": bits, "chance": chance}
    proof.damages("measurements", rows, lambda path: read_table(path, Measurement), **options)
    misplaced_networks(proof)
    misplaced_measurements(proof)
    return proof


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bits", type=int, help="bits to try of each file (default: all)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        proof = prove(Path(folder), bits=arguments.bits)
    for what, count in sorted(proof.refused.items()):
        print(f"{count:7} refused: {what}")
    print(f"{proof.refused.total():7} refused in all, each in one sentence; {len(proof.wrong)} not")
    print(f"{proof.unchanged:7} read as what was written")
    for line in proof.wrong[:50]:
        print(f"  {line}")
    return 1 if proof.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
