"""The sections that every study has: the task, the network, its training and its damage."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from pipeline_lib import items
from pipeline_lib.options import LARGEST_SEED, Count, Factor, Model, Real, Scope, Share, Signed

Position = Annotated[list[Signed], Field(min_length=2, max_length=2)]

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]

# If a key may have two types, these name the types in error messages.
KEYWORD, MAPPING = "<keyword>", "<mapping>"

LONGEST_PATH = 200


class TaskOptions(Model):
    """The Gaussian clouds and the sizes of the data sets."""

    centres: list[Position] = Field(min_length=2, description="one cloud per class, in order")
    sd: Factor = Field(description="SD of a cloud along each axis")
    train: Count = Field(description="training points per seed")
    test: Count = Field(description='"standard" test points per seed, scattered as in training')
    clean: Count = Field(description='"clean" test points per seed, exactly on the centres')


class NormalWeights(Model):
    """Initial weights from a normal distribution, with biases of zero."""

    normal: Factor = Field(description="SD of the initial weights")


class NetworkOptions(Model):
    """The classifier as it is before training."""

    hidden: list[Count] = Field(min_length=1, description="units of each hidden layer")
    init: Annotated[
        Annotated[Literal["torch"], Tag(KEYWORD)] | Annotated[NormalWeights, Tag(MAPPING)],
        Discriminator(lambda init: MAPPING if isinstance(init, dict | NormalWeights) else KEYWORD),
    ] = Field(description='"torch" (PyTorch\'s default, as published) or {normal: sd}')


class Training(Model):
    """What all training has in common."""

    batch_size: Count = Field(description="points per mini-batch")


class Baseline(Model):
    """Training of the healthy network."""

    epochs: Count = Field(description="passes over the training points")
    lr: Factor = Field(description="Adam's learning rate")


class Pruning(Model):
    """The damage: pruning of the healthy network, the same for every treatment."""

    sparsity: Annotated[Real, Field(ge=0, lt=1)] = Field(
        description="fraction of the weights that is cut"
    )
    scope: Scope = Field(
        "matrix", description="whether each matrix is pruned separately, or the network as a whole"
    )


class Claim(Model):
    """What the study set out to show: that a treatment does better on a number than others."""

    number: str = Field(description="a number of the study; of a series, its strongest level")
    better: str = Field(description="the treatment that does better")
    than: list[str] = Field(
        min_length=1,
        description="treatments, untreated, healthy, or withdrawn for itself with its modulation "
        "off",
    )


class PublishedRuns(Model):
    """Published runs that `replay` repeats on their own random streams."""

    order: str = Field(description="their order of work, a file in pipeline_lib/replay/orders")
    streams: list[Seed] = Field(min_length=1, description="the seed of each run's random stream")
    data: Seed | None = Field(
        None, description="the seed whose points all runs had, or null for those of its own seed"
    )

    @field_validator("order")
    @classmethod
    def _of_a_file(cls, order: str) -> str:
        if order not in (known := items.names("replay.orders")):
            raise ValueError(f"it must be one of {', '.join(known)}")
        return order


class Reproduction(Model):
    """How our means are compared with published ones."""

    published: Annotated[str, Field(min_length=1)] | None = Field(
        description="CSV file of published numbers, or null for a study that has none"
    )
    runs: Annotated[str, Field(min_length=1)] | None = Field(
        description="CSV file of the published run's results seed by seed, or null"
    )
    replay: PublishedRuns | None = Field(
        None, description="single published runs, or null for runs of the paper's protocol"
    )
    alpha: Share = Field(description="error rate of the verdict, over all means together")
    margin: Factor = Field(description="difference, in published SDs, that counts as none")

    @field_validator("published", "runs")
    @classmethod
    def _of_this_machine(cls, path: str | None) -> str | None:
        # Braces, `://` and similar characters have a special meaning in Snakemake.
        if path is not None and (
            not re.fullmatch(r"[\w./][\w .+~-]*(/[\w .+~-]*)*", path)
            or path != path.strip()
            or len(path) > LONGEST_PATH
        ):
            raise ValueError(
                "it must be the path of a file, of letters, digits, spaces, `_`, `.`, `+`, `~`, "
                f"`-` and `/`, and at most {LONGEST_PATH} characters long"
            )
        return path
