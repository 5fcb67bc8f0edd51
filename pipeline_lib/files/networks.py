"""The file of a network (safetensors, no pickle)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pipeline_lib.errors import PipelineError
from pipeline_lib.files.stamps import BY_HAND, KEY, Made, Stamp, check_plan, note, parsed
from pipeline_lib.files.whole import REMEDY, reason, whole
from pipeline_lib.model.network import UNMODULATED, Modulation, Network
from pipeline_lib.names import HEALTHY, UNTREATED

FORMAT = "network/2"

# safetensors keeps metadata in no fixed order. All of it is therefore under one key, so that the
# same network always gives the same bytes.
_KEY = "pipeline"


def write_network(
    path: str | Path, network: Network, provenance: Mapping[str, Any], made: Made = BY_HAND
) -> None:
    """Write a network with its `provenance`: what made it and from what, ready for JSON.

    Raises PipelineError if a weight or a bias is not a finite number.
    """
    _check_finite(path, network)
    tensors = {}
    for index, (weight, bias, mask) in enumerate(network.layers()):
        tensors[f"weights.{index}"] = np.ascontiguousarray(weight)
        tensors[f"biases.{index}"] = np.ascontiguousarray(bias)
        tensors[f"masks.{index}"] = np.ascontiguousarray(mask)
    # Scars are written only if there are any, so that other files stay as they were.
    for index, scar in enumerate(network.scars):
        tensors[f"scars.{index}"] = np.ascontiguousarray(scar)
    metadata = {
        "format": FORMAT,
        "modulation": _changes(network.modulation),
        "provenance": dict(provenance) | {"versions": library_versions()},
    }
    metadata[KEY] = made.stamp(_digest(tensors, metadata)).text()
    content = save(tensors, {_KEY: json.dumps(metadata, sort_keys=True)})
    with whole(path) as temporary:
        temporary.write_bytes(content)


def origin(seed: int, state: str) -> dict[str, Any]:
    """Return the part of a network's provenance that gives its place in the study.

    `state` is healthy, untreated, or the treatment that the network had.
    """
    stage = {HEALTHY: "baseline", UNTREATED: "pruned"}.get(state)
    if stage:
        return {"stage": stage, "seed": seed}
    return {"stage": "treated", "seed": seed, "treatment": state}


def read_network(
    path: str | Path, belonging: Mapping[str, Any] | None = None, planned: str | None = None
) -> Network:
    """Read a network of this `origin`, made by the plan `planned`; None allows any.

    Raises PipelineError if the file is missing, damaged, or not a network of this project, if it
    has a different origin or plan, or if a weight or a bias is not a finite number.
    """
    tensors, metadata, stamp = _read(path)
    check_plan(path, stamp, planned)
    found = {name: metadata["provenance"].get(name) for name in belonging or {}}
    if belonging and found != belonging:
        raise PipelineError(f"{path}: its origin is {found} instead of {belonging}; {REMEDY}")
    layers = range(sum(name.startswith("masks.") for name in tensors))
    changes = metadata["modulation"]
    if "units" in changes:
        changes["units"] = tuple(map(tuple, changes["units"]))
    network = Network(
        weights=tuple(tensors[f"weights.{index}"] for index in layers),
        biases=tuple(tensors[f"biases.{index}"] for index in layers),
        masks=tuple(tensors[f"masks.{index}"] for index in layers),
        modulation=Modulation(**changes),
        scars=tuple(tensors[f"scars.{index}"] for index in layers if "scars.0" in tensors),
    )
    _check_finite(path, network)
    return network


def read_provenance(path: str | Path) -> dict[str, Any]:
    """Read the provenance of a network file; raises like `read_network`."""
    provenance: dict[str, Any] = _read(path)[1]["provenance"]
    return provenance


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that results can depend on."""
    # The label of a build, such as "+cpu", says nothing about the results.
    names = ("numba", "numpy", "safetensors", "scipy", "torch")
    return {name: version(name).partition("+")[0] for name in names}


def _read(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any], Stamp]:
    try:
        with safe_open(path, framework="np") as file:
            text = (file.metadata() or {}).get(_KEY, "")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = json.loads(text or "{}")
    except FileNotFoundError:
        raise PipelineError(f"{path}: there is no such network file") from None
    except PermissionError as error:
        raise PipelineError(f"{path}: could not be read ({reason(error)})") from None
    except (SafetensorError, ValueError, OSError) as error:
        raise PipelineError(f"{path}: damaged ({error}); {REMEDY}") from None
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise PipelineError(f"{path}: not a network file of format {FORMAT}; {REMEDY}")
    # The digest is of the parsed text and would not notice 1E-5 instead of 1e-5, which is damage.
    intact = text == json.dumps(metadata, sort_keys=True)
    stamp = parsed(str(metadata.pop(KEY, "")))
    if stamp is None or stamp.content != _digest(tensors, metadata) or not intact:
        raise PipelineError(f"{path}: damaged (its digest does not fit its content); {REMEDY}")
    note(path, stamp.content)
    return tensors, metadata, stamp


def _check_finite(path: str | Path, network: Network) -> None:
    # Checked here because an engine leaves out units that reach no output and would not see it.
    if not network.is_finite:
        raise PipelineError(
            f"{path}: a weight or a bias is NaN or infinite; lower the learning rates that led here"
        )


def _changes(modulation: Modulation) -> dict[str, Any]:
    # Only activation and damping are always written, so that files from before the others stay as
    # they were.
    always, defaults = ("activation", "damping"), asdict(UNMODULATED)
    found = asdict(modulation).items()
    return {key: value for key, value in found if key in always or value != defaults[key]}


def _digest(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tensors[name].shape}".encode())
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()
