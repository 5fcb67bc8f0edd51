"""Numbers that are drawn for each seed, so that seeds differ as patients do."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from pipeline_lib.options import Model, Signed, Two


class Distribution(Model):
    """What a number is drawn from: uniform between two ends, or normal."""

    uniform: Two[Signed] | None = Field(None, description="the lowest and the highest value")
    normal: Two[Signed] | None = Field(None, description="mean and SD")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.uniform is None) == (self.normal is None):
            raise ValueError("it must have exactly one of `uniform` and `normal`")
        if self.uniform and self.uniform[0] >= self.uniform[1]:
            raise ValueError("`uniform` must have the lowest value first, and a higher one second")
        if self.normal and self.normal[1] <= 0:
            raise ValueError("`normal` must have the mean first, and an SD above 0 second")
        return self

    @property
    def ends(self) -> list[float]:
        """The lowest and the highest value of a uniform distribution; a normal one has none."""
        return self.uniform or []

    @property
    def words(self) -> str:
        """What readers are told about it."""
        if self.uniform:
            return f"drawn from {self.uniform[0]:g} to {self.uniform[1]:g}"
        assert self.normal is not None, "a distribution is uniform or normal"
        return f"drawn with mean {self.normal[0]:g} and SD {self.normal[1]:g}"

    def number(self, seed: int, key: str) -> float:
        """Return the number of this key that is drawn for a seed, whatever else is drawn."""
        from pipeline_lib.model.randomness import numpy_generator

        generator = numpy_generator(seed, "drawn", key)
        if self.uniform:
            return float(generator.uniform(self.uniform[0], self.uniform[1]))
        assert self.normal is not None, "a distribution is uniform or normal"
        return float(generator.normal(self.normal[0], self.normal[1]))
