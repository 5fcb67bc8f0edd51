"""A sample of what `python -m tests.trust.studies` tries: no study ends in a traceback."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from pipeline_lib.errors import PipelineError
from pipeline_lib.study import limits
from pipeline_lib.study.validation import validate
from rules import study_file
from tests.conftest import ROOT
from tests.strategies import HUGE, base, mutated, valid
from tests.trust.studies import refuse_or_run, run_on_both_engines, run_quietly

settings.register_profile(
    "sample",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SAMPLE = settings.get_profile("sample")


@settings(SAMPLE, max_examples=100)
@given(mutated())
def test_a_mutated_study_is_refused_in_sentences_or_runs(raw):
    refuse_or_run(raw, Counter())


@settings(SAMPLE, max_examples=3)
@given(valid())
def test_a_valid_study_runs_on_both_engines(raw):
    run_on_both_engines(raw, Counter(), whole=False)


def put(study, path, value):
    *parents, last = path
    for key in parents:
        study = study[key]
    study[last] = value


SENTENCES = [
    (["baseline", "epochs"], 10**30, "1000000000000000000000000000000; it must be at most"),
    (["seeds"], HUGE, "seeds is about 1e400; it must be at most 4294967"),
    (["baseline", "lr"], 1e31, "baseline.lr is 1e\\+31; it must be at most 1e\\+30"),
    (["baseline", "lr"], HUGE, "baseline.lr is about 1e400; it must be a"),
    (["baseline", "lr"], "nan", "baseline.lr is 'nan'; it must be a number$"),
    (["a\nb"], 1, "'a\\\\nb' is not a known key"),
    (["baseline", 7], 1, "baseline has the key 7; a key must be text"),
    (["treatments", "x" * 61], base()["treatments"]["ssri"], "at most 60 characters"),
    (["treatments", "ssri", "label"], "ketamine-LIKE", "the label of ketamine; labels must differ"),
    (["treatments", "ssri", "label"], "Healthy", "the label of healthy; labels must differ"),
    (["reproduction", "published"], "{seed}.csv", "it must be the path of a file"),
    (["reproduction", "runs"], "s3://bucket/x.csv", "it must be the path of a file"),
    (["results"], "r" * 201, "it must be at most 200 characters long"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), SENTENCES)
def test_what_no_job_could_do_is_refused(path, value, sentence):
    study = base()
    put(study, path, value)
    with pytest.raises(PipelineError, match=sentence):
        validate(study)


@pytest.mark.parametrize("raw", [None, [], [1], "text", 3, float("nan")])
def test_a_study_that_is_no_mapping_is_told_so(raw):
    with pytest.raises(PipelineError, match=r"the study is .*; it must be a mapping"):
        validate(raw)


def test_of_very_many_problems_the_first_are_told(paper):
    paper["seeds"] = [-1] * 1000
    with pytest.raises(PipelineError) as error:
        validate(paper)
    assert str(error.value).splitlines()[-1] == "and 980 more like these"


LARGE = [
    (["baseline", "epochs"], 10**9, "the job baseline of each seed would take about 1[0-9] years"),
    (["network", "hidden"], [100_000, 100_000], "each job would need up to 1,001 GB of memory"),
    (["seeds"], 4_000_000, "the study has 64,000,000 jobs, .* about 27 hours, in 1,280 GB"),
    (["relapse", "cycles"], 10**9, "relapse of ssri of each seed would take about .* years"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), LARGE)
def test_what_no_study_means_is_refused_with_its_estimate(paper, path, value, sentence):
    put(paper, path, value)
    with pytest.raises(PipelineError, match=sentence):
        limits.check(validate(paper))


WARNED = [
    (["task", "train"], 10**9, "Warning: the job relapse of ssri of each seed would take about 59"),
    (["task", "train"], 10**9, "Warning: each job would need up to 151 GB of memory, more than"),
    (["relapse", "cycles"], 10**6, "Warning: gathering 350,001,450 rows would need up to 350 GB"),
    (["seeds"], 10_000, "Warning: the study has 160,000 jobs, .* for about 4 minutes, in 3 GB."),
]


@pytest.mark.parametrize(("path", "value", "sentence"), WARNED)
def test_what_takes_a_day_or_the_memory_is_warned_of(paper, path, value, sentence):
    put(paper, path, value)
    assert re.search(sentence, "\n".join(limits.check(validate(paper), machine=20_000)))


def test_the_papers_study_and_those_that_come_along_are_not_warned_of(paper):
    assert limits.check(validate(paper), machine=2000) == []


# The file itself


def written(folder, content):
    path = folder / "study.yaml"
    path.write_bytes(content)
    return path


FILES = [
    (b"", "it is empty; it must be a mapping"),
    (b"- 1\n", "it is a list; it must be a mapping"),
    (b"only text\n", "it is text; it must be a mapping"),
    (b"seeds: 1\nseeds: 2\n", "line 2 has the key 'seeds' a second time"),
    (b"a: {b: 1,\n  b: 2}\n", "line 2 has the key 'b' a second time"),
    (b'{"seeds": 1, "seeds": 2}', "line 1 has the key 'seeds' a second time"),
    (b"seeds:\n\t- 1\n", r"not valid YAML \(line 2: found character '\\t'"),
    (b"seeds: [1\n", r"not valid YAML \(line 2: expected ',' or ']'"),
    (b"seeds: *nowhere\n", r"not valid YAML \(line 1: found undefined alias"),
    (b"\xff\xfe", "not a text file in UTF-8"),
    (b"a: " + b"[" * 1200, "nested too deeply"),
    (b"a: " + b"9" * 5000, "4300 digits"),
    (b"a: 2026-13-40", "month must be in"),
    (b'a: !!python/object/apply:os.system ["true"]', "could not determine a constructor"),
    (b"__use_yte__: true\n__definitions__: [import os]\n", "it lets a study run programs"),
]


@pytest.mark.parametrize(("content", "sentence"), FILES, ids=range(len(FILES)))
def test_a_file_that_is_no_study_gets_its_sentence(tmp_path, content, sentence):
    path = written(tmp_path, content)
    with pytest.raises(PipelineError, match=sentence) as error:
        study_file.check(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_snakemakes_arguments_are_searched_for_files(tmp_path):
    good = written(tmp_path, b"seeds: 2\n")
    study_file.main(["-n", "--configfile", str(good), "--forceall"])
    with pytest.raises(SystemExit) as stopped:
        study_file.main(["-n", f"--configfile={good}", "--configfiles", "no.yaml", str(tmp_path)])
    assert str(stopped.value).splitlines() == [
        "The study cannot be read.",
        "no.yaml: there is no such file",
        f"{tmp_path}: cannot be read (Is a directory)",
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_files_that_come_along_are_good(path):
    study_file.check(path)


# Numbers


@pytest.mark.parametrize("engine", ["fast", "plain"])
@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["baseline", "lr"], 1e30, "seed 0: healthy network: the loss of epoch .* lr 1e\\+30"),
        (
            ["treatments", "ssri", "maintenance", 0, "train", "lr"],
            1e30,
            "relapse, ssri: .* has diverged|relapse, ssri: .* output is not finite",
        ),
        (
            ["treatments", "neurosteroid", "course", 0, "modulate"],
            {"damping": 1e30, "gain": 1e30},
            "neurosteroid: course\\[1\\].train: the loss of epoch 1 of 1 is nan",
        ),
        (
            ["treatments", "neurosteroid", "course"],
            [{"modulate": {"damping": 1e30, "gain": 1e30}}],
            "acute relapse, neurosteroid: the network's output is not finite",
        ),
    ],
)
def test_a_number_that_is_none_stops_the_job_with_its_cause(engine, path, value, sentence):
    study = base() | {"engine": engine}
    put(study, path, value)
    with pytest.raises(SystemExit, match=sentence):
        run_quietly(validate(study))
