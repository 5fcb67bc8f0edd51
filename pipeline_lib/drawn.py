"""Numbers that are drawn for each seed, so that seeds differ as patients do."""

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
    def words(self) -> str:
        """What readers are told about it."""
        words = "drawn from {:g} to {:g}" if self.uniform else "drawn with mean {:g} and SD {:g}"
        return words.format(*self.uniform or self.normal or ())

    def number(self, seed: int, key: str) -> float:
        """Return the number of this key that is drawn for a seed, whatever else is drawn."""
        from pipeline_lib.model.randomness import numpy_generator

        generator = numpy_generator(seed, "drawn", key)
        draw = generator.uniform if self.uniform else generator.normal
        return float(draw(*self.uniform or self.normal or ()))
