"""The workflow on real Snakemake, in a temporary copy of the project: which jobs run and rerun."""

import re
import shutil

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from pipeline_lib.engines.accuracy import Measurement
from pipeline_lib.files.networks import origin, read_network
from pipeline_lib.files.rows import read_rows
from pipeline_lib.replay.published_run import replay_seed
from pipeline_lib.study import slices
from pipeline_lib.study.validation import validate
from tests.projects import TINY, Project

STYLE_SHEET = "pipeline_lib/reporting/report.css"


@pytest.fixture
def project(finished) -> Project:
    """The finished study, whose study and code a test may edit: both are put back."""
    edited = [*finished.folder.glob("pipeline_lib/**/*.py"), finished.folder / STYLE_SHEET]
    before = {path: path.read_bytes() for path in edited}
    finished.study = yaml.safe_load(yaml.safe_dump(TINY))
    yield finished
    for path, content in before.items():
        if path.read_bytes() != content:
            path.write_bytes(content)


def figures(*names):
    return [f"draw the figure {name}" for name in names]


REPORT = "write the report"
TEXTS = [REPORT, "write the tables"]
COMPARISON = "compare with the published numbers"
TRAINING, _, REGIONS = OTHERS = figures("training", "regrowth", "regions")
OF_NUMBERS = figures("accuracy", "by_threshold", "comparison", "resilience", "sparsity")
OF_NUMBERS += figures("survival", "trajectories")
FIGURES = [*OF_NUMBERS, *OTHERS]
# Jobs that follow any new measurement, besides those that gather rows or show networks.
FROM_ROWS = [
    "compute the study's numbers and their intervals",
    "compare the treatments",
    COMPARISON,
    *TEXTS,
    *OF_NUMBERS,
]
GATHER_ACUTE, GATHER_EVALUATE, GATHER_HISTORY, GATHER_RELAPSE = GATHER = [
    f"gather the {kind} rows of all seeds" for kind in ("acute", "evaluate", "history", "relapse")
]
TRAIN = {"train": {"epochs": 1, "lr": 5e-4}}


def jobs(kinds, seeds=(0, 1)):
    return [f"seed {seed}: {kind}" for seed in seeds for kind in kinds]


def measured(state, title):
    return f"measure the {state} network ({title})"


def of_treatment(name):
    titles = ("evaluate", "acute relapse", "longitudinal relapse")
    return [f"apply the {name} treatment", *[measured(name, title) for title in titles]]


BASELINE = ["train the healthy network", measured("healthy", "evaluate")]
PRUNED = ["prune the healthy network", measured("untreated", "evaluate")]
PRUNED += [*of_treatment("ketamine"), *of_treatment("ssri")]
EVALUATED = [kind for kind in BASELINE + PRUNED if "(evaluate)" in kind]
RELAPSE = [kind for kind in PRUNED if "relapse" in kind]


def test_a_new_study_runs_every_stage_of_every_seed(tmp_path):
    assert Project(tmp_path).planned() == sorted(
        jobs(BASELINE + PRUNED) + GATHER + FROM_ROWS + OTHERS
    )


def of_ssri(**changed):
    return {"treatments": {"ssri": changed}}


MORE_EPOCHS = {"train": {"epochs": 4, "lr": 1e-5, "noise": [0.5, 0.0]}}
SETTINGS = {
    "the epochs of ssri": (
        of_ssri(course=[MORE_EPOCHS]),
        [*jobs(of_treatment("ssri")), *GATHER, *FROM_ROWS, TRAINING, REGIONS],
    ),
    "the maintenance of ssri": (
        of_ssri(maintenance=[]),
        [*jobs(of_treatment("ssri")[3:]), GATHER_HISTORY, GATHER_RELAPSE, *FROM_ROWS, TRAINING],
    ),
    "the sweep": (
        {"evaluate": {"sweep": [0.0, 1.0, 2.5]}},
        [*jobs(EVALUATED), GATHER_EVALUATE, *FROM_ROWS],
    ),
    "a label": (of_ssri(label="Escitalopram-like"), [*TEXTS, *FIGURES, COMPARISON]),
    "a colour": (of_ssri(colour="#117733"), [REPORT, *FIGURES]),
    "figures for a journal": ({"publication": True}, [*TEXTS, *FIGURES]),
    "one more seed": (
        {"seeds": 3},
        [*jobs(BASELINE + PRUNED, [2]), *GATHER, *FROM_ROWS, TRAINING],
    ),
    "a treatment less": ({"treatments": {"ssri": None}}, [*GATHER, *FROM_ROWS, *OTHERS]),
    "a new treatment, which is the first in its overlay": (
        {"treatments": {"exercise": {"label": "Exercise-like", "course": [], "maintenance": []}}},
        [*jobs(of_treatment("exercise")), *GATHER, *FROM_ROWS, *OTHERS],
    ),
}


