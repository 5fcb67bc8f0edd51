"""Compare two studies, or two scenarios of studies with axes, within the seeds that both have.

    python -m pipeline_lib.compare results/first results/second --out results/comparison
    python -m pipeline_lib.compare results/networks:network=small results/networks:network=wide

The first is the one that the second is held against. Treatments are matched by name.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline_lib.analysis.compared import Side, differences, paired, read_side
from pipeline_lib.analysis.intervals import LEVEL
from pipeline_lib.analysis.varied import Variant, Varied, study_variants
from pipeline_lib.errors import PipelineError
from pipeline_lib.figures import FOREST, pages, style
from pipeline_lib.figures.varied import drawn
from pipeline_lib.files.whole import write_text
from pipeline_lib.names import HEALTHY, STATES
from pipeline_lib.reporting.findings import Finding, markdown
from pipeline_lib.reporting.methods import few_seeds
from pipeline_lib.reporting.results import VariedResults
from pipeline_lib.reporting.typesetting import FORMATS, write_tables
from pipeline_lib.reporting.varied import TOPICS, variant_sentences, variant_table
from pipeline_lib.reporting.wording import listed, plural


def compare(base: Side, other: Side, out: str | Path) -> str:
    """Write sentences, table and figure to the folder `out`, and return the sentences."""
    varied = paired(base, other)
    variants = study_variants(varied)
    treatments = {name: kind for name, kind in base.study["treatments"].items() if kind}
    labels = {name: kind["label"] for name, kind in treatments.items()}
    text = _text(base, other, varied, variants, labels)
    title = f"{other.name} against {base.name}"
    table = variant_table(VariedResults(varied, [], variants, [], labels, None))
    table = replace(table, name="comparison", title=title)
    write_tables([table], [Path(out, f"comparison.{form}") for form in FORMATS])
    write_text(Path(out, "findings.md"), text)
    places = {name: place for place, name in enumerate(base.study["treatments"])}
    colours = {name: kind["colour"] for name, kind in treatments.items() if kind.get("colour")}
    looks = style.looks(labels, places, colours)
    pictures = [Path(out, f"comparison.{form}") for form in ("svg", "png")]
    pages.save(lambda: drawn(FOREST, varied, looks, 0.0), pictures)
    return text


def _text(
    base: Side, other: Side, varied: Varied, variants: Sequence[Variant], labels: dict[str, str]
) -> str:
    seeds = len(base.seeds & other.seeds)
    reading = (
        f"{other.name} is compared with {base.name} within {plural(seeds, 'seed')} that both have. "
        f"Numbers are means over these seeds, and brackets hold {100 * LEVEL:g} % intervals of "
        "the difference. A seed has the same data, initial weights and noise in both, unless a "
        f"setting that differs changes them.{few_seeds(seeds)}"
    )
    settings = differences(base, other)
    told = [f"They differ in {listed(settings)}."] if settings else []
    for one, another in ((base, other), (other, base)):
        known = {*STATES, *(value.treatment for value in another.values)}
        alone = dict.fromkeys(v.treatment for v in one.values if v.treatment not in known)
        told += [f"Only {one.name} has {listed([*alone])}."] if alone else []
    findings = [Finding("What is compared", told or ["Their settings are the same."])]
    for name, topic in TOPICS.items():
        rows = [row for row in variants if row.number == name and row.treatment != HEALTHY]
        if rows:
            sentences = variant_sentences(rows, varied.numbers[name], labels)
            findings.append(Finding(topic, list(sentences)))
    return markdown(reading, findings)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare two places and print what was found; exits with one sentence if that fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base", help="results folder, or folder:axis=value,… for a scenario")
    parser.add_argument("other", help="what is compared with it")
    parser.add_argument("--out", default="results/comparison", help="folder for what is written")
    given = parser.parse_args(arguments)
    try:
        base, other = read_side(given.base), read_side(given.other)
        if base.name == other.name:
            base, other = replace(base, name=given.base), replace(other, name=given.other)
        if base.name == other.name:
            raise PipelineError(f"{given.base} is given twice; it must be two different studies")
        print(re.sub(r"\\([^\w\s])", r"\1", compare(base, other, given.out)), end="")  # no Markdown
    except PipelineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
