"""A treatment as typed data: its label, its course and its maintenance, step by step."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, Field, create_model, field_validator, model_validator

from pipeline_lib import items, measures
from pipeline_lib.names import STATES, UNTREATED, WITHDRAWN
from pipeline_lib.options import Count, Model, Part, matching
from pipeline_lib.study.sections import problem

EACH = "each"  # treatment, in the key of an axis
LONGEST_NAME = 60
KINDS = items.names("steps")


class Step(Model):
    """One step of a course or of maintenance, of exactly one kind."""

    every: Count | None = Field(
        None, description="in maintenance: take the step only in every n-th stress cycle"
    )
    chance: Part | None = Field(
        None, description="in maintenance: the probability that the step is taken in a cycle"
    )

    @model_validator(mode="before")
    @classmethod
    def _bare_kind(cls, value: Any) -> Any:
        # `- withdraw` and `- withdraw:` both mean a step without options.
        if isinstance(value, str):
            return {value: {}}
        if isinstance(value, dict):
            bare = [f"`{kind}`" for kind in KINDS if value.get(kind, kind) is None]
            if bare and not value.keys() <= cls.model_fields.keys():
                raise ValueError(
                    f"the options of {bare[0]} must be indented further than {bare[0]}"
                )
            return {
                key: {} if options is None and key in KINDS else options
                for key, options in value.items()
            }
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"it must have exactly one of the steps {', '.join(KINDS)}")
        return self


if TYPE_CHECKING:
    AnyStep = Step
else:
    AnyStep = create_model(
        "Step",
        __base__=Step,
        __doc__=Step.__doc__,
        **{kind: (items.load("steps", kind).Options | None, None) for kind in KINDS},
    )
    # Steps and measures may hold steps.
    for name in [f"{part}.{each}" for part in ("steps", "measures") for each in items.names(part)]:
        items.load(*name.split(".")).Options.model_rebuild(_types_namespace={"Step": AnyStep})
    AnyStep.model_rebuild()


def _stress_of_its_own() -> type[Model]:
    """Return the options in which the tests of one treatment may differ from those of others.

    What turns rows into numbers, such as the threshold of relapse, is the same for all, and so are
    the cycles, because treatments are compared after the last one.
    """
    sections: dict[str, Any] = {}
    for name in measures.in_order():
        measure = measures.load(name)
        shared = {"cycles", *measures.asked(measure.values)}
        own: dict[str, Any] = {
            key: (each.rebuild_annotation() | None, Field(None, description=each.description))
            for key, each in measure.Options.model_fields.items()
            if measure.APPLIES_TO != measures.EVERY_STATE and key not in shared
        }
        if own:
            options = create_model(
                f"Own_{name}", __base__=Model, __doc__=measure.Options.__doc__, **own
            )
            sections[name] = (options | None, None)
    return create_model("Stress", __base__=Model, __doc__="Tests of a treatment.", **sections)


STRESS = _stress_of_its_own()


def placed(steps: Sequence[Any], name: str) -> Iterator[tuple[str, Any]]:
    """Yield all steps of a course or of maintenance, those in others too, with their places."""
    for index, step in enumerate(steps):
        place = f"{name}[{index}]"
        yield place, step
        if step.repeat is not None:
            yield from placed(step.repeat.steps, f"{place}.repeat.steps")


def _in_one_go(course: list[Step]) -> list[Step]:
    if any(step.every is not None or step.chance is not None for step in course):
        raise ValueError("it has no cycles, so its steps must not have `every` or `chance`")
    return course


Course = Annotated[list[AnyStep], AfterValidator(_in_one_go)]
Colour = Annotated[str, matching("#[0-9A-Fa-f]{6}", '"#" and six hexadecimal digits, in quotes')]


class Treatment(Model):
    """A recovery from the pruned network, and its maintenance under stress."""

    label: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        description="name in tables and figures, of at most 60 characters"
    )
    colour: Colour | None = Field(None, description='colour in figures, "#rrggbb"')
    from_: str | None = Field(
        None,
        alias="from",
        description="the treatment whose network the course starts with; null for the untreated "
        "network",
    )
    course: Course = Field(description="steps from the pruned to the treated network")
    maintenance: list[AnyStep] = Field(description="steps after each stress cycle")
    stress: STRESS | None = Field(  # type: ignore[valid-type]
        None, description="options of its tests, such as acute, that differ for this treatment"
    )
    withdrawal: bool = Field(False, description="also measure the network with its modulation off")
    combines: list[str] = Field(
        [], description="the treatments that this one combines, and is compared with"
    )

    @property
    def start(self) -> str:
        """The state whose network the course starts with."""
        return self.from_ or UNTREATED

    def stress_of(self, measure: str) -> Model | None:
        """Return the options of a measure that differ for this treatment, None if none do."""
        return getattr(self.stress, measure, None)

    @field_validator("label")
    @classmethod
    def _printable(cls, label: str) -> str:
        if not label.isprintable() or not label.strip():
            raise ValueError("it must be a line of printable text")
        return label


TreatmentName = Annotated[
    str,
    matching(
        rf"(?!({'|'.join((*STATES, WITHDRAWN, EACH))})\Z)[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}",
        f"at most {LONGEST_NAME} lower-case letters, digits and `_`, begin with a letter, and not"
        f" be {', '.join(STATES)}, {WITHDRAWN} or {EACH}",
    ),
]


def _fit_together(treatments: dict[str, Treatment]) -> dict[str, Treatment]:
    names = {state: state for state in STATES}  # by label, by which readers tell treatments apart
    for name, treatment in treatments.items():
        others = [other for other in treatments if other != name]
        chain = [name]
        while (start := treatments[chain[-1]].start) != UNTREATED:
            key = f"treatments.{chain[-1]}.from is {start[:LONGEST_NAME]!r}"
            if start not in treatments:
                rest = ", ".join(other for other in treatments if other != chain[-1])
                raise problem(f"{key}; it must be one of the other treatments, {rest}")
            if start in chain:
                raise problem(
                    f"{key}; a treatment must not start from itself, directly or through others"
                )
            chain.append(start)
        for part in treatment.combines:
            if part not in others or treatment.combines.count(part) > 1:
                raise problem(
                    f"treatments.{name}.combines has {part[:LONGEST_NAME]!r}; it must name other"
                    f" treatments of the study, each once: {', '.join(others)}"
                )
        label = " ".join(unicodedata.normalize("NFKC", treatment.label).casefold().split())
        if label in names:
            raise problem(
                f"treatments.{name}.label is {treatment.label!r}, the label of {names[label]};"
                " labels must differ"
            )
        names[label] = name
    return treatments


Treatments = Annotated[dict[TreatmentName, Treatment], AfterValidator(_fit_together)]
