"""The report in a real browser, on a wide and on a narrow screen.

It asks for nothing beyond itself, complains of nothing, and only boxes meant to scroll do.
"""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from pipeline_lib.numbers import FigureSpec
from pipeline_lib.reporting.page import embedded, page
from tests.test_report import TEMPLATE, content

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no chromium here (Debian: apt-get install chromium)"
)

# The page in a frame of the given width, since a headless window is never narrower than 500;
# when it has loaded, its own width and the widths of its images stand in the outer page.
FRAME = """<body><iframe src="report.html" style="width:{width}px;height:900px;border:0"></iframe>
<p id="found"></p><script>
document.querySelector("iframe").onload = (event) => {{
  const page = event.target.contentDocument;
  document.getElementById("found").textContent = JSON.stringify({{
    width: page.documentElement.scrollWidth,
    images: [...page.images].map((image) => image.naturalWidth),
    boxes: [...page.querySelectorAll(".scroll")].map((box) => box.clientWidth),
    headings: page.querySelectorAll("h2").length,
    asked: event.target.contentWindow.performance.getEntriesByType("resource").map((e) => e.name),
  }});
}};
</script></body>"""


def browse(folder, width):
    """Return what the browser found, and what stands in its console."""
    (folder / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")
    command = [
        *(BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"),
        *("--disable-background-networking", "--disable-component-update", "--no-first-run"),
        *("--disable-default-apps", "--disable-sync", "--enable-logging=stderr"),
        *("--allow-file-access-from-files", "--virtual-time-budget=5000"),
        f"--user-data-dir={folder / 'profile'}",
        "--proxy-server=127.0.0.1:9",  # nobody is there: a browser's own calls home end here
        (folder / "frame.html").as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(done.stdout.split('<p id="found">')[1].split("</p>")[0])
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return found, console


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_the_screen_and_loads_nothing(paper, tmp_path, width):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="300"></svg>'
    (tmp_path / "drawing.svg").write_text(drawing, encoding="utf-8")
    figures = embedded([tmp_path / "drawing.svg"], {"drawing": FigureSpec("drawing", "D", "")})
    # A label as long as they may be, without a place to break it.
    paper["treatments"]["ssri"]["label"] = "S" * 60
    text = page(TEMPLATE, content(paper, figures=figures))
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    found, console = browse(tmp_path, width)
    assert found["width"] <= width
    assert found["headings"] == text.count("<h2>")
    assert found["images"] == [700]
    assert len(found["boxes"]) > 15
    assert max(found["boxes"]) <= width
    assert [url for url in found["asked"] if not url.startswith("data:")] == []
    # What the page's own policy forbids, such as another file, a browser refuses aloud.
    assert console == []
