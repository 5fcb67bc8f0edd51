"""The files of a study: bad ones are refused, and good ones are merged in order."""

import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.study import overlays, slices
from pipeline_lib.study.validation import validate
from tests.conftest import ROOT, overlaid

STUDIES = sorted((ROOT / "studies").rglob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_the_included_studies_are_valid(paper, path):
    order = overlays.treatment_order([paper, overlays.read(path)])
    validate(overlaid(paper, str(path.relative_to(ROOT))), order=order)


def test_the_order_of_treatments_comes_from_the_files_and_not_from_an_overlays_keys(paper):
    treatments = paper["treatments"]
    overlay = {"treatments": {"lithium": treatments["ssri"], "ssri": {"label": "S"}}}
    order = overlays.treatment_order([paper, overlay])
    assert order == ["ketamine", "ssri", "neurosteroid", "lithium"]
    merged = {"lithium": treatments["ssri"] | {"label": "Lithium"}, **treatments}
    study = validate(paper | {"treatments": dict(reversed(merged.items()))}, order=order)
    assert list(study.treatments) == list(slices.replay(study)["treatments"]) == order


def test_a_treatment_that_does_not_exist_cannot_be_removed(paper):
    order = overlays.treatment_order([paper, {"treatments": {"sssri": None}}])
    paper["treatments"]["sssri"] = None
    with pytest.raises(PipelineError, match=r"sssri is null, .* has no treatment of this name"):
        validate(paper, order=order)


FILES = [
    (b"", "it is empty; it must be a mapping"),
    (b"seeds: 1\nseeds: 2\n", "line 2: the key 'seeds' comes twice"),
    (b"seeds:\n\t- 1\n", r"not valid YAML \(line 2: found character '\\t'"),
    (b"\xff\xfe", "not a text file in UTF-8"),
    (b'a: !!python/object/apply:os.system ["true"]', "could not determine a constructor"),
    (b"a: &x [1]\nb: *x\n", r"line 2: the alias \*x; write out the value"),
    (b"__use_yte__: true\n__definitions__: [import os]\n", "it lets a study run programs"),
]


@pytest.mark.parametrize(("content", "sentence"), FILES, ids=range(len(FILES)))
def test_a_file_that_is_not_a_study_is_refused_with_a_reason(tmp_path, content, sentence):
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    with pytest.raises(PipelineError, match=sentence) as error:
        overlays.read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_snakemakes_arguments_are_searched_for_files(tmp_path):
    good = tmp_path / "study.yaml"
    good.write_text("seeds: 2\n")
    with pytest.raises(SystemExit, match=r"cannot be read\.\nno\.yaml: there is no such file$"):
        overlays.main(["-n", f"--configfile={good}", "--configfiles", "no.yaml"])
    with pytest.raises(SystemExit, match=r"has 'pruning\.sparsity=0\.9'; it must have keys"):
        overlays.main(["--config", "seeds=3", "pruning.sparsity=0.9", f"--configfile={good}"])


def test_numbers_of_the_command_line_are_numbers(paper):
    assert overlays.resolved({"sparsity": "0.9", "ssri": "null"}) == {"sparsity": 0.9, "ssri": None}
    paper["baseline"]["lr"] = "1e-5"  # what YAML 1.1 makes of it
    assert validate(paper).baseline.lr == 1e-5


@pytest.mark.parametrize("results", ["docs/results", "."])
def test_results_are_not_written_into_the_project_itself(results, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(PipelineError, match="which is part of the project; it must be a different"):
        overlays.check_results(results, ROOT)
    overlays.check_results(str(tmp_path / results / "new"), ROOT)


@pytest.mark.parametrize("results", ["file", "file/below"])
def test_results_are_not_written_to_a_file_nor_below_one(results, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PipelineError, match="file is a file; it must be a folder"):
        overlays.check_results(str(tmp_path / results), ROOT)
