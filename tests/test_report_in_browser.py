"""The report in a real browser: one seed is followed, and one treatment is switched off."""

import json
import re
import shutil
import subprocess

import pytest

from pipeline_lib.analysis.values import by_key
from pipeline_lib.figures import interactive, style
from pipeline_lib.numbers import FigureSpec
from pipeline_lib.reporting.page import embedded, page
from tests.handmade import measured
from tests.test_report import COURSES, TEMPLATE, content

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no chromium here (Debian: apt-get install chromium)"
)

# The page in a frame of the given width, since a headless window is never narrower than 500. When
# the page has drawn its figure, the figure is used, and what was seen stands in the outer page.
FRAME = """<body><iframe src="report.html" style="width:{width}px;height:900px;border:0"></iframe>
<p id="found"></p><script>
const pause = () => new Promise((done) => setTimeout(done, 100));
document.querySelector("iframe").onload = async (event) => {{
  const page = event.target.contentDocument, frame = event.target.contentWindow;
  while (!page.querySelector("#seeds[data-drawn]")) await pause();
  const dots = () => [...page.querySelectorAll(".mark-symbol.role-mark path")].map((dot) => ({{
    label: dot.getAttribute("aria-label"), opacity: Number(dot.getAttribute("opacity")),
    panel: dot.parentElement.getAttribute("class"),
  }}));
  const start = dots();
  const choice = page.querySelector(".controls select");
  choice.value = choice.options[1].value;
  choice.dispatchEvent(new frame.Event("change"));
  await pause();
  const chosen = dots();
  const box = [...page.querySelectorAll(".vega-bind")].find((each) =>
    each.textContent.includes("Ketamine-like")).querySelector("input");
  box.click();
  await pause();
  const off = dots();
  document.getElementById("found").textContent = JSON.stringify({{
    start, chosen, off,
    still: frame.getComputedStyle(page.querySelector(".still")).display,
    width: page.documentElement.scrollWidth,
    images: [...page.images].map((image) => image.naturalWidth),
    boxes: [...page.querySelectorAll(".scroll")].map((box) => box.clientWidth),
    headings: page.querySelectorAll("h2").length,
    asked: frame.performance.getEntriesByType("resource").map((e) => e.name),
  }});
}};
</script></body>"""


COMMAND = [
    *(BROWSER or "", "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
    *("--dump-dom", "--allow-file-access-from-files"),
    *("--disable-background-networking", "--disable-component-update", "--no-first-run"),
    *("--disable-default-apps", "--disable-sync", "--virtual-time-budget=9000"),
    "--proxy-server=127.0.0.1:9",  # nobody is there: a browser's own calls home end here
]


def live(shown, paper):
    """The content with the figure that readers can handle."""
    names = {name: treatment["label"] for name, treatment in paper["treatments"].items()}
    results = shown["results"]
    looks = style.looks(names, {name: place for place, name in enumerate(names)}, {})
    values = by_key(measured(COURSES, drops={name: [1.0, 2.0] for name in names}))
    script = interactive.script(values, results.cells, looks, results.asked(), results.threshold)
    return shown | {"script": script}


def browse(folder, width):
    """Return what the browser found, and what stands in its console."""
    (folder / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")
    command = [
        *(*COMMAND, f"--user-data-dir={folder / 'profile'}", (folder / "frame.html").as_uri())
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found = json.loads(done.stdout.split('<p id="found">')[1].split("</p>")[0])
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return found, console


def seeds_seen(dots):
    """The seeds whose dots are not pale, by panel."""
    seen = {}
    for dot in dots:
        seen.setdefault(dot["panel"].split()[-1], set())
        if dot["opacity"] > 0.1:
            seen[dot["panel"].split()[-1]].add(re.search(r"Seed: (\d+)", dot["label"])[1])
    return seen


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_can_be_used_fits_the_screen_and_loads_nothing(paper, tmp_path, width):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="300"></svg>'
    (tmp_path / "drawing.svg").write_text(drawing, encoding="utf-8")
    figures = embedded([tmp_path / "drawing.svg"], {"drawing": FigureSpec("drawing", "D", "")})
    # A label as long as they may be, without a place to break it.
    paper["treatments"]["ssri"]["label"] = "S" * 60
    text = page(TEMPLATE, **live(content(paper, figures=figures), paper))
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    found, console = browse(tmp_path, width)
    assert found["width"] <= width
    assert found["headings"] == text.split("<script>")[0].count("<h2>")
    assert found["images"] == [700]
    assert found["still"] == "none"
    assert len(found["boxes"]) > 15
    assert max(found["boxes"]) <= width
    assert [url for url in found["asked"] if not url.startswith("data:")] == []
    # What the page's own policy forbids, such as another file, a browser refuses aloud.
    assert console == []
    assert set(seeds_seen(found["start"])) == {
        f"{panel}_marks"
        for panel in ("course", "combined", "acute_drop", "mean_accuracy", "final_accuracy")
    }
    assert all(seeds == {"0", "1"} for seeds in seeds_seen(found["start"]).values())
    assert all(seeds == {"0"} for seeds in seeds_seen(found["chosen"]).values())
    assert "Ketamine-like" in str(found["start"])
    assert "Ketamine-like" not in str(found["off"])
    assert "Neurosteroid-like" in str(found["off"])
