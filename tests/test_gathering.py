"""`gather` and `read_gathered` accept only files that belong to the study."""

from dataclasses import replace

import pytest

from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.gathering import gather, parts, read_gathered
from pipeline_lib.files.rows import write_rows, write_table
from pipeline_lib.steps import HistoryRow
from tests.trust.damage import measurements, prove

SSRI = {"kind": "evaluate", "states": ["ssri"]}


def write_seed(folder, seed, treatment="ssri", assessment="evaluate"):
    path = folder / f"{seed}_{treatment}_{assessment}.parquet"
    write_rows(path, measurements(seed, treatment, assessment), Measurement)
    return path


def test_gather_joins_files_in_their_order(tmp_path):
    paths = [write_seed(tmp_path, seed) for seed in (3, 1)]
    table = gather(paths, Measurement, seeds=[3, 1], **SSRI)
    assert table["seed"].to_pylist() == [3] * 3 + [1] * 3


@pytest.mark.parametrize(
    ("seed", "treatment", "assessment", "sentence"),
    [
        (1, "ssri", "evaluate", "has rows of seed 1; only 0 belongs there"),
        (0, "ketamine", "evaluate", "has rows of treatment ketamine; only ssri belongs there"),
        (0, "ssri", "acute", "has rows of assessment acute; only evaluate belongs there"),
    ],
)
def test_gather_names_a_misplaced_file(tmp_path, seed, treatment, assessment, sentence):
    path = write_seed(tmp_path, seed, treatment, assessment)
    with pytest.raises(PipelineError, match=rf"{path}: {sentence}; delete it and run"):
        gather([path], Measurement, seeds=[0], **SSRI)


def test_gather_refuses_seeds_that_were_measured_differently(tmp_path):
    paths = [write_seed(tmp_path, seed) for seed in (0, 1)]
    rows = measurements(1, "ssri")
    other = [replace(row, internal_noise=row.internal_noise + 9.0) for row in rows]
    write_rows(paths[1], other, Measurement)
    with pytest.raises(PipelineError, match=f"{paths[1]}: its 3 rows are not of the same .* as"):
        gather(paths, Measurement, seeds=[0, 1], **SSRI)


def test_a_gathered_file_of_fewer_seeds_is_refused(tmp_path):
    paths = [write_seed(tmp_path, seed) for seed in (0, 1)]
    path = tmp_path / "evaluate.parquet"
    write_table(path, gather(paths, Measurement, seeds=[0, 1], **SSRI))
    [rows] = read_gathered(path, Measurement, seeds=[0, 1], **SSRI)
    assert rows.num_rows == 6
    with pytest.raises(PipelineError, match="has no rows of seed 2; delete it and run"):
        read_gathered(path, Measurement, seeds=[0, 1, 2], **SSRI)


def test_a_history_may_lack_untrained_stages_only_in_all_seeds(tmp_path):
    treatments = ["healthy", "ssri"]
    training = {"maintenance": ["ssri"], "kindling": ["ssri"]}
    paths = [tmp_path / f"{index}.parquet" for index in range(8)]
    held = parts("history", [0, 1], treatments, training)
    assert len({part.place for part in held}) == 4  # each of them in both seeds
    for path, part in zip(paths, held, strict=True):
        (stage,), (treatment,) = part.constant.values(), part.states
        row = HistoryRow(part.seed, treatment, stage, None, 0, 0, 0.0, 0.7)
        write_rows(path, [] if stage in training else [row], HistoryRow)
    told = {"kind": "history", "seeds": [0, 1], "states": treatments, "training": training}
    assert gather(paths, HistoryRow, **told).num_rows == 4
    # One seed took a step of maintenance that is left to chance, and the other did not.
    row = HistoryRow(0, "ssri", "maintenance", 1, 0, 0, 0.0, 0.7)
    write_rows(paths[4], [row], HistoryRow)
    write_table(tmp_path / "all.parquet", gather(paths, HistoryRow, **told))
    of_study = {name: told[name] for name in ("kind", "seeds", "states")}
    [rows] = read_gathered(tmp_path / "all.parquet", HistoryRow, **of_study)
    assert rows.num_rows == 5
    write_rows(paths[4], [row, row], HistoryRow)
    with pytest.raises(PipelineError, match=r"4.parquet: holds a row twice"):
        gather(paths, HistoryRow, **told)
    write_rows(paths[4], [], HistoryRow)
    write_rows(paths[2], [], HistoryRow)
    with pytest.raises(PipelineError, match=r"its 1 rows are not of the same .* as the 0 of"):
        gather(paths, HistoryRow, **told)


def test_damaged_and_misplaced_files_are_never_accepted(tmp_path):
    proof = prove(tmp_path, bits=150)
    assert not proof.wrong
    assert proof.refused.total() > 800
    assert proof.unchanged < 0.3 * proof.refused.total()
