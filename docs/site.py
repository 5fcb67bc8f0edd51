"""Pages of the site that are not files in docs: the README, CONTRIBUTING, and every module."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PROJECT = Path(__file__).parent.parent
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md"}
TEXTS = {"LICENSE": "LICENSE.txt", "CITATION.cff": "CITATION.cff.txt"}
REFERENCE = "# The library, module by module\n\n::: pipeline_lib\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, with their links as seen from within docs."""
    added = PAGES | TEXTS
    for name, page in added.items():
        text = (PROJECT / name).read_text("utf-8").replace("](docs/", "](")
        for other, theirs in added.items():
            text = text.replace(f"]({other}", f"]({theirs}")
        files.append(File.generated(config, page, content=text))
    files.append(File.generated(config, "reference.md", content=REFERENCE))
    return files
