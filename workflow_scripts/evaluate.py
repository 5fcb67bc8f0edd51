"""What is measured of one network: clean, standard, combined stress, the noise sweep."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import MEASUREMENTS, write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.measures.accuracy import Subject
from pipeline_lib.measures.evaluate import evaluate
from pipeline_lib.model.task import clean_points, standard_points

seed, state = int(snakemake.wildcards.seed), snakemake.wildcards.state
study = snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: evaluate, {state}"):
    rows = evaluate(
        Subject(seed, state, engines.load(study["engine"])),
        read_network(snakemake.input.network, origin(seed, state)),
        standard=standard_points(seed, **study["standard_points"]),
        clean=clean_points(seed, **study["clean_points"]),
        combined=study["combined"],
        sweep=study["sweep"],
        withdrawal=study["withdrawal"],
    )
    write_rows(snakemake.output.metrics, rows, MEASUREMENTS)