@pytest.mark.parametrize(("change", "rerun"), SETTINGS.values(), ids=SETTINGS)
def test_a_change_of_the_study_reruns_only_the_jobs_that_depend_on_it(project, change, rerun):
    update_config(project.study, change)
    assert project.planned() == sorted(rerun)


CODE = {
    "one figure": ("figures/regions.py", "new_figure(", "new_figure(0 + ", [REGIONS, REPORT]),
    "the palette": ("figures/style.py", "#004488", "#004489", [REPORT, *FIGURES]),
    "the style sheet": ("reporting/report.css", "\n", "\n\n", [REPORT]),
    "pruning": (
        *("model/pruning.py", "np.float32(quantile)", "np.float32(0 + quantile)"),
        [*jobs(PRUNED), *GATHER, *FROM_ROWS, *OTHERS],
    ),
    "one function of pruning": (
        *("model/pruning.py", "fraction * (1.0", "0 + fraction * (1.0"),
        [*jobs(RELAPSE), GATHER_ACUTE, GATHER_HISTORY, GATHER_RELAPSE, *FROM_ROWS, TRAINING],
    ),
    "a comment": ("model/pruning.py", "import numpy as np\n", "import numpy as np  # why\n", []),
    "a docstring": ("model/task.py", '"""The task:', '"""A task:', []),
}


@pytest.mark.parametrize(("name", "old", "new", "rerun"), CODE.values(), ids=CODE)
def test_an_edit_of_the_code_reruns_only_the_jobs_that_use_it(project, name, old, new, rerun):
    project.edit(f"pipeline_lib/{name}", old, new)
    assert project.planned() == sorted(rerun)


# Files say what made them, so neither times nor Snakemake's record decide


@pytest.fixture
def copied(finished, tmp_path) -> Project:
    """Only the results of the finished study, in a different project."""
    project = Project(tmp_path)
    shutil.copytree(finished.folder / "results", tmp_path / "results")
    return project


def test_results_are_up_to_date_in_a_new_checkout_and_in_a_copy_of_another_name(copied):
    assert not (copied.folder / ".snakemake").exists()
    for path in copied.folder.glob("*/**/*.py"):
        path.touch()  # as `git checkout` does
    assert copied.planned() == []
    # Like `cp -r`: every file is as young as its copy.
    shutil.copytree(
        copied.folder / "results", copied.folder / "other", copy_function=shutil.copyfile
    )
    copied.study["results"] = str(copied.folder / "other")
    assert copied.planned() == []
    copied.study["treatments"]["ssri"]["course"][0]["train"]["lr"] = 2e-5
    planned = [job for job in copied.planned() if job.startswith("seed")]
    assert planned == sorted(jobs(of_treatment("ssri")))


def test_what_a_former_study_showed_is_removed_when_a_changed_one_starts(copied):
    results = copied.folder / "results"
    mine = results / "figures/mine.svg"
    mine.write_text("of the user")
    copied.study["treatments"]["ssri"] = None
    copied.study["reproduction"] = {"published": None}
    copied.snakemake("-j", "1", "results/metrics/acute.parquet")
    left = {path.parent.name for path in results.rglob("*") if path.suffix != ".log"}
    assert not {"tables", "statistics", "reproduction", "stamps"} & left, left
    assert not (results / "report.html").exists()
    assert [*(results / "figures").iterdir()] == [mine]
    assert (results / "seeds/0/ssri/network.safetensors").exists()


