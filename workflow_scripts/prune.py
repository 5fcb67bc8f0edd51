"""The damage: the healthy network of a seed is pruned."""

from pipeline_lib.files.networks import origin, read_network, write_network
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.model.pruning import prune
from pipeline_lib.names import HEALTHY, UNTREATED

seed, study = int(snakemake.wildcards.seed), snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: prune to {study['sparsity']:.1%}"):
    path = snakemake.input.network
    healthy = read_network(path, origin(seed, HEALTHY), snakemake.params.planned)
    provenance = origin(seed, UNTREATED) | {"study": study}
    by = made(snakemake.params.made_by, [path])
    write_network(snakemake.output.network, prune(healthy, **study), provenance, by)
