"""The files of a study: bad ones are refused, and good ones are merged in order."""

from __future__ import annotations

import pytest

from pipeline_lib.errors import PipelineError
from pipeline_lib.figures import style
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
    lithium = treatments["ssri"] | {"label": "Lithium"}
    shuffled = {"zinc": lithium | {"label": "Zinc"}, "lithium": lithium, **treatments}
    study = validate(paper | {"treatments": dict(reversed(shuffled.items()))}, order=order)
    assert list(study.treatments) == [*order, "zinc"]
    assert list(slices.replay(study)["treatments"]) == [*order, "zinc"]


def test_a_treatment_removed_by_an_overlay_leaves_the_others_in_their_places(paper):
    overlay = {"treatments": {"ketamine": None}}
    order = overlays.treatment_order([paper, overlay])
    assert order == ["ketamine", "ssri", "neurosteroid"]
    paper["treatments"]["ketamine"] = None
    assert list(validate(paper, order=order).treatments) == ["ssri", "neurosteroid"]


@pytest.mark.parametrize(
    "change",
    [{"lithium": {"course": [], "maintenance": [], "label": "Lithium"}}, {"ketamine": None}],
    ids=["added", "taken out"],
)
def test_treatments_keep_colour_marker_and_order_when_others_are_added_or_removed(paper, change):
    def drawn(overlay):
        order = overlays.treatment_order([paper, {"treatments": overlay}])
        # The keys of an overlay come first here, as if it had been written in another order.
        study = validate(
            paper | {"treatments": overlay | paper["treatments"] | overlay}, order=order
        )
        return style.looks(**slices.looks(study, {n: order.index(n) for n in study.treatments}))

    before, after = drawn({}), drawn(change)
    kept = [name for name in before if name in after]
    assert len(kept) >= len(before) - 1
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert [name for name in after if name in kept] == kept


def test_a_treatment_that_does_not_exist_cannot_be_removed(paper):
    order = overlays.treatment_order([paper, {"treatments": {"sssri": None}}])
    paper["treatments"]["sssri"] = None
    paper["seeds"] = 0
    with pytest.raises(PipelineError) as error:
        validate(paper, order=order)
    assert str(error.value).splitlines() == [
        "treatments.sssri is None, which removes a treatment, but the study has no treatment of"
        " this name; its treatments are ketamine, ssri, neurosteroid",
        "seeds is 0; it must be at least 1",
    ]


def written(folder, content):
    path = folder / "study.yaml"
    path.write_bytes(content)
    return path


FILES = [
    (b"", "it is empty; it must be a mapping"),
    (b"- 1\n", "it is a list; it must be a mapping"),
    (b"only text\n", "it is text; it must be a mapping"),
    (b"seeds: 1\nseeds: 2\n", "line 2 repeats the key 'seeds'"),
    (b"seeds:\n\t- 1\n", r"not valid YAML \(line 2: found character '\\t'"),
    (b"seeds: [1\n", r"not valid YAML \(line 2: expected ',' or ']'"),
    (b"\xff\xfe", "not a text file in UTF-8"),
    (b"a: 2026-13-40", "month must be in"),
    (b'a: !!python/object/apply:os.system ["true"]', "could not determine a constructor"),
    (b"a: &x [1]\nb: *x\n", r"line 2 has the alias \*x; write out the value"),
    (b"a: &x {b: *x}\n", r"has the alias \*x"),
    (  # nested, which Snakemake would write out in full, ten to the thirtieth times
        b"a0: &a0 [1]\n"
        + b"".join(
            b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 31)
        ),
        r"line 2 has the alias \*a0",
    ),
    (b"seeds: 010\n", "line 1 has 010, which YAML reads as 8; write 8"),
    (b"seeds: 1_0\n", "line 1 has 1_0, which YAML reads as 10"),
    (b"treatments:\n  no: {}\n", 'line 2 has no, which YAML reads as false; write false or "no"'),
    (b"seeds: 1:30\n", "line 1 has 1:30, which YAML reads as 90"),
    (b"__use_yte__: true\n__definitions__: [import os]\n", "it lets a study run programs"),
]


@pytest.mark.parametrize(("content", "sentence"), FILES, ids=range(len(FILES)))
def test_a_file_that_is_not_a_study_is_refused_with_a_reason(tmp_path, content, sentence):
    path = written(tmp_path, content)
    with pytest.raises(PipelineError, match=sentence) as error:
        overlays.read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_snakemakes_arguments_are_searched_for_files(tmp_path):
    good = written(tmp_path, b"seeds: 2\n")
    overlays.main(["-n", "--configfile", str(good), "--forceall"])
    with pytest.raises(SystemExit) as stopped:
        overlays.main(["-n", f"--configfile={good}", "--configfiles", "no.yaml", str(tmp_path)])
    assert str(stopped.value).splitlines() == [
        "The study cannot be read.",
        "no.yaml: there is no such file",
        f"{tmp_path}: cannot be read (Is a directory)",
    ]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["0", "1"], [0, 1]),
        ("false", False),
        ({"sparsity": "0.9"}, {"sparsity": 0.9}),
        ({"ssri": "null"}, {"ssri": None}),
        ("a word", "a word"),
        ("[1, 2", "[1, 2"),
        (3, 3),
    ],
)
def test_values_of_the_command_line_are_read_as_yaml(given, meant):
    assert overlays.resolved(given) == meant


def test_a_number_of_yaml_1_2_is_a_number(paper):
    paper["baseline"]["lr"] = "1e-5"  # what YAML 1.1 makes of it
    assert validate(paper).baseline.lr == 1e-5


@pytest.mark.parametrize("results", ["docs", "docs/results", ".", "pipeline_lib"])
def test_results_are_not_written_into_the_project_itself(results, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(PipelineError, match="which is part of the project; it must be a different"):
        overlays.check_results(results, ROOT)
    overlays.check_results(str(tmp_path / results / "new"), ROOT)


def test_results_are_a_folder(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(PipelineError, match="which is a file; it must be a folder"):
        overlays.check_results("config.yaml", ROOT)
