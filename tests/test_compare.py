"""Two studies compared within the seeds that both have, and two engines by their distributions."""

import pyarrow as pa
import pytest
import yaml

from benchmarks import agreement
from pipeline_lib import compare
from pipeline_lib.analysis.compared import Side, differences
from pipeline_lib.analysis.welch import holm
from pipeline_lib.files.rows import table_of, with_axes, write_rows, write_table
from pipeline_lib.measures import Value
from pipeline_lib.names import COMBINED, FINAL_ACCURACY, RELAPSED, TOTAL_DROP
from tests.handmade import values_of


def write(folder, paper, accuracy, scenarios=({},), **study):
    """A results folder, whose numbers by treatment rise by 1 from scenario to scenario."""
    tables = []
    for place, at in enumerate(scenarios):
        higher = {who: {s: x + place for s, x in seeds.items()} for who, seeds in accuracy.items()}
        values = values_of(COMBINED, higher) + values_of(FINAL_ACCURACY, higher)
        tables.append(with_axes(table_of(values, Value), at))
    write_table(folder / "values.parquet", pa.concat_tables(tables))
    (folder / "study.yaml").write_text(
        yaml.safe_dump(paper | study, sort_keys=False), encoding="utf-8"
    )
    return folder


def told(capsys, *places, out):
    compare.main([*map(str, places), "--out", str(out)])
    return capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", "~")


def test_seeds_are_paired_treatments_are_matched_and_the_settings_are_told(paper, tmp_path, capsys):
    ours = {"ssri": {0: 90.0, 1: 80.0, 2: 85.0, 3: 70.0}, "ketamine": {0: 95.0, 1: 96.0}}
    theirs = {"ssri": {3: 72.0, 2: 86.0, 1: 81.5, 9: 1.0}, "bridge": {1: 99.0}}
    one = write(tmp_path / "one", paper, ours)
    hidden = {"network": paper["network"] | {"hidden": [32, 32, 16]}, "seeds": 4}
    other = write(tmp_path / "other", paper, theirs, **hidden)
    text = told(capsys, one, other, out=tmp_path / "out")
    assert "other is compared with one within 3 seeds that both have." in text
    assert "With fewer than 5 seeds, all results are rough." in text
    # Which seeds there are is no difference.
    assert "They differ in network.hidden ([512, 512, 256] and [32, 32, 16])." in text
    assert "Only one has ketamine.\n- Only other has bridge." in text
    # Of seeds 1, 2 and 3: 1.5, 1 and 2 more.
    assert "SSRI-like is 1.5 points (" in text
    assert "higher with other (79.8~%) than with one (78.3~%)." in text
    written = (tmp_path / "out/findings.md").read_text("utf-8").replace("\xa0", "~")
    assert written.replace("\\", "") == text
    for form in ("csv", "md", "png", "svg", "tex"):
        assert (tmp_path / f"out/comparison.{form}").exists()


@pytest.mark.parametrize(
    ("axis", "other"),
    [
        ("treatments.ketamine.course.train.lr", {"epochs": 30, "lr": 1.0}),
        ("treatments.each.course.each.train.lr", {"epochs": 30}),
        ("treatments.ketamine.course.1.train", {"epochs": 15}),
    ],
)
def test_beside_an_axis_the_other_settings_of_its_course_are_told(axis, other):
    sides = []
    for sites, train in (("random", {"epochs": 15, "lr": 5e-4}), ("gradient", other)):
        course = [{"regrow": {"sites": sites}}, {"train": train}]
        study = {"treatments": {"ketamine": {"course": course}}, "axes": {axis: [0.1, 0.2]}}
        sides.append(Side("x", study, {axis: 0.1}, []))
    first, *more = differences(*sides)
    assert first == "treatments.ketamine.course.0.regrow.sites (random and gradient)"
    trains = ["treatments.ketamine.course.1.train.epochs (15 and 30)"]
    assert more == ([] if axis.endswith("train") else trains)


