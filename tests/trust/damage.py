"""Is every damaged or misplaced file of a study recognised when it is read?

    python -m tests.trust.damage

writes a network and a file of measurements and reads them cut off, emptied, made longer,
overwritten at random, and with single bits flipped, and whole networks where they do not belong.
Each must be refused in one sentence that names the file and says how to rebuild it. Only if the
damage is in bytes that hold no content, such as the plan that made the file, may it be read, as
what was written.
"""

import random
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.networks import origin, read_network, read_provenance, write_network
from pipeline_lib.files.rows import read_table, write_rows
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Network
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.randomness import torch_generator
from tests.conftest import same_bytes

REBUILD = "run the workflow again to rebuild"


class Proof:
    """Counts what was refused, and keeps what was not."""

    def __init__(self, folder):
        self.folder = folder
        self.refused: Counter[str] = Counter()
        self.unchanged = 0
        self.wrong: list[str] = []

    def refuses(self, what, read, path, good=None):
        """Count one reading, which must fail in one sentence that names the file.

        If it is of a damaged file, it may also read what the `good` one held.
        """
        try:
            found = read()
        except PipelineError as error:
            text = str(error)
            if REBUILD in text and "\n" not in text and str(path) in text:
                self.refused[what] += 1
            else:
                self.wrong.append(f"{what}: {path}: said {text}")
        except Exception as error:
            self.wrong.append(f"{what}: {path}: {type(error).__name__} {error}")
        else:
            if good is not None and same(good, found):
                self.unchanged += 1
            else:
                self.wrong.append(f"{what}: {path} was read as if it were good")

    def damages(self, name, path, read, bits):
        """Read a good file in every state of damage."""
        good, held = path.read_bytes(), read(path)
        for kind, content in damaged(good, bits):
            path.write_bytes(content)
            self.refuses(f"{name}, {kind}", partial(read, path), path, held)
        path.write_bytes(good)


def same(good, found):
    """Tell whether what was read is what was written: a network, its origin, or rows."""
    if isinstance(good, Network):
        return same_bytes(good, found) and good.modulation == found.modulation
    return bool(good == found)


def damaged(good, bits):
    """Yield the kind of damage and the damaged content; of flipped bits so many, or all."""
    chance = random.Random(0)
    for size in {*range(0, len(good), max(1, len(good) // 80)), *range(len(good) - 20, len(good))}:
        yield "cut off", good[:size]
    yield "longer", good + b"\0"
    yield "longer", good + good
    for _ in range(60):
        at, much = chance.randrange(len(good)), chance.randint(1, 600)
        filler = chance.choice([bytes(much), chance.randbytes(much)])
        content = (good[:at] + filler + good[at + much :])[: len(good)]
        if content != good:
            yield "overwritten", content
    everywhere = range(8 * len(good))
    for bit in everywhere if bits is None else chance.sample(everywhere, bits):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        yield "a bit flipped", bytes(content)
    yield "a text", b"seed,accuracy\n0,0.5\n" * 40


def a_network():
    dense = initial_network([2, 12, 10, 4], "torch", torch_generator(0, "initial weights"))
    return prune(dense, 0.5)


def measurements(seed, treatment, assessment="evaluate"):
    where = (seed, treatment, assessment, "internal", "on", 0.0, 0.0, None)
    row = Measurement(*where, sparsity=0.95, correct=3, total=4, accuracy=0.75)
    return [replace(row, internal_noise=level) for level in (0.0, 0.5, 1.0)]


def misplaced_networks(proof):
    """Put each network of two seeds where each other belongs."""
    places = list(product((0, 1), ("healthy", "untreated", "ketamine", "ssri")))
    for place in places:
        path = proof.folder / f"{place[0]}_{place[1]}.safetensors"
        write_network(path, a_network(), origin(*place))
        read_network(path, origin(*place))
        for other in (each for each in places if each != place):
            misread = partial(read_network, path, origin(*other))
            proof.refuses("a network, misplaced", misread, path)


def prove(folder, *, bits):
    """Return the proof; so many bits are flipped of each file, or all if None."""
    proof = Proof(folder)
    network, rows = folder / "network.safetensors", folder / "rows.parquet"
    write_network(network, a_network(), origin(0, "untreated") | {"study": {"lr": 1e-5}})
    write_rows(rows, measurements(0, "ssri"), Measurement)
    proof.damages("a network", network, read_network, bits)
    proof.damages("a network's origin", network, read_provenance, 50)
    proof.damages("measurements", rows, lambda path: read_table(path, Measurement), bits)
    misplaced_networks(proof)
    return proof


def main():
    with tempfile.TemporaryDirectory() as folder:
        proof = prove(Path(folder), bits=None)
    for what, count in sorted(proof.refused.items()):
        print(f"{count:7} refused: {what}")
    print(f"{proof.refused.total():7} refused in all, each in one sentence; {len(proof.wrong)} not")
    print(f"{proof.unchanged:7} read as what was written")
    print(*proof.wrong[:50], sep="\n")
    return 1 if proof.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
