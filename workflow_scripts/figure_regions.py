"""The figure of the task, and of what each network of one seed makes of the plane."""

from pipeline_lib.figures import regions, style
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.jobs.log import job_log
from pipeline_lib.model.task import standard_points

seed, files = snakemake.params.seed, snakemake.input
study = snakemake.params.study
labels, colours, numbers = study["labels"], study["colours"], study["numbers"]

with job_log(snakemake.log[0], "draw the figure regions"), style.applied():
    networks = {"healthy": files.healthy, "untreated": files.untreated}
    networks |= dict(zip(labels, files.treated, strict=True))
    points = numbers["standard_points"]
    plane = regions.data(
        {state: read_network(path, origin(seed, state)) for state, path in networks.items()},
        standard_points(seed, **points),
        centres=points["centres"],
        sd=points["sd"],
    )
    style.save(regions.draw(plane, style.looks(labels, colours), seed=seed), snakemake.output)
