"""Switch liability of one network: accuracy under biased noise, and hidden activity."""

from pipeline_lib import engines
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import SWITCH, write_rows
from pipeline_lib.jobs.log import job_log
from pipeline_lib.measures.accuracy import Subject
from pipeline_lib.measures.switch import switch_liability
from pipeline_lib.model.task import standard_points

seed, state = int(snakemake.wildcards.seed), snakemake.wildcards.state
study = snakemake.params.study

with job_log(snakemake.log[0], f"seed {seed}: switch liability, {state}"):
    rows = switch_liability(
        Subject(seed, state, engines.load(study["engine"])),
        read_network(snakemake.input.network, origin(seed, state)),
        standard=standard_points(seed, **study["standard_points"]),
        bias=study["bias"],
        internal_noise=study["internal_noise"],
        withdrawal=study["withdrawal"],
    )
    write_rows(snakemake.output.metrics, rows, SWITCH)
