"""Axes: which scenarios a study has, and that each is the study that it would be alone."""

import pandas as pd
import pytest

from pipeline_lib import measures
from pipeline_lib.analysis.along import Along
from pipeline_lib.errors import PipelineError
from pipeline_lib.files.rows import read_rows
from pipeline_lib.names import VARIED_TABLES
from pipeline_lib.reporting.typesetting import FORMATS
from pipeline_lib.study import slices
from pipeline_lib.study.axes import folders, scenarios
from tests.projects import Project

SEVERITY = "pruning.sparsity"
DOSE = "treatments.ketamine.course.regrow.fraction"
AXES = {SEVERITY: ["5e-1", 0.8], DOSE: [0.2, 0.5]}  # YAML 1.1 reads 5e-1 as text
MEASURES = ("evaluate", "acute", "relapse")


def varied(paper, axes):
    return scenarios(paper | {"axes": axes}, order=list(paper["treatments"]))


def test_axes_cross_and_the_last_varies_fastest(paper):
    found = varied(paper, AXES | {DOSE: ["2e-1", 0.5]})  # YAML 1.1 reads 2e-1 as text
    crossed = [(0.5, 0.2), (0.5, 0.5), (0.8, 0.2), (0.8, 0.5)]
    assert [tuple(each.values.values()) for each in found] == crossed
    for each, (sparsity, dose) in zip(found, crossed, strict=True):
        assert each.study.pruning.sparsity == sparsity
        assert each.study.treatments["ketamine"].course[0].regrow.fraction == dose
        assert each.folder([SEVERITY, DOSE]) == f"/{SEVERITY}~{sparsity}/{DOSE}~{dose}"


def test_variants_lay_keys_over_the_study(paper):
    sizes = {"wide": {"network": {"hidden": [600]}}, "narrow": {"baseline": {"lr": 1}}, "same": {}}
    wide, narrow, same = (each.study for each in varied(paper, {"size": sizes}))
    assert (wide.network.hidden, narrow.network.hidden) == ([600], [512, 512, 256])
    assert (wide.baseline.lr, narrow.baseline.lr) == (1e-3, 1)
    assert wide.network.init == "torch"  # what a variant does not name stays
    assert same.network.hidden == [512, 512, 256]


def test_each_sets_a_key_of_every_treatment(paper):
    found = varied(paper, {"treatments.each.course.train.stop": [5, 15]})
    trained = [
        [slices.treat(one.study, name)["course"][-1]["train"] for name in one.study.treatments]
        for one in found
    ]
    stops = [[step.get("stop") for step in steps] for steps in trained]
    assert stops == [[5, 5, 5], [None, 15, None]]  # of 15, 100 and 10 epochs


def test_files_are_in_folders_of_the_axes_that_change_them_the_first_if_several_are_equal(paper):
    found = varied(paper, AXES)
    for made, axes in (("aaaa", []), ("aabb", [SEVERITY]), ("abab", [DOSE]), ("abcd", [*AXES])):
        assert folders(found, made) == [each.folder(axes) for each in found]
    first, *_, last = (each.folder([*AXES]) for each in found)
    assert folders(found, "aaab") == [first, first, first, last]
    wide = {"network": {"hidden": [600]}}
    found = varied(paper, {"choice": {"paper": {}, "lenient": {"relapse": {}}, "wide": wide}})
    assert folders(found, "aab") == ["/choice~paper", "/choice~paper", "/choice~wide"]


@pytest.mark.parametrize(
    ("axes", "problem"),
    [
        ({"pruning.sparsity": [0.9, 1.5]}, "at pruning.sparsity = 1.5: pruning.sparsity is 1.5"),
        ({"pruning.sparsty": [0.9]}, "pruning.sparsty is not a known key; did you mean sparsity"),
        ({"prune.sparsity": [0.9]}, "axes.prune.sparsity is not a key of the study"),
        ({"treatments.ssri.course.regrow.sd": [1]}, "the steps there are train"),
        ({"treatments.ssri.course.train": [1]}, "it must end with an option of the step"),
        ({"pruning": {"sparsity": [0.9]}}, "mean the key pruning.sparsity, write it with dots"),
        (
            {"treatments.ssri.course.train.noise.0": [1]},
            "there is no 0; [0.5, 0.0] can only be set as a whole",
        ),
        ({"baseline.lr": [1, 1.0]}, "axes.baseline.lr has 1 twice"),
        (
            {"kept": {"yes": {}, "no": {"treatments": {"ssri": {"maintenance": []}}}}},
            "at kept = no: it has the kindling of ketamine, neurosteroid; every scenario must",
        ),
        ({"baseline.epochs": 5}, "it must be a list of values, or a mapping of names to keys"),
        ({"reproduction.published": ["a/b"]}, "cannot be part of a file name"),
        ({"seeds": [5, 6]}, "an axis must not set seeds"),
        ({"accuracy": {"a": {}, "b": {}}}, "axes.accuracy has the name of a column"),
        ({"net": {"none": {"treatments": {"ssri": None}}}}, "every scenario must have those"),
        (
            {"baseline.lr": [0.1], "rate": {"low": {"baseline": {"lr": 0.01}}}},
            "axes.baseline.lr and axes.rate both set baseline.lr",
        ),
        ({f"baseline.{key}": list(range(1, 201)) for key in ("lr", "epochs")}, "40000 scenarios"),
    ],
)
def test_a_bad_axis_is_refused_in_a_sentence(paper, axes, problem):
    probe = {"bias": 1.0, "internal_noise": 1.0, "threshold": 0.6}
    with pytest.raises(PipelineError) as refused:
        varied(paper | {"kindling": {"cycles": 1, "probe": probe, "episode": []}}, axes)
    assert problem in str(refused.value)


