# The figures of the study, each made from the files that it shows, in the order of the report.

from pipeline_lib import figures
from pipeline_lib.names import STANDARD_POINTS

REGROWTH = slices.first_regrowth(STUDY)
FIRST = SEEDS[0]  # the seed whose networks are shown, which CASES[0] is of
SPECS = figures.specs(MEASURES)
if not has_published("published"):
    del SPECS[figures.COMPARISON.name]
if not PREDICTS:
    del SPECS[figures.PREDICTORS.name]
if not DRAWN:
    del SPECS[figures.PATIENTS.name]
if slices.RELAPSE not in MEASURES:
    del SPECS[figures.SURVIVAL.name]
if not REGROWTH:
    del SPECS[figures.REGROWTH.name]
PLANE = slices.is_plane(STUDY)
if not PLANE:
    del SPECS[figures.REGIONS.name]


def figure_of(name):
    """The file of a figure, as a vector drawing."""
    return in_results("figures", f"{name}.svg")


def plan_of_figure(name, study, script, *entries, **inputs):
    """The plan of a figure, from what it reads of the study and the plans of its files."""
    return plan(
        f"figure {name}", study=study, code=code(script, *entries), inputs=inputs
    )


DIFFERING, SURVIVAL, TRAINING, COMPARISON, GROWN, REGIONS, PREDICTORS = (
    spec.name for spec in figures.SPECIAL
)


for name, spec in SPECS.items():
    if spec in figures.SPECIAL:
        continue

    rule:
        name:
            f"figure_{name}"
        input:
            values=to_make(figure_of(name), VALUES),
            cells=to_make(figure_of(name), CELLS),
        output:
            pictures=picture(name),
            stamp=stamp_of(f"figure_{name}"),
        log:
            log_of(f"figures/{name}"),
        group:
            STUDY_GROUP
        threads: 1
        params:
            caption=spec.caption,
            study=slices.figure(STUDY, name, LOOKS),
            planned=lambda wildcards: plan_of_values(),
            made_by=lambda wildcards, name=name: plan_of_figure(
                name,
                slices.figure(STUDY, name, LOOKS),
                "figure",
                *of_measures("FIGURES", "NUMBERS"),
                values=plan_of_values(),
            ),
        message:
            f"draw the figure {name}"
        script:
            "../workflow_scripts/figure.py"


if slices.RELAPSE in MEASURES:

    rule figure_survival:
        input:
            to_make(figure_of(SURVIVAL), in_results("statistics", "survival.parquet")),
        output:
            pictures=picture(SURVIVAL),
            stamp=stamp_of(f"figure_{SURVIVAL}"),
        log:
            log_of(f"figures/{SURVIVAL}"),
        group:
            STUDY_GROUP
        threads: 1
        params:
            caption=figures.SURVIVAL.caption,
            study=slices.figure(STUDY, SURVIVAL, LOOKS),
            planned=lambda wildcards: plan_of_statistics(),
            made_by=lambda wildcards: plan_of_figure(
                SURVIVAL,
                slices.figure(STUDY, SURVIVAL, LOOKS),
                "figure_survival",
                survival=plan_of_statistics(),
            ),
        message:
            f"draw the figure {SURVIVAL}"
        script:
            "../workflow_scripts/figure_survival.py"


if PREDICTS:

    rule figure_predictors:
        input:
            to_make(
                figure_of(PREDICTORS),
                in_results("statistics", f"{ASSOCIATIONS}.parquet"),
            ),
        output:
            pictures=picture(PREDICTORS),
            stamp=stamp_of(f"figure_{PREDICTORS}"),
        log:
            log_of(f"figures/{PREDICTORS}"),
        group:
            STUDY_GROUP
        threads: 1
        params:
            caption=figures.PREDICTORS.caption,
            study=slices.figure(STUDY, PREDICTORS, LOOKS),
            planned=lambda wildcards: plan_of_predictors(),
            made_by=lambda wildcards: plan_of_figure(
                PREDICTORS,
                slices.figure(STUDY, PREDICTORS, LOOKS),
                "figure_predictors",
                *of_measures("NUMBERS"),
                associations=plan_of_predictors(),
            ),
        message:
            f"draw the figure {PREDICTORS}"
        script:
            "../workflow_scripts/figure_predictors.py"


if DRAWN:

    rule figure_patients:
        input:
            to_make(figure_of(DIFFERING), VALUES),
        output:
            pictures=picture(DIFFERING),
            stamp=stamp_of(f"figure_{DIFFERING}"),
        log:
            log_of(f"figures/{DIFFERING}"),
        group:
            STUDY_GROUP
        threads: 1
        params:
            caption=figures.PATIENTS.caption,
            study=slices.figure(STUDY, DIFFERING, LOOKS),
            drawn=DRAWN,
            planned=lambda wildcards: plan_of_values(),
            made_by=lambda wildcards: plan_of_figure(
                DIFFERING,
                [slices.figure(STUDY, DIFFERING, LOOKS), DRAWN],
                "figure_patients",
                *of_measures("NUMBERS"),
                values=plan_of_values(),
            ),
        message:
            f"draw the figure {DIFFERING}"
        script:
            "../workflow_scripts/figure_patients.py"


