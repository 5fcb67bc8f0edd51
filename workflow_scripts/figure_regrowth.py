"""The figure of what regrowth did to the networks of one seed."""

from pipeline_lib import engines
from pipeline_lib.figures import pages, regrowth, style
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.model.task import points
from pipeline_lib.names import COURSE, TRAINING, UNTREATED

told, planned = snakemake.params.told, snakemake.params.planned
seed, treatment, trained = told["seed"], told["treatment"], told["trained"]

with job_log(snakemake.log[0], "draw the figure regrowth"):
    looks = style.looks(**snakemake.params.study["looks"])
    pruned = read_network(snakemake.input.pruned, origin(seed, UNTREATED), planned[UNTREATED])
    engine = engines.load(trained["engine"])
    # This is the generator of the course, so these are the mini-batches that regrowth used.
    scores = engine.gradient_magnitudes(
        pruned,
        points(TRAINING, seed, **trained["training"]),
        batches=told["batches"],
        batch_size=trained["batch_size"],
        generator=engine.generator(seed, COURSE, treatment),
    )
    treated = read_network(snakemake.input.treated, origin(seed, treatment), planned[treatment])
    before, after = looks[UNTREATED], looks[treatment]
    pages.save(
        lambda: regrowth.draw(pruned, treated, scores, before, after, seed=seed),
        snakemake.output.pictures,
    )
    by = made(snakemake.params.made_by, snakemake.input)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, by)
