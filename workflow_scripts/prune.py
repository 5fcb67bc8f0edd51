"""The insult: the healthy network of a seed, pruned."""

from pipeline_lib.files.networks import origin, read_network, write_network
from pipeline_lib.jobs.log import job_log
from pipeline_lib.model.pruning import prune

seed, study = int(snakemake.wildcards.seed), snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: prune to {study['sparsity']:.1%}"):
    network = prune(
        read_network(snakemake.input.network, origin(seed, "healthy")), study["sparsity"]
    )
    provenance = origin(seed, "untreated") | dict(snakemake.params.items())
    write_network(snakemake.output.network, network, provenance)
