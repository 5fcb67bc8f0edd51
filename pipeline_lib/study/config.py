"""A study as typed data: every key of `config.yaml`, its meaning and its allowed values.

These models are the only source: they validate studies, and `config.schema.json`, which editors
use, is exported from them.
"""

from typing import Annotated, Any, Self, cast

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from pipeline_lib import measures
from pipeline_lib.drawn import Distribution
from pipeline_lib.names import STATES, WITHDRAWN, EngineName
from pipeline_lib.options import LARGEST_SEED, AnyValue, Model, Two, matching
from pipeline_lib.study.sections import (
    Baseline,
    Claim,
    NetworkOptions,
    Pruning,
    Reproduction,
    Seed,
    TaskOptions,
    Training,
    problem,
)
from pipeline_lib.study.treatments import (
    LONGEST_NAME,
    Course,
    Step,
    Treatment,
    Treatments,
    placed,
)

# An axis and its variants are folders of the study's files.
AxisName = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*",
        "a key of the study (pruning.sparsity), or a name of lower-case letters, digits and `_`",
    ),
]
VariantName = Annotated[
    str, matching(r"[A-Za-z0-9][\w.+-]{0,59}", "a word of letters, digits, `_`, `.`, `+` and `-`")
]

# Paths reach Snakemake's patterns and the commands of queues, so others are refused.
Folder = Annotated[
    str,
    matching(
        r"(?=.{1,200}\Z)/?\w[\w.@+ -]*(?<! )(/[\w@][\w.@+ -]*(?<! ))*",
        "a path of letters, digits, spaces, `_`, `.`, `-`, `@`, `+` and `/`, without `..` and"
        " without a `/` at the end, and at most 200 characters long",
    ),
]

# If a key may have two types, these name the types in error messages.
NUMBER, LIST, VALUES, VARIANTS = "<number>", "<list>", "<values>", "<variants>"

AxisValues = Annotated[
    Annotated[list[AnyValue], Field(min_length=1), Tag(VALUES)]
    | Annotated[dict[VariantName, dict[str, Any]], Field(min_length=1), Tag(VARIANTS)],
    Discriminator(lambda values: VARIANTS if isinstance(values, dict) else VALUES),
]


