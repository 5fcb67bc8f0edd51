"""Small networks, points and studies that several tests use."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml

from pipeline_lib import engines
from pipeline_lib.analysis.published import read_published, read_runs
from pipeline_lib.model.initialisation import initial_network
from pipeline_lib.model.network import Modulation, Network
from pipeline_lib.model.randomness import torch_generator
from pipeline_lib.model.task import Points, clouds
from tests.handmade import REFERENCE, completed

if TYPE_CHECKING:
    from tests.projects import Project

ROOT = Path(__file__).parent.parent
# All copies of the project that the tests make share their compiled kernels.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / "pipeline_lib/engines/fast/__pycache__"))
CENTRES = [[-3, -3], [3, 3], [-3, 3], [3, -3]]


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """A project whose tiny study is finished, on two cores."""
    from tests.projects import Project

    project = Project(tmp_path_factory.mktemp("finished"))
    project.snakemake("-j", "2")
    return project


@pytest.fixture
def paper() -> dict[str, Any]:
    """The paper's study, as loaded from YAML."""
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def published():
    return read_published(REFERENCE / "published.csv")


@pytest.fixture(scope="session")
def runs():
    """The published protocol's runs, seed by seed, with every number that follows from them."""
    return completed(read_runs(REFERENCE / "reference_runs.csv"))


@pytest.fixture(params=["fast", "plain"])
def engine(request):
    """Each engine in turn."""
    return engines.load(request.param)


@pytest.fixture
def network() -> Network:
    """A dense network 2-24-16-4."""
    return initial_network([2, 24, 16, 4], "torch", torch_generator(0, "initial weights"))


@pytest.fixture
def points() -> Points:
    """Training points whose last batch is short: 300 in batches of 128."""
    return clouds("training", 0, centres=CENTRES, sd=0.8, train=300)


def modulated(network: Network, modulation: Modulation) -> Network:
    """Return the same weights under this modulation."""
    return replace(network, modulation=modulation)


def same_bytes(a: Network, b: Network) -> bool:
    """Tell whether two networks are equal in every bit of every parameter and mask."""
    return all(
        np.array_equal(x, y)
        for layers in zip(a.layers(), b.layers(), strict=True)
        for x, y in zip(*layers, strict=True)
    )


def overlaid(study: dict[str, Any], overlay: str) -> dict[str, Any]:
    """Return a study merged with an overlay from the project, as Snakemake does."""
    from snakemake.utils import update_config

    update_config(study, yaml.safe_load((ROOT / overlay).read_text(encoding="utf-8")))
    return study
