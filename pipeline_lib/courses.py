"""A treatment as typed data: its label, its course and its maintenance, step by step.

The five kinds of steps are what the paper's recoveries are made of.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline_lib.network import Activation

RESERVED_NAMES = ("healthy", "untreated")

Count = Annotated[int, Field(ge=1)]
Deviation = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Model(BaseModel):
    """No unknown keys, no silent conversions, no infinities."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


M = TypeVar("M", bound=Model)


class Train(Model):
    """Train the surviving weights with a fresh Adam."""

    epochs: Count = Field(description="passes over the training points")
    lr: Annotated[float, Field(gt=0)] = Field(description="Adam's learning rate")
    noise: Annotated[list[Deviation], Field(min_length=2, max_length=2)] | None = Field(
        None, description="internal noise σ of the first and the last epoch, linear between"
    )


class Regrow(Model):
    """Regrow the pruned weights with the steepest gradients."""

    fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        description="share of each matrix's pruned weights"
    )
    batches: Count = Field(description="mini-batches over which gradients are summed")
    sd: Deviation = Field(description="sd of the regrown weights")


class Modulate(Model):
    """Put every hidden layer under another activation and damping."""

    activation: Activation = Field(description="activation of the hidden layers")
    damping: Annotated[float, Field(gt=0)] = Field(description="factor on hidden activity")


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
    """One step of a course; exactly one kind."""

    regrow: Regrow | None = None
    train: Train | None = None
    modulate: Modulate | None = None
    withdraw: Withdraw | None = None
    prune: Prune | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_kind(cls, value: Any) -> Any:
        # `- withdraw` and `- withdraw:` both mean a step without options.
        if isinstance(value, str):
            return {value: {}}
        if isinstance(value, dict):
            return {kind: {} if options is None else options for kind, options in value.items()}
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        return _one_key(self, f"the steps {', '.join(type(self).model_fields)}")


class Treatment(Model):
    """A recovery from the pruned network, and its maintenance under stress."""

    label: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        description="name in tables and figures"
    )
    colour: str | None = Field(None, description='colour in figures, "#rrggbb"')
    course: list[Step] = Field(description="steps from the pruned to the treated network")
    maintenance: list[Step] = Field(description="steps after each stress cycle")
    withdrawal: bool = Field(False, description="also measure with the modulation off")

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


def _one_key(model: M, allowed: str) -> M:
    if sum(value is not None for value in dict(model).values()) != 1:
        raise ValueError(f"it must have exactly one of {allowed}")
    return model


def _treatment_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in RESERVED_NAMES:
        raise ValueError(
            "it must be lower-case letters, digits and `_`, begin with a letter, and not be "
            + " or ".join(RESERVED_NAMES)
        )
    return name


TreatmentName = Annotated[str, AfterValidator(_treatment_name)]
