"""What is measured of one network: clean, standard, combined stress, the noise sweep."""

from pipeline_lib import engines
from pipeline_lib.assessment.evaluate import evaluate
from pipeline_lib.assessment.measure import Subject
from pipeline_lib.logs import job_log
from pipeline_lib.metrics import MEASUREMENTS, write_rows
from pipeline_lib.storage import origin, read_network
from pipeline_lib.task import clean_points, standard_points

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