rule figure_training:
    input:
        to_make(figure_of(TRAINING), gathered("history")),
    output:
        pictures=picture(TRAINING),
        stamp=stamp_of(f"figure_{TRAINING}"),
    log:
        log_of(f"figures/{TRAINING}"),
    group:
        STUDY_GROUP
    threads: 1
    params:
        caption=figures.TRAINING.caption,
        measured=slices.gather(STUDY, "history"),
        study=slices.figure(STUDY, TRAINING, LOOKS),
        planned=lambda wildcards: plan_of_gather("history"),
        made_by=lambda wildcards: plan_of_figure(
            TRAINING,
            LOOKS,
            "figure_training",
            history=plan_of_gather("history"),
        ),
    message:
        f"draw the figure {TRAINING}"
    script:
        "../workflow_scripts/figure_training.py"


if has_published("published"):

    rule figure_comparison:
        input:
            to_make(
                figure_of(COMPARISON), in_results("reproduction", "comparison.parquet")
            ),
        output:
            pictures=picture(COMPARISON),
            stamp=stamp_of(f"figure_{COMPARISON}"),
        log:
            log_of(f"figures/{COMPARISON}"),
        group:
            STUDY_GROUP
        threads: 1
        params:
            caption=figures.COMPARISON.caption,
            study=slices.figure(STUDY, COMPARISON, LOOKS),
            planned=lambda wildcards: plan_of_reproduction(),
            made_by=lambda wildcards: plan_of_figure(
                COMPARISON,
                slices.figure(STUDY, COMPARISON, LOOKS),
                "figure_comparison",
                *of_measures("TABLES", "NUMBERS"),
                comparison=plan_of_reproduction(),
            ),
        message:
            f"draw the figure {COMPARISON}"
        script:
            "../workflow_scripts/figure_comparison.py"


if REGROWTH:

    rule figure_regrowth:
        input:
            pruned=to_make(figure_of(GROWN), of_first(network_of(UNTREATED))),
            treated=to_make(
                figure_of(GROWN),
                of_first(in_seed(REGROWTH[0], "network.safetensors")),
            ),
        output:
            pictures=picture(GROWN, narrow=False),
            stamp=stamp_of(f"figure_{GROWN}"),
        log:
            log_of(f"figures/{GROWN}"),
        group:
            STUDY_GROUP
        threads: 1
        params:
            caption=figures.REGROWTH.caption,
            seed=FIRST,
            treatment=REGROWTH[0],
            batches=REGROWTH[1],
            study={"looks": LOOKS, **slices.treat(CASES[0], REGROWTH[0])},
            planned=lambda wildcards: {
                name: plan_of_network(name) for name in (UNTREATED, REGROWTH[0])
            },
            made_by=lambda wildcards: plan_of_figure(
                GROWN,
                [LOOKS, FIRST, slices.treat(CASES[0], REGROWTH[0])],
                "figure_regrowth",
                ENGINES[0],
                pruned=plan_of_network(UNTREATED),
                treated=plan_of_network(REGROWTH[0]),
            ),
        message:
            f"draw the figure {GROWN}"
        script:
            "../workflow_scripts/figure_regrowth.py"


if PLANE:

    rule figure_regions:
        input:
            healthy=to_make(
                figure_of(REGIONS), of_first(in_seed("baseline.safetensors"))
            ),
            untreated=to_make(figure_of(REGIONS), of_first(network_of(UNTREATED))),
            treated=to_make(
                figure_of(REGIONS),
                *[
                    of_first(in_seed(treatment, "network.safetensors"))
                    for treatment in TREATMENTS
                ],
                listed=True,
            ),
        output:
            pictures=picture(REGIONS),
            stamp=stamp_of(f"figure_{REGIONS}"),
        log:
            log_of(f"figures/{REGIONS}"),
        group:
            STUDY_GROUP
        threads: 1
        params:
            caption=figures.REGIONS.caption,
            seed=FIRST,
            study={
                "looks": LOOKS,
                STANDARD_POINTS: slices.points(CASES[0], STANDARD_POINTS),
            },
            planned=lambda wildcards: {
                state: plan_of_network(state) for state in [*STATES, *TREATMENTS]
            },
            made_by=lambda wildcards: plan_of_figure(
                REGIONS,
                [LOOKS, FIRST, slices.points(CASES[0], STANDARD_POINTS)],
                "figure_regions",
                **{state: plan_of_network(state) for state in [*STATES, *TREATMENTS]},
            ),
        message:
            f"draw the figure {REGIONS}"
        script:
            "../workflow_scripts/figure_regions.py"
