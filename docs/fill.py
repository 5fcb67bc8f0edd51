"""Bring what a study made into a page of the docs: tables, sentences, figures, and its YAML.

    .venv/bin/python docs/fill.py docs/switch.md

A page says where each part comes from, in comments that readers do not see:

    <!-- results/switch/tables/switch.md -->
    all that stands here is replaced by the file
    <!-- end -->

`<!-- file.md: Heading -->` takes one section of a Markdown file, without its heading. YAML is shown
as code; of a picture the part has the link to a copy, which is renewed.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
PART = re.compile(r"(<!-- (\S+?)(?:: (.+?))? -->\n)(.*?)(<!-- end -->)", re.S)
LINK = re.compile(r"!\[[^\]]*\]\((\S+)\)")


def filled(page: Path, project: Path = PROJECT) -> str:
    """Return the page's text with every part renewed, and renew its pictures.

    Paths are relative to the project. Raises ValueError if a source or a section is not there.
    """

    def renewed(part: re.Match[str]) -> str:
        opening, path, section, before, end = part.groups()
        source = project / path
        if not source.exists():
            raise ValueError(f"{page.name}: there is no {path}; run its study first")
        if source.suffix == ".png":
            if not (link := LINK.search(before)):
                raise ValueError(f"{page.name}: {path} has no link to its copy")
            shutil.copyfile(source, page.parent / link[1])
            return part[0]
        text = source.read_text(encoding="utf-8").rstrip("\n")
        if source.suffix == ".yaml":
            text = f"```yaml\n{text}\n```"
        if section:
            text = _section(text, section, f"{page.name}: {path}")
        return f"{opening}{text}\n{end}"

    return PART.sub(renewed, page.read_text(encoding="utf-8"))


def _section(text: str, heading: str, where: str) -> str:
    pattern = rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#|\Z)"
    if not (found := re.search(pattern, text, re.S | re.M)):
        raise ValueError(f"{where} has no section {heading!r}")
    return found[2].strip("\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            Path(name).write_text(filled(Path(name)), encoding="utf-8")
        except ValueError as error:
            sys.exit(str(error))
