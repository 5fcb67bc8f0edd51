"""The damage: the healthy network of a seed is pruned, and takes the steps that may follow."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network, write_network
from pipeline_lib.jobs.script import job_log, made, told
from pipeline_lib.model.pruning import prune
from pipeline_lib.model.task import points
from pipeline_lib.names import HEALTHY, INSULT, TRAINING
from pipeline_lib.steps import Setting, take

job = told()
seed, study = job.seed, job.study
pruning = {name: value for name, value in study.items() if name != INSULT}

with job_log(job.log, f"seed {seed}: prune to {study['sparsity']:.1%}"):
    [source], [path] = job.inputs, job.outputs
    healthy = read_network(source, origin(seed, HEALTHY), job.networks[HEALTHY])
    damaged = prune(healthy, **pruning)
    if further := study.get(INSULT):
        engine = engines.load(further["engine"])
        training = points(TRAINING, seed, **further["training"])
        setting = Setting(engine, training, further["batch_size"], seed)
        generator = engine.generator(seed, INSULT)
        damaged = take(further["course"], damaged, setting, generator, stage=INSULT)
    provenance, by = origin(seed, job.state) | {"study": study}, made(job.made_by, [source])
    write_network(path, damaged, provenance, by)
