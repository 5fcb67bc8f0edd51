"""The base class of all options, and the types of their numbers with bounds.

Options are read when a study is validated, so this module imports no numerical library.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)

# Bounds that no sensible study reaches. They keep counts within the range of the files' columns,
# and numbers within the float32 range of networks.
MOST = 1_000_000_000
LARGEST = 1e30

# The data sets of a seed are drawn from 32-bit seeds of at most 1000 * seed + 300.
LARGEST_SEED = (2**32 - 1 - 300) // 1000

_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


def number(value: Any) -> Any:
    """Return text like 1e-5, which YAML 1.2 reads as a number, as one, and all else as it is."""
    return float(value) if isinstance(value, str) and _EXPONENT.fullmatch(value) else value


def are_numbers(values: Iterable[Any]) -> bool:
    """Tell whether all are numbers, as the values of a numeric axis are."""
    return all(isinstance(each, int | float) and each is not True for each in map(number, values))


NUMBER = BeforeValidator(number)  # after the bounds, which then are those of a number
AnyValue = Annotated[Any, NUMBER]


def _pair(value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("it must be a list of two")
    return value


Count = Annotated[int, Field(ge=1, le=MOST)]
Deviation = Annotated[float, Field(ge=0, le=LARGEST), NUMBER]
Factor = Annotated[float, Field(gt=0, le=LARGEST), NUMBER]
Share = Annotated[float, Field(gt=0, lt=1), NUMBER]
Signed = Annotated[float, Field(ge=-LARGEST, le=LARGEST), NUMBER]
Item = TypeVar("Item")
Two = Annotated[list[Item], Field(min_length=2, max_length=2), BeforeValidator(_pair)]
# A number throughout, or the first and the last of numbers that change linearly. The tags name the
# two types in error messages.
STEADY, RAMP = "<number throughout>", "<first and last>"
Either = Annotated[
    Annotated[Item, Tag(STEADY)] | Annotated[Two[Item], Tag(RAMP)],
    Discriminator(lambda value: RAMP if isinstance(value, list) else STEADY),
]
Ramp = Either[Deviation]
SignedRamp = Either[Signed]
# A share, or one for each hidden layer.
EVERY_LAYER, BY_LAYER = "<share of every layer>", "<share by layer>"
Part = Annotated[float, Field(ge=0, le=1), NUMBER]
SomePart = Annotated[float, Field(gt=0, le=1), NUMBER]
Parts = Annotated[
    Annotated[Part, Tag(EVERY_LAYER)] | Annotated[list[Part], Field(min_length=1), Tag(BY_LAYER)],
    Discriminator(lambda value: BY_LAYER if isinstance(value, list) else EVERY_LAYER),
]
Scope = Literal["matrix", "network"]  # what the smallest weights are chosen from


def matching(pattern: str, allowed: str) -> AfterValidator:
    """Return a validator of text that fits a pattern; `allowed` says in words what does."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"it must be {allowed}")
        return text

    return AfterValidator(check)


class Model(BaseModel):
    """No unknown keys, no silent conversions, no infinities."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)
