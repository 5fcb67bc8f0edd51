"""A treatment as typed data: its label, its course and its maintenance, step by step.

The five kinds of steps are what the paper's recoveries are made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline_lib.model.network import Activation
from pipeline_lib.names import STATES

# Bounds that no study means to reach: counts fit the files' 32-bit columns, numbers the float32
# that networks are computed in, and names a file's name.
MOST = 1_000_000_000
LARGEST = 1e30
LONGEST_NAME = 60

Count = Annotated[int, Field(ge=1, le=MOST)]
Deviation = Annotated[float, Field(ge=0, le=LARGEST)]
Factor = Annotated[float, Field(gt=0, le=LARGEST)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Model(BaseModel):
    """No unknown keys, no silent conversions, no infinities."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


M = TypeVar("M", bound=Model)


class Train(Model):
    """Train the surviving weights with a fresh Adam."""

    epochs: Count = Field(description="passes over the training points")
    lr: Factor = Field(description="Adam's learning rate")
    noise: Annotated[list[Deviation], Field(min_length=2, max_length=2)] | None = Field(
        None, description="internal noise σ of the first and the last epoch, linear between"
    )
    gain: Annotated[list[Factor], Field(min_length=2, max_length=2)] | None = Field(
        None, description="the modulation's gain in the first and the last epoch; it keeps the last"
    )


class Regrow(Model):
    """Regrow the pruned weights with the steepest gradients."""

    fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        description="share of each matrix's pruned weights"
    )
    batches: Count = Field(description="mini-batches over which gradients are summed")
    sd: Deviation = Field(description="sd of the regrown weights")


class Modulate(Model):
    """Change the activation, damping and gain of every hidden layer; what is not named stays."""

    activation: Activation | None = Field(None, description="activation of the hidden layers")
    damping: Factor | None = Field(None, description="factor on hidden activity")
    gain: Factor | None = Field(None, description="a second factor on hidden activity")

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError("it must have at least one of activation, damping, gain")
        return self


class Withdraw(Model):
    """Take the modulation off."""


class Prune(Model):
    """Prune each matrix by magnitude: to a sparsity, or by a share of the survivors."""

    sparsity: Share | None = Field(None, description="sparsity to reach")
    fraction: Share | None = Field(None, description="share of the surviving weights to cut")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        return _one_key(self, "`sparsity` and `fraction`")


class Step(Model):
    """One step of a course or of maintenance; exactly one kind."""

    regrow: Regrow | None = None
    train: Train | None = None
    modulate: Modulate | None = None
    withdraw: Withdraw | None = None
    prune: Prune | None = None
    every: Count | None = Field(
        None, description="in maintenance: take the step in every so-many-th stress cycle only"
    )

    @model_validator(mode="before")
    @classmethod
    def _bare_kind(cls, value: Any) -> Any:
        # `- withdraw` and `- withdraw:` both mean a step without options.
        if isinstance(value, str):
            return {value: {}}
        if isinstance(value, dict):
            return {
                key: {} if options is None and key in KINDS else options
                for key, options in value.items()
            }
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        return _one_key(self, f"the steps {', '.join(KINDS)}", KINDS)


KINDS = tuple(name for name in Step.model_fields if name != "every")


class Treatment(Model):
    """A recovery from the pruned network, and its maintenance under stress."""

    label: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        description="name in tables and figures"
    )
    colour: str | None = Field(None, description='colour in figures, "#rrggbb"')
    course: list[Step] = Field(description="steps from the pruned to the treated network")
    maintenance: list[Step] = Field(description="steps after each stress cycle")
    withdrawal: bool = Field(False, description="also measure with the modulation off")
    combines: list[str] = Field(
        [], description="the treatments that this one puts together, to be compared with them"
    )

    @field_validator("course")
    @classmethod
    def _in_one_go(cls, course: list[Step]) -> list[Step]:
        if any(step.every is not None for step in course):
            raise ValueError("it has no cycles, so its steps must not have `every`")
        return course

    @field_validator("label")
    @classmethod
    def _printable(cls, label: str) -> str:
        if not label.isprintable() or not label.strip():
            raise ValueError("it must be a line of printable text")
        return label

    @field_validator("colour")
    @classmethod
    def _hexadecimal(cls, colour: str | None) -> str | None:
        if colour is not None and not re.fullmatch("#[0-9A-Fa-f]{6}", colour):
            raise ValueError('it must be "#" and six hexadecimal digits, in quotes')
        return colour


def _one_key(model: M, allowed: str, names: Iterable[str] | None = None) -> M:
    names = type(model).model_fields if names is None else names
    if sum(getattr(model, name) is not None for name in names) != 1:
        raise ValueError(f"it must have exactly one of {allowed}")
    return model


def _treatment_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in STATES:
        raise ValueError(
            "it must be lower-case letters, digits and `_`, begin with a letter, and not be "
            + " or ".join(STATES)
        )
    if len(name) > LONGEST_NAME:
        raise ValueError(f"it must be at most {LONGEST_NAME} characters long")
    return name


TreatmentName = Annotated[str, AfterValidator(_treatment_name)]
