"""The figure of the task, and of the class that each network of one seed gives each point."""

from pipeline_lib.figures import pages, regions, style
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.stamps import stamp_files
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.model.task import standard_points
from pipeline_lib.names import HEALTHY, UNTREATED

files, planned = snakemake.input, snakemake.params.planned
looks, told = snakemake.params.study["looks"], snakemake.params.told
seed, points = told["seed"], told["points"]

with job_log(snakemake.log[0], "draw the figure regions"):
    paths = {HEALTHY: files.healthy, UNTREATED: files.untreated}
    paths |= dict(zip(looks["labels"], files.treated, strict=True))
    networks = {
        state: read_network(path, origin(seed, state), planned[state])
        for state, path in paths.items()
    }
    options = {"centres": points["centres"], "sd": points["sd"], "seed": seed}
    tested = standard_points(seed, **points)
    pages.save(
        lambda: regions.draw(networks, tested, style.looks(**looks), **options),
        snakemake.output.pictures,
    )
    by = made(snakemake.params.made_by, snakemake.input)
    stamp_files(snakemake.output.stamp, snakemake.output.pictures, by)
