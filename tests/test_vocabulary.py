"""Each name of a number, a table or a figure is spelled once: in `names` or in its measure's file.

Other code reads it from there, so that a new measure is one file and a renamed number one line.
"""

import re
from pathlib import Path

from pipeline_lib import measures, names
from pipeline_lib.measures import Measure
from tests.conftest import ROOT

FOLDERS = ("pipeline_lib/**/*.py", "workflow_scripts/*.py", "rules/*.smk")
FILES = {path for pattern in FOLDERS for path in ROOT.glob(pattern)} - {Path(names.__file__)}

# Columns, options, data sets and tables of published numbers have these names, too.
WORDS = {"accuracy", "activity", "biased", "clean", "combined", "improvement", "input", "sparsity"}
WORDS |= {"standard", "summary", "switch", "switched", "trajectories"}


def spelled_by(measure: Measure) -> set[str]:
    """The names that a measure's own file may spell."""
    specs = (*measure.NUMBERS, *measure.TABLES, *measure.FIGURES)
    shown = {name for number in measure.NUMBERS for name in (*number.tables, *number.figures)}
    return {spec.name for spec in specs} | shown


OWN = {
    Path(measures.load(name).__file__): spelled_by(measures.load(name))
    for name in measures.in_order()
}
VOCABULARY = set().union(*OWN.values()) - WORDS


def test_no_name_of_a_number_a_table_or_a_figure_is_spelled_elsewhere():
    spelled = {
        # A part of an f-string such as f"internal_{level}" spells the name as well.
        path: set(re.findall(r"""["'](\w+?)_?["'{]""", path.read_text("utf-8"))) & VOCABULARY
        for path in FILES
    }
    elsewhere = {path: found - OWN.get(path, set()) for path, found in spelled.items()}
    assert {path: found for path, found in elsewhere.items() if found} == {}