def test_a_treatment_starts_from_the_network_of_another_and_reruns_with_it(copied):
    def reruns(*names):
        planned = [job for job in copied.planned() if job.startswith("seed")]
        return planned == sorted(jobs([kind for name in names for kind in of_treatment(name)]))

    treatments = copied.study["treatments"]
    # The second one in the file comes first in the chain.
    treatments["longer"] = {"label": "Longer", "from": "same", "course": [TRAIN], "maintenance": []}
    treatments["same"] = {"label": "Same", "from": "ketamine", "course": [], "maintenance": []}
    assert reruns("longer", "same")
    copied.snakemake("-j", "2")
    folder = copied.folder / "results/seeds/0"
    ketamine, same, longer = (
        read_network(folder / name / "network.safetensors", origin(0, name))
        for name in ("ketamine", "same", "longer")
    )
    assert all(map(np.array_equal, same.weights, ketamine.weights))
    assert all(map(np.array_equal, longer.masks, ketamine.masks))
    assert not np.array_equal(longer.weights[0], same.weights[0])

    treatments["ketamine"]["course"][1]["train"]["epochs"] = 3
    assert reruns("ketamine", "longer", "same")
    said = copied.snakemake("-n", "replay", fails=True)
    assert "but treatments.longer.from is same." in said


def test_files_that_were_cut_short_or_belong_elsewhere_are_rebuilt(copied):
    good = copied.parquet()
    seeds = copied.folder / "results/seeds"
    shutil.copy(seeds / "0/ketamine/network.safetensors", seeds / "0/ssri/network.safetensors")
    cut = seeds / "1/untreated/evaluate.parquet"
    cut.write_bytes(cut.read_bytes()[:-50])
    planned = [job for job in copied.planned() if job.startswith("seed")]
    assert planned == sorted(
        [*jobs(of_treatment("ssri"), [0]), *jobs([measured("untreated", "evaluate")], [1])]
    )
    copied.snakemake("-j", "2")
    assert copied.parquet() == good


def test_damage_behind_a_good_stamp_is_refused_in_a_sentence(copied):
    row = "results/seeds/1/untreated/evaluate.parquet"
    content = bytearray((copied.folder / row).read_bytes())
    content[20] ^= 1
    (copied.folder / row).write_bytes(content)
    gathered = "results/metrics/evaluate.parquet"
    said = copied.snakemake("-j", "1", gathered, "--forcerun", "gather", fails=True)
    assert f"{row}: damaged" in said


def test_snakemakes_own_report_has_every_result(finished):
    finished.snakemake("--report", "snakemake.html")
    page = (finished.folder / "snakemake.html").read_text(encoding="utf-8")
    for name in ("summary.csv", "paired.tex", "survival.svg", "verdict.txt", "report.html"):
        assert name in page


def test_the_target_replay_runs_and_compares_only_the_replay(tmp_path, paper):
    project = Project(tmp_path)
    project.snakemake("-j", "2", "replay")
    update_config(paper, TINY)
    study = slices.replay(validate(paper))
    rows = [row for seed in (0, 1) for row in replay_seed(seed, study)]
    replay = tmp_path / "results/replay"
    found = [read_rows(replay / f"seeds/{seed}.parquet", Measurement) for seed in (0, 1)]
    assert [*found[0], *found[1]] == rows
    assert not (tmp_path / "results/seeds").exists()
    # Another network's values, so none need be equal, but all are looked at.
    assert re.fullmatch(
        r"\d+ of \d+ published numbers equal as printed; .*\n"
        r"\d+ of 190 values of 2 seeds equal to 4 decimals\n",
        (replay / "verdict.txt").read_text(encoding="utf-8"),
    )
    (replay / "verdict.txt").write_text("all of 1 equal\n", encoding="utf-8")
    planned = re.findall(r"^ *Job \d+: (.*)$", project.snakemake("-n", "replay"), re.M)
    assert planned == ["compare the replay with the published run"]


# The files that are left if networks need not be kept


@pytest.fixture(scope="module")
def unkept(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("disk"))
    project.study["keep_networks"] = False
    project.snakemake("-j", "2")
    return project


def test_all_networks_but_the_pruned_ones_are_removed_once_measured_and_drawn(unkept):
    seeds = unkept.folder / "results/seeds"
    left = sorted(str(path.relative_to(seeds)) for path in seeds.rglob("*.safetensors"))
    assert left == ["0/pruned.safetensors", "1/pruned.safetensors"]
    assert (unkept.folder / "results/figures/regions.png").exists()
    assert unkept.planned() == []


def test_a_changed_treatment_starts_again_from_the_pruned_networks(unkept):
    unkept.study["treatments"]["ssri"]["maintenance"] = []
    planned = unkept.planned()
    of_seed = [job for job in planned if job.startswith("seed 1")]
    assert of_seed == sorted(jobs(of_treatment("ssri"), [1]))
    # Figures show all networks of the first seed, so all of these are needed again.
    assert "seed 0: apply the ketamine treatment" in planned