def test_scenarios_of_a_study_are_compared_however_their_values_are_spelled(
    paper, tmp_path, capsys
):
    rate = "treatments.ssri.course.train.lr"
    wide = {"network": {"hidden": [600]}, "baseline": {"epochs": 20}}
    # The names of variants look like numbers.
    axes = {"size": {"007": None, "1e3": wide}, rate: ["1e-4", 1e-3]}
    at = [{"size": "007", rate: 1e-4}, {"size": "1e3", rate: 1e-3}]
    folder = write(tmp_path / "sizes", paper, {"ssri": {0: 90.0, 1: 80.0}}, at, axes=axes)
    places = [f"{folder}:size=007,{rate}=0.0001", f"{folder}:size=1e3,{rate}=1.0e-3"]
    text = told(capsys, *places, out=tmp_path / "out")
    assert "higher with sizes, size = 1e3, train learning rate (SSRI-like) = 0.001" in text
    assert "network.hidden ([512, 512, 256] and [600])" in text
    assert f"{rate} (0.0001 and 0.001)" in text


def test_what_cannot_be_compared_is_refused_in_a_sentence(paper, tmp_path):
    one = write(tmp_path / "one", paper, {"ssri": {0: 90.0}})
    at = [{"size": size, "sd": sd} for size in ("small", "wide") for sd in (0.5, 1.0)]
    axes = {"size": {"small": {}, "wide": {}}, "sd": [0.5, 1]}
    sizes = write(tmp_path / "sizes", paper, {"ssri": {0: 90.0}}, at, axes=axes)
    elsewhere = write(tmp_path / "elsewhere", paper, {"ssri": {5: 90.0}})
    another = write(tmp_path / "another", paper, {"healthy": {0: 90.0}})
    for place, problem in {
        f"{tmp_path}/none": "none has no readable study.yaml; it must be the results folder",
        f"{one}:size=wide": "'size' is not an axis of this study; it has none",
        f"{sizes}": r"the study varies size and sd; add a value of each to the folder's name, "
        r".*/sizes:size=…,sd=… \(size has small, wide; sd has 0\.5, 1\)$",
        f"{sizes}:sd=1": r"the study varies size; .*/sizes:size=…,sd=1 \(size has small, wide\)$",
        f"{sizes}:size=big,sd=1": "big is not a value of size, which has small, wide",
        f"{elsewhere}": "one and elsewhere have no seed in common",
        f"{another}": "one and another have no treatment of the same name",
        f"{one}": "is given twice; it must be two different studies",
    }.items():
        with pytest.raises(SystemExit, match=problem):
            compare.main([str(one), place, "--out", str(tmp_path / "out")])


def distributed(folder, numbers):
    """Accuracy by seed; a total drop that is the same in all; relapse of the first seed."""
    values = values_of(COMBINED, {"a": numbers})
    values += values_of(TOTAL_DROP, {"a": [10.0] * len(numbers)})
    values += values_of(RELAPSED, {"a": [1.0] + [0.0] * (len(numbers) - 1)})
    folder.mkdir()
    write_rows(folder / "values.parquet", values, Value)
    return folder


def test_five_seeds_all_above_five_others_give_the_smallest_p(tmp_path):
    low, high = ([start + step / 10 for step in range(5)] for start in (80, 90))
    studies = (distributed(tmp_path / "low", low), distributed(tmp_path / "high", high))
    table = agreement.compare(*studies)
    assert set(table["number"]) == {COMBINED}  # neither a constant nor a count is tested
    # Two of the 10! / (5! 5!) = 252 divisions of ten numbers separate the two fives completely.
    p = dict(zip(table["test"], table["p"], strict=True))
    assert p == pytest.approx({"Kolmogorov-Smirnov": 2 / 252, "Mann-Whitney": 2 / 252})
    assert table[["mean_a", "mean_b"]].iloc[0].tolist() == pytest.approx([80.2, 90.2])
    assert table["p_holm"].tolist() == holm(table["p"].tolist())