class Study(Model):
    """A whole study except for its measures, which `STUDY` adds; `options_of` returns theirs."""

    seeds: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST_SEED + 1), Tag(NUMBER)]
        | Annotated[list[Seed], Field(min_length=1), Tag(LIST)],
        Discriminator(lambda seeds: LIST if isinstance(seeds, list) else NUMBER),
    ] = Field(description="the number of seeds, counted from 0; or a list of seeds")
    results: Folder = Field(description="folder that everything is written to")
    engine: EngineName = Field(
        description="what computes training and accuracy: fast, or plain, the readable one"
    )
    keep_networks: bool = Field(
        True, description="keep all networks, or only the pruned ones once all are measured"
    )
    publication: bool = Field(
        False,
        description="also draw the figures for a journal, and write tables without published "
        "numbers",
    )
    task: TaskOptions
    network: NetworkOptions
    training: Training
    baseline: Baseline
    pruning: Pruning
    insult: Course | None = Field(None, description="more damage: the steps after the pruning")
    treatments: Treatments = Field(
        min_length=1, description="the treatments by name, in the order in which they are shown"
    )
    contrasts: list[Two[str]] | None = Field(
        None,
        description="the planned comparisons, corrected among themselves: pairs of treatments, "
        "untreated or healthy, or a treatment and withdrawn, which is itself with its modulation "
        "off; null for each combination and its parts or, without combinations, all pairs of "
        "treatments, and for each treatment and itself withdrawn",
    )
    claims: list[Claim] = Field([], description="what the study set out to show")
    reproduction: Reproduction
    axes: dict[AxisName, AxisValues] = Field(
        {}, description="what the study varies: a key and its values, or a name and its variants"
    )
    drawn: dict[AxisName, Distribution] = Field(
        {}, description="numbers that are drawn for each seed: a key and its distribution"
    )

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: int | list[int]) -> int | list[int]:
        if isinstance(seeds, list) and len(set(seeds)) < len(seeds):
            raise ValueError("it must not have duplicates")
        return seeds

    @model_validator(mode="after")
    def _stress_of_what_is_measured(self) -> Self:
        for place in self._own_stress():
            stress, _, measure = place.rpartition(".")
            if measure not in self.measures:
                raise problem(
                    f"{stress} has {measure}, which the study does not measure; it measures"
                    f" {', '.join(self.measures)}"
                )
        return self

    @model_validator(mode="after")
    def _a_share_for_each_layer(self) -> Self:
        layers = len(self.network.hidden)
        steps = list(placed(self.insult or [], "insult"))
        for name, treatment in self.treatments.items():
            steps += placed(treatment.course, f"treatments.{name}.course")
            steps += placed(treatment.maintenance, f"treatments.{name}.maintenance")
        tests = {measure: self.options_of(measure) for measure in self.measures}
        for place, options in (tests | self._own_stress()).items():
            for key, value in options:
                if isinstance(value, list) and value and isinstance(value[0], Step):
                    steps += placed(value, f"{place}.{key}")
        for place, step in steps:
            units = step.modulate.units if getattr(step, "modulate", None) else None
            if isinstance(units, list) and len(units) != layers:
                raise problem(
                    f"{place}.modulate.units has {len(units)} shares; it must have one for each of"
                    f" the {layers} hidden layers"
                )
        return self

    @field_validator("contrasts")
    @classmethod
    def _compare_known(
        cls, contrasts: list[Two[str]] | None, info: ValidationInfo
    ) -> list[Two[str]] | None:
        treatments: dict[str, Treatment] | None = info.data.get("treatments")
        if contrasts is None or treatments is None:
            return contrasts
        names = (*treatments, *STATES)
        off = [name for name, treatment in treatments.items() if treatment.withdrawal]
        kept: list[Two[str]] = []
        for place, pair in enumerate(contrasts):
            if not _gone(info).isdisjoint(pair):
                continue
            unknown = [name for name in pair if name not in {*names, WITHDRAWN}]
            if unknown:
                wrong = f"has {unknown[0][:LONGEST_NAME]!r}; it must name two of "
                wrong += f"{', '.join(names)}, or a treatment and {WITHDRAWN}"
            elif WITHDRAWN in pair and not (pair[0] in off and pair[1] == WITHDRAWN):
                wrong = f"is {pair}; {WITHDRAWN} must follow a treatment that has "
                wrong += f"`withdrawal: true`: {', '.join(off) or 'here none has'}"
            elif pair[0] == pair[1] or any(set(pair) == set(other) for other in kept):
                wrong = f"is {pair}; it must be two different names, and no pair twice"
            else:
                kept.append(pair)
                continue
            raise problem(f"contrasts[{place}] {wrong}")
        return kept

    @model_validator(mode="after")
    def _claim_what_is_measured(self, info: ValidationInfo) -> Self:
        known = [
            number.name
            for number in measures.numbers(self.measures).values()
            if number.better != "neither" and number.by != "cycle"
        ]
        removed = self.model_fields_set.intersection(measures.in_order()).difference(self.measures)
        unmeasured = measures.numbers(removed)
        kept = []
        for place, claim in enumerate(self.claims):
            than = [name for name in claim.than if name not in _gone(info)]
            others = [*self.treatments, *STATES, WITHDRAWN]
            others = [name for name in others if name != claim.better]
            if claim.number in unmeasured or claim.better in _gone(info) or not than:
                continue
            wrong = [("than", name, others) for name in than if name not in others]
            if claim.better not in self.treatments:
                wrong.append(("better", claim.better, [*self.treatments]))
            if claim.number not in known:
                wrong.append(("number", claim.number, known))
            for key, found, allowed in wrong[-1:]:
                raise problem(
                    f"claims[{place}].{key} has {found[:LONGEST_NAME]!r}; it must be one of "
                    f"{', '.join(allowed)}"
                )
            kept.append(claim.model_copy(update={"than": than}))
        return self.model_copy(update={"claims": kept})

    def _own_stress(self) -> dict[str, Model]:
        return {
            f"treatments.{name}.stress.{measure}": options
            for name, treatment in self.treatments.items()
            for measure in measures.in_order()
            if (options := treatment.stress_of(measure))
        }

    @property
    def measures(self) -> list[str]:
        """The names of the measures that the study has, in order."""
        return [name for name in measures.in_order() if getattr(self, name) is not None]

    def options_of(self, measure: str) -> Model:
        """Return the options of a measure that the study has."""
        return cast(Model, getattr(self, measure))

    @property
    def seed_list(self) -> list[int]:
        """The seeds, in the order in which means are taken."""
        return self.seeds if isinstance(self.seeds, list) else list(range(self.seeds))

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the treatments, in order."""
        return {name: treatment.label for name, treatment in self.treatments.items()}

    @property
    def layer_sizes(self) -> list[int]:
        """Units by layer, from the input to the output."""
        return [self.task.features, *self.network.hidden, self.task.classes]


def _gone(info: ValidationInfo) -> set[str]:
    """Return the treatments that an overlay removed; contrasts and claims about them go, too."""
    return set(cast(Any, info.context)["gone"])


def _with_measures() -> type[Study]:
    sections: dict[str, Any] = {}
    for name in measures.in_order():
        each: Any = measures.load(name)
        optional = getattr(each, "OPTIONAL", True)
        sections[name] = (each.Options | None, None) if optional else (each.Options, ...)
    return create_model("Study", __base__=Study, __doc__="A whole study.", **sections)


STUDY = _with_measures()
