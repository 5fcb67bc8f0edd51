"""The figure of what regrowth did to the networks of one seed."""

from pipeline_lib import engines
from pipeline_lib.figures import regrowth, style
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.jobs.log import job_log
from pipeline_lib.model.task import training_points

seed, treatment = snakemake.params.seed, snakemake.params.treatment
study = snakemake.params.study
labels, colours, numbers = study["labels"], study["colours"], study["numbers"]

with job_log(snakemake.log[0], "draw the figure regrowth"), style.applied():
    looks = style.looks(labels, colours)
    pruned = read_network(snakemake.input.pruned, origin(seed, "untreated"))
    engine = engines.load(numbers["engine"])
    # The generator of the course itself: the very mini-batches that the regrowth went by.
    scores = engine.gradient_magnitudes(
        pruned,
        training_points(seed, **numbers["training_points"]),
        batches=snakemake.params.batches,
        batch_size=numbers["batch_size"],
        generator=engine.generator(seed, "course", treatment),
    )
    treated = read_network(snakemake.input.treated, origin(seed, treatment))
    matrices = regrowth.data(pruned, treated, scores)
    figure = regrowth.draw(matrices, looks["untreated"], looks[treatment], seed=seed)
    style.save(figure, snakemake.output)
