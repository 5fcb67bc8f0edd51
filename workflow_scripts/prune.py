"""The damage: the healthy network of a seed is pruned."""

from pipeline_lib.files.networks import origin, read_network, write_network
from pipeline_lib.jobs.log import job_log
from pipeline_lib.jobs.plan import made
from pipeline_lib.jobs.told import told
from pipeline_lib.model.pruning import prune
from pipeline_lib.names import HEALTHY

job = told()
seed, study = job.seed, job.study

with job_log(job.log, f"seed {seed}: prune to {study['sparsity']:.1%}"):
    source, path = job.files
    healthy = read_network(source, origin(seed, HEALTHY), job.planned)
    provenance, by = origin(seed, job.state) | {"study": study}, made(job.made_by, [source])
    write_network(path, prune(healthy, **study), provenance, by)