OF_STUDY = [
    *(f"gather the {kind} rows of all seeds" for kind in (*MEASURES, "history")),
    "compute the study's numbers and their intervals",
    "compare the scenarios",
    *(f"draw the figure map_{name}" for name in ("combined", "final_accuracy", "relapsed")),
    "write the tables and the report",
]


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """A project whose tiny study crosses two axes, finished."""
    project = Project(tmp_path_factory.mktemp("crossed"))
    project.study |= {"seeds": 1, "axes": AXES}
    project.snakemake("-j", "2")
    return project


# Two severities, each with two doses of ketamine; the other treatments take no dose.
JOBS = {
    "baseline": 1,
    "prune": 2,
    "treat": 2 * (2 + 1),
    "evaluate": 1 + 2 * (1 + 2 + 1),
    "acute": 2 * (2 + 1),
    "relapse": 2 * (2 + 1),
}


def test_stages_that_scenarios_share_run_once(crossed):
    logs = {name: len(list(crossed.folder.glob(f"results/logs/{name}/**/*.log"))) for name in JOBS}
    assert logs == JOBS
    assert crossed.planned() == []


def test_a_scenario_is_to_the_byte_the_study_that_it_would_be_alone(crossed, tmp_path):
    alone = Project(tmp_path)
    alone.study |= {"seeds": 1, "pruning": {"sparsity": 0.5}}
    alone.study["treatments"]["ketamine"]["course"][0]["regrow"]["fraction"] = 0.2
    alone.snakemake("-j", "1", "results/values.parquet")
    axes = f"/{SEVERITY}~0.5/{DOSE}~0.2"
    for name, folder in {
        "ketamine/relapse.parquet": axes,
        "ssri/relapse.parquet": f"/{SEVERITY}~0.5",
        "baseline.safetensors": "",
    }.items():
        there = crossed.folder / f"results/seeds/0{folder}" / name
        assert there.read_bytes() == (tmp_path / "results/seeds/0" / name).read_bytes()
    values = pd.read_parquet(crossed.folder / "results/values.parquet")
    here = values[(values[SEVERITY] == 0.5) & (values[DOSE] == 0.2)].drop(columns=list(AXES))
    expected = pd.read_parquet(tmp_path / "results/values.parquet")
    pd.testing.assert_frame_equal(here.reset_index(drop=True), expected)


def test_neither_j_nor_order_nor_a_subset_changes_a_byte(crossed, tmp_path):
    other = Project(tmp_path)
    backwards = {axis: values[::-1] for axis, values in AXES.items()}
    other.study |= {"seeds": 1, "axes": backwards}
    cell = f"seeds/0/{SEVERITY}~0.8/{DOSE}~0.5/ketamine/relapse.parquet"
    other.snakemake("-j", "1", f"results/{cell}")
    other.snakemake("-j", "1", "results/values.parquet")
    ours, theirs = (
        {path: file for path, file in project.results().items() if path.startswith("seeds")}
        for project in (crossed, other)
    )
    assert cell in ours
    assert ours == theirs


def test_a_variant_runs_only_what_it_changes(tmp_path):
    project = Project(tmp_path)
    lenient = {"relapse": {"threshold": 0.3}}
    quick = {"ketamine": {"course": [{"train": {"epochs": 1, "lr": 1.0e-3}}]}}
    variants = {"as_published": {}, "lenient": lenient, "quick": {"treatments": quick}}
    project.study |= {"seeds": 1, "axes": {"choice": variants}}
    of_seed = [job for job in project.planned() if job.startswith("seed")]
    # A threshold applies to rows that are there; another course is a network and its measures.
    of_ketamine = {"apply the ketamine treatment"} | {
        f"measure the ketamine network ({measures.load(name).TITLE})" for name in MEASURES
    }
    assert {job for job in of_seed if "/" in job} == {
        f"seed 0/choice~{name}: {job}" for name in ("as_published", "quick") for job in of_ketamine
    }
    # The healthy network, the untreated one and ssri's are each made and measured once.
    assert len(of_seed) == 2 * len(of_ketamine) + 2 + 2 + len(of_ketamine)


def test_a_study_with_axes_has_curves_figures_tables_and_a_report(crossed):
    results = crossed.folder / "results"
    rows = read_rows(results / "statistics/along.parquet", Along)
    assert {row.axis for row in rows} == set(AXES)
    doses = {row.others for row in rows if row.axis == DOSE}
    assert doses == {f"{SEVERITY} = 0.5", f"{SEVERITY} = 0.8"}
    for name in VARIED_TABLES:
        assert all((results / f"tables/{name}.{form}").stat().st_size for form in FORMATS)
    assert (results / "report.html").read_text("utf-8").count("<figure ") == 3
    assert "## Accuracy under combined stress" in (results / "findings.md").read_text("utf-8")


def test_another_value_runs_its_own_stages_alone(crossed):
    stages = ["apply the ketamine treatment"] + [
        f"measure the ketamine network ({measures.load(measure).TITLE})" for measure in MEASURES
    ]
    own = [
        f"seed 0/{SEVERITY}~{severity}/{DOSE}~0.9: {stage}"
        for severity in (0.5, 0.8)
        for stage in stages
    ]
    doses = crossed.study | {"axes": AXES | {DOSE: [0.2, 0.5, 0.9]}}
    assert crossed.planned(doses) == sorted(own + OF_STUDY)
    severities = crossed.study | {"axes": AXES | {SEVERITY: [0.5, 0.8, 0.9]}}
    seeds = [line for line in crossed.planned(severities) if line.startswith("seed")]
    assert len(seeds) == (sum(JOBS.values()) - 2) / 2  # all but the healthy network
    assert all(f"{SEVERITY}~0.9" in line for line in seeds)
