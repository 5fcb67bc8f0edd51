"""Proof that labels stay text: two whole studies on real Snakemake, one with hostile labels.

    python -m tests.trust.labels

Compares the reports element by element, reads the tables and every figure, and looks for what a
label's command would have left. Bad study files go through Snakemake too.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests import hostile
from tests.projects import Project

FILES = {
    "text.yaml": "only text\n",
    "list.yaml": "- 1\n- 2\n",
    "empty.yaml": "",
    "tab.yaml": "seeds:\n\t- 1\n",
    "broken.yaml": "seeds: [1\n",
    "twice.yaml": "seeds: 1\nseeds: 2\n",
    "object.yaml": 'seeds: !!python/object/apply:os.system ["touch pwned"]\n',
    "many.yaml": "seeds: 4000000\n",
    "bad.yaml": "pruning: {sparsity: 1.0}\n",
}


def study_of(folder: Path, labels: list[str]) -> Path:
    """Run a tiny study with these labels and published numbers to match; return its results."""
    project = Project(folder)
    hostile.published(folder / "theirs.csv", labels[1])
    project.study["reproduction"] = {"published": "theirs.csv"}
    for treatment, label in zip(("ketamine", "ssri"), labels[::2], strict=True):
        project.study["treatments"][treatment]["label"] = label
    project.study["treatments"]["x"] = {
        **project.study["treatments"]["ssri"],
        "label": labels[1],
        "combines": ["ketamine", "ssri"],
    }
    project.snakemake("-j", "2")
    return folder / "results"


def refused(folder: Path, name: str, text: str) -> None:
    """Assert that Snakemake refuses a study file, and without a traceback."""
    (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode != 0, name
    assert "Traceback" not in done.stdout + done.stderr, name


def main() -> int:
    """Run both studies and the bad files; return 1 if a label or a file did what it must not."""
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            results = {}
            for name, labels in (("plain", hostile.PLAIN), ("hostile", hostile.LABELS)):
                (folder / name).mkdir()
                results[name] = study_of(folder / name, labels)
            hostile.check_page(*(results[name] / "report.html" for name in ("hostile", "plain")))
            hostile.check_tables(results["hostile"] / "tables")
            hostile.check_figures(results["hostile"] / "figures")
            for name, text in FILES.items():
                refused(folder / "plain", name, text)
            assert not list(folder.rglob("pwned"))
            figures = len(list((results["hostile"] / "figures").glob("*.svg")))
    except AssertionError as error:
        print(f"FAILED: {error}")
        return 1
    print(f"a report, {figures} figures and all tables of 3 hostile labels are those of plain ones")
    print(f"{len(FILES)} bad study files refused without a traceback")
    print("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
