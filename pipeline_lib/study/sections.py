"""The sections that every study has: the task, the network, its training and its damage."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pipeline_lib import items
from pipeline_lib.errors import PipelineError
from pipeline_lib.options import (
    LARGEST_SEED,
    NUMBER,
    Count,
    Factor,
    Model,
    Scope,
    Share,
    Signed,
    matching,
)
from pipeline_lib.points_file import PointsFile, read_points

Position = Annotated[list[Signed], Field(min_length=1)]

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]

# If a key may have two types, these name the types in error messages.
KEYWORD, MAPPING = "<keyword>", "<mapping>"

HELD_OUT = 0.25

ELSEWHERE = "elsewhere"  # the type of errors whose message is a complete sentence


def problem(sentence: str) -> PydanticCustomError:
    """Return what a validator raises if a complete sentence is the message."""
    return PydanticCustomError(ELSEWHERE, sentence)


# Braces, `://` and similar characters have a special meaning in Snakemake.
LocalFile = Annotated[
    str,
    Field(min_length=1),
    matching(
        r"(?=.{1,200}\Z)[\w./][\w .+~-]*(/[\w .+~-]*)*(?<! )",
        "the path of a file, of letters, digits, spaces, `_`, `.`, `+`, `~`, `-` and `/`, at most"
        " 200 characters long, and must not begin with `~`, `+`, `-` or a space",
    ),
]


class TaskOptions(Model):
    """The Gaussian clouds and the sizes of the data sets, or a file of points in their place."""

    centres: list[Position] = Field(min_length=2, description="one cloud per class, in order")
    sd: Factor = Field(description="SD of a cloud along each axis")
    train: Count = Field(description="training points per seed")
    test: Count = Field(description='"standard" test points per seed, scattered as in training')
    clean: Count = Field(description='"clean" test points per seed, exactly on the centres')
    points: LocalFile | None = Field(
        None,
        description="CSV file of points, a column for each feature and the column `label`, which"
        " takes the place of the clouds",
    )
    held_out: Share | None = Field(
        None,
        description="with a file of points: share of each class that is held out for testing;"
        f" null for {HELD_OUT}",
    )

    @field_validator("centres")
    @classmethod
    def _in_one_space(cls, centres: list[list[float]]) -> list[list[float]]:
        if len({len(centre) for centre in centres}) > 1:
            raise ValueError("it must be clouds that all have as many coordinates as the first")
        return centres

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            _ = self.file
        except PipelineError as error:
            raise problem(f"task.points: {error}") from None
        if self.held_out is not None and self.points is None:
            raise problem(f"task.held_out is {self.held_out:g}; only a file of points can have it")
        return self

    @property
    def file(self) -> PointsFile | None:
        """The content of the file of points, if there is one; raises PipelineError."""
        return read_points(self.points) if self.points else None

    @property
    def features(self) -> int:
        """The number of coordinates of a point."""
        return self.file.features if self.file else len(self.centres[0])

    @property
    def classes(self) -> int:
        """The number of classes."""
        return len(self.file.classes if self.file else self.centres)

    @property
    def is_plane(self) -> bool:
        """Whether the task is of clouds in the plane, which can be drawn as such."""
        return self.file is None and self.features == 2

    @property
    def chance(self) -> float:
        """The accuracy of a network that always gives the commonest class, a fraction."""
        return self.file.largest_class if self.file else 1 / len(self.centres)


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

    sparsity: Annotated[float, Field(ge=0, lt=1), NUMBER] = Field(
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
        description="treatments, untreated, healthy, or withdrawn, which is itself with its "
        "modulation off",
    )


class PublishedRuns(Model):
    """Published runs that `replay` repeats on their own random streams."""

    order: str = Field(
        description="the file in pipeline_lib/replay/orders that says in which order they worked"
    )
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

    published: LocalFile | None = Field(
        description="CSV file of published numbers, or null for a study that has none"
    )
    runs: LocalFile | None = Field(
        description="CSV file of the published run's results seed by seed, or null"
    )
    replay: PublishedRuns | None = Field(
        None, description="single published runs, or null for runs of the paper's protocol"
    )
    alpha: Share = Field(le=0.5, description="error rate of the verdict, over all means together")
    margin: Factor = Field(description="difference, in published SDs, that counts as none")
