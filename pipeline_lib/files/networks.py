"""Files that appear whole or not at all, and the file of a network (safetensors, no pickle)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from glob import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pipeline_lib.errors import PipelineError
from pipeline_lib.model.network import Modulation, Network
from pipeline_lib.names import HEALTHY, UNTREATED

FORMAT = "network/1"

# safetensors keeps metadata in no fixed order, so all of it stands under one key: the same
# network is then the same bytes.
_KEY = "pipeline"


REMEDY = "delete it and run the workflow again to rebuild it"


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path to write; on success it becomes `path`, on failure it vanishes.

    What an earlier process that was killed left of the same file goes with it. Raises
    PipelineError if the file cannot be written: no room, no permission.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{escape(path.name)}.*.part"):
            left.unlink(missing_ok=True)
        yield temporary
        _to_disk(temporary)
        os.replace(temporary, path)
        # Without this a power failure could keep Snakemake's record of the job and lose the name.
        _to_disk(path.parent)
    except OSError as error:
        raise PipelineError(f"{path}: could not be written ({_reason(error)})") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _to_disk(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _reason(error: OSError) -> str:
    # pyarrow's errors have no strerror, and say it behind their own words.
    return os.strerror(error.errno) if error.errno else str(error).splitlines()[0]


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file, whole."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_network(path: str | Path, network: Network, provenance: Mapping[str, Any]) -> None:
    """Write a network, with the JSON-ready `provenance` of who made it and from what.

    Raises PipelineError if a weight or a bias is not a finite number.
    """
    _check_finite(path, network)
    tensors = {}
    for index, (weight, bias, mask) in enumerate(network.layers()):
        tensors[f"weights.{index}"] = np.ascontiguousarray(weight)
        tensors[f"biases.{index}"] = np.ascontiguousarray(bias)
        tensors[f"masks.{index}"] = np.ascontiguousarray(mask)
    metadata = {
        "format": FORMAT,
        "modulation": _changes(network.modulation),
        "provenance": dict(provenance) | {"versions": library_versions()},
    }
    metadata["digest"] = _digest(tensors, metadata)
    content = save(tensors, {_KEY: json.dumps(metadata, sort_keys=True)})
    with whole(path) as temporary:
        temporary.write_bytes(content)


def origin(seed: int, state: str) -> dict[str, Any]:
    """Return what the provenance of a network says of its place in the study.

    `state` is healthy, untreated, or the treatment that the network had.
    """
    stage = {HEALTHY: "baseline", UNTREATED: "pruned"}.get(state)
    if stage:
        return {"stage": stage, "seed": seed}
    return {"stage": "treated", "seed": seed, "treatment": state}


def read_network(path: str | Path, belonging: Mapping[str, Any] | None = None) -> Network:
    """Read a network; `belonging` is the `origin` that it must have, whatever if None.

    Raises PipelineError if the file is missing, damaged, not a network of this project, one of
    another origin, or if a weight or a bias is not a finite number.
    """
    tensors, metadata = _read(path)
    found = {name: metadata["provenance"].get(name) for name in belonging or {}}
    if belonging and found != belonging:
        raise PipelineError(f"{path}: {_named(found)} instead of {_named(belonging)}; {REMEDY}")
    layers = range(len(tensors) // 3)
    network = Network(
        weights=tuple(tensors[f"weights.{index}"] for index in layers),
        biases=tuple(tensors[f"biases.{index}"] for index in layers),
        masks=tuple(tensors[f"masks.{index}"] for index in layers),
        modulation=Modulation(**metadata["modulation"]),
    )
    _check_finite(path, network)
    return network


def read_provenance(path: str | Path) -> dict[str, Any]:
    """Read who made a network file and from what; raises like `read_network`."""
    provenance: dict[str, Any] = _read(path)[1]["provenance"]
    return provenance


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that results can depend on."""
    # A local build's label, "+cpu", says where it came from and not what it computes.
    names = ("numba", "numpy", "safetensors", "scipy", "torch")
    return {name: version(name).partition("+")[0] for name in names}


def _named(origin: Mapping[str, Any]) -> str:
    return "the network " + ", ".join(f"{name} {value}" for name, value in origin.items())


def _read(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    try:
        with safe_open(path, framework="np") as file:
            text = (file.metadata() or {}).get(_KEY, "")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = json.loads(text or "{}")
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such network file") from None
    except PermissionError as error:
        raise PipelineError(f"{path}: could not be read ({_reason(error)})") from None
    except (SafetensorError, ValueError, OSError) as error:
        raise PipelineError(f"{path}: damaged ({error}); {REMEDY}") from None
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise PipelineError(f"{path}: not a network file of format {FORMAT}; {REMEDY}")
    # The checksum is of what the text says; 1E-5 for 1e-5 says the same, and is damage too.
    intact = text == json.dumps(metadata, sort_keys=True)
    if metadata.pop("digest", None) != _digest(tensors, metadata) or not intact:
        raise PipelineError(f"{path}: damaged (its checksum does not fit its content); {REMEDY}")
    return tensors, metadata


def _check_finite(path: str | Path, network: Network) -> None:
    # Here, because an engine leaves out units that reach no output, and would not see theirs.
    if not network.is_finite:
        raise PipelineError(
            f"{path}: a weight or a bias is NaN or infinite; lower the learning rates that led here"
        )


def _changes(modulation: Modulation) -> dict[str, Any]:
    # A gain is written where there is one: without it files are what they were before gains.
    found = asdict(modulation)
    return found if modulation.gain != 1 else {k: v for k, v in found.items() if k != "gain"}


def _digest(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tensors[name].shape}".encode())
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()
