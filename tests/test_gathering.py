"""`gather` accepts only files that belong to the study."""

from dataclasses import replace
from itertools import product

import pytest

from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.gathering import gather
from pipeline_lib.files.rows import write_rows
from pipeline_lib.steps import HistoryRow
from tests.trust.damage import measurements, prove

SSRI = {"kind": "evaluate", "states": ["ssri"]}


def write_seed(folder, of_seed, louder=0.0, **other):
    path = folder / f"{of_seed}.parquet"
    rows = measurements(of_seed, "ssri")
    rows = [replace(r, internal_noise=r.internal_noise + louder, **other) for r in rows]
    write_rows(path, rows, Measurement)
    return path


def test_files_are_gathered_in_their_order_and_none_may_be_empty(tmp_path):
    paths = [write_seed(tmp_path, seed) for seed in (3, 1)]
    rows = gather(paths, Measurement, seeds=[3, 1], **SSRI)
    assert rows["seed"].to_pylist() == [3] * 3 + [1] * 3
    write_rows(paths[1], [], Measurement)
    with pytest.raises(PipelineError, match="has no rows of ssri; delete it and run"):
        gather(paths, Measurement, seeds=[3, 1], **SSRI)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"seed": 1}, "has rows of seed 1; only 0 belongs there"),
        ({"treatment": "ketamine"}, "has rows of treatment ketamine; only ssri belongs there"),
        ({"assessment": "acute"}, "has rows of assessment acute; only evaluate belongs there"),
    ],
)
def test_a_misplaced_file_is_named(tmp_path, other, sentence):
    path = write_seed(tmp_path, 0, **other)
    with pytest.raises(PipelineError, match=rf"{path}: {sentence}; delete it and run"):
        gather([path], Measurement, seeds=[0], **SSRI)


def test_seeds_that_were_measured_differently_are_refused(tmp_path):
    paths = [write_seed(tmp_path, 0), write_seed(tmp_path, 1, louder=9.0)]
    with pytest.raises(PipelineError, match=f"{paths[1]}: its 3 rows are not of the same .* as"):
        gather(paths, Measurement, seeds=[0, 1], **SSRI)


def test_a_history_may_lack_untrained_stages_only_in_all_seeds(tmp_path):
    treatments, training = ["healthy", "ssri"], {"maintenance": ["ssri"], "kindling": ["ssri"]}
    told = {"kind": "history", "seeds": [0, 1], "states": treatments, "training": training}
    paths = [tmp_path / f"{index}.parquet" for index in range(8)]
    stages = (("baseline", "healthy"), ("course", "ssri"), *((each, "ssri") for each in training))
    for path, ((stage, state), seed) in zip(paths, product(stages, (0, 1)), strict=True):
        row = HistoryRow(seed, state, stage, None, 0, 0, 0.0, 0.7)
        write_rows(path, [] if stage in training else [row], HistoryRow)
    assert gather(paths, HistoryRow, **told).num_rows == 4
    # One seed took a step of maintenance that is left to chance, and the other did not.
    row = HistoryRow(0, "ssri", "maintenance", 1, 0, 0, 0.0, 0.7)
    write_rows(paths[4], [row], HistoryRow)
    assert gather(paths, HistoryRow, **told).num_rows == 5
    for changed, rows, problem in (
        (paths[4], [row, row], r"4.parquet: holds a row twice"),
        (paths[2], [], r"its 1 rows are not of the same .* as the 0 of"),
    ):
        write_rows(paths[4], [row], HistoryRow)
        write_rows(changed, rows, HistoryRow)
        with pytest.raises(PipelineError, match=problem):
            gather(paths, HistoryRow, **told)


def test_damaged_and_misplaced_files_are_never_accepted(tmp_path):
    proof = prove(tmp_path, bits=150)
    assert not proof.wrong
    assert proof.refused.total() > 800
    assert proof.unchanged < 0.3 * proof.refused.total()
