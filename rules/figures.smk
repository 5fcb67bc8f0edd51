# The study as pictures, each from the files that it shows. The report shows them in this order; a
# caption stands in report/figures/<name>.rst, for the report and for Snakemake's.

ROWS_OF_FIGURE = {
    "accuracy": "evaluate",
    "resilience": "evaluate",
    "trajectories": "relapse",
    "survival": "relapse",
    "sparsity": "relapse",
    "training": "history",
    **({"switch": "switch"} if STUDY.switch else {}),
}
REGROWTH = slices.first_regrowth(STUDY)
FIGURES = [
    *ROWS_OF_FIGURE,
    *(["comparison"] if has_published("published") else []),
    *(["regrowth"] if REGROWTH else []),
    "regions",
]
FIRST = SEEDS[0]  # whose networks are shown


for name, kind in ROWS_OF_FIGURE.items():

    rule:
        name:
            f"figure_{name}"
        input:
            gathered(kind),
        output:
            picture(name),
        log:
            log_of(f"figures/{name}"),
        benchmark:
            benchmark_of(f"figures/{name}")
        threads: 1
        resources:
            mem_mb=memory(cost.TOGETHER),
            runtime=time_limit(cost.TOGETHER),
        params:
            name=name,
            measured=slices.gather(STUDY, kind),
            study=slices.figure(STUDY, name),
            code=code("figure_of_rows", f"pipeline_lib.figures.{name}"),
        message:
            f"draw the figure {name}"
        script:
            "../workflow_scripts/figure_of_rows.py"


if has_published("published"):

    rule figure_comparison:
        input:
            f"{RESULTS}/reproduction/comparison.csv",
        output:
            picture("comparison"),
        log:
            log_of("figures/comparison"),
        benchmark:
            benchmark_of("figures/comparison")
        threads: 1
        resources:
            mem_mb=memory(cost.TOGETHER),
            runtime=time_limit(cost.TOGETHER),
        params:
            study=slices.figure(STUDY, "comparison"),
            code=code("figure_comparison"),
        message:
            "draw the figure comparison"
        script:
            "../workflow_scripts/figure_comparison.py"


if REGROWTH:

    rule figure_regrowth:
        input:
            pruned=in_seed("pruned.safetensors").format(seed=FIRST),
            treated=in_seed(REGROWTH[0], "network.safetensors").format(seed=FIRST),
        output:
            picture("regrowth"),
        log:
            log_of("figures/regrowth"),
        benchmark:
            benchmark_of("figures/regrowth")
        threads: 1
        resources:
            mem_mb=memory("figure"),
            runtime=time_limit("figure"),
        params:
            seed=FIRST,
            treatment=REGROWTH[0],
            batches=REGROWTH[1],
            study=slices.figure(STUDY, "regrowth"),
            code=code("figure_regrowth", ENGINE),
        message:
            "draw the figure regrowth"
        script:
            "../workflow_scripts/figure_regrowth.py"


rule figure_regions:
    input:
        healthy=in_seed("baseline.safetensors").format(seed=FIRST),
        untreated=in_seed("pruned.safetensors").format(seed=FIRST),
        treated=[
            in_seed(treatment, "network.safetensors").format(seed=FIRST)
            for treatment in TREATMENTS
        ],
    output:
        picture("regions"),
    log:
        log_of("figures/regions"),
    benchmark:
        benchmark_of("figures/regions")
    threads: 1
    resources:
        mem_mb=memory("figure"),
        runtime=time_limit("figure"),
    params:
        seed=FIRST,
        study=slices.figure(STUDY, "regions"),
        code=code("figure_regions"),
    message:
        "draw the figure regions"
    script:
        "../workflow_scripts/figure_regions.py"
