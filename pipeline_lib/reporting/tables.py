"""The tables that measures declare, with the published numbers beside this study's.

Where treatments are rows, the published numbers are in the row below each; where they are columns,
they are in the column to the right. Numbers to compare are therefore always neighbours.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from pipeline_lib import measures
from pipeline_lib.analysis.cells import Place, Statistics, by_place
from pipeline_lib.analysis.published import Published
from pipeline_lib.measures import Value
from pipeline_lib.names import OFF, ON, STATES
from pipeline_lib.numbers import Key, Number, Numbers, TableSpec
from pipeline_lib.reporting.results import Results
from pipeline_lib.reporting.typesetting import Column, Table, columns
from pipeline_lib.reporting.wording import OURS, PUBLISHED, of_a_seed, plural, shown

Side = Mapping[Place, Statistics]
Sides = Sequence[Side]  # this study's, and then the published one where tables show it
Labels = Mapping[str, str]  # of all states that were measured, in their order
Layout = tuple[list[Column], list[list[list[str]]], list[Place]]


def build(
    results: Results, values: Iterable[Value], published: Sequence[Published] | None
) -> list[Table]:
    """Return the tables of a study's measures, and its summary.

    Without published numbers the tables show ours only. A table for which the study has no numbers
    has a sentence that says so. Published numbers of treatments that the study does not have are
    left out.
    """
    measured = results.cells.treatments
    order = dict.fromkeys([*STATES, *results.labels, *measured])
    labels = {name: results.name(name) for name in order if name in measured}
    sides = [by_place(results.cells, values)]
    if published is not None:
        sides.append(_printed(published, labels))
    return [_table(spec, results, sides, labels) for spec in measures.tables(results.measures)]


def _printed(published: Sequence[Published], known: Collection[str]) -> dict[Place, Statistics]:
    """Return the published numbers of known treatments, merged where several tables have parts."""
    found: dict[Place, Statistics] = {}
    for row in published:
        if row.key.treatment in known:
            parts = zip(found.get(row.place, Statistics()), row.statistics, strict=True)
            merged = (new if old is None else old for old, new in parts)
            found[row.place] = Statistics._make(merged)
    return found


def _table(spec: TableSpec, results: Results, sides: Sides, labels: Labels) -> Table:
    numbers = {name: each for name, each in results.numbers.items() if spec.name in each.tables}
    lay_out = _by_treatment if spec.rows == "treatments" else _by_cycle_or_seed
    heads, blocks, places = lay_out(spec, numbers, sides, labels)
    ours, *theirs = (_sizes(places, side) for side in sides)
    also = f" (published: {_span(theirs[0])})" if theirs and theirs[0] not in (ours, set()) else ""
    seeds = (plural(1, "seed") if ours == {1} else f"{_span(ours)} seeds") + also
    over = f"the value of {seeds}" if ours == {1} else f"mean ± population SD of {seeds}"
    caption = spec.caption.format(over=over, seeds=seeds)
    if spec.rows == "seeds" and theirs:
        caption += (
            " A seed of this study is a different network from the published seed of that number."
        )
    prefixes = ("", "published_")[: len(sides)]
    data: list[list[object]] = [[*Key._fields, "seed", "label"]]
    data[0] += [prefix + name for prefix in prefixes for name in Statistics._fields]
    for place in dict.fromkeys(places):
        if any(place in side for side in sides):
            of_sides = [value for side in sides for value in side.get(place, Statistics())]
            data.append([*place.key, place.seed, labels[place.key.treatment], *of_sides])
    return Table(spec.name, spec.title, caption, heads, blocks, data, spec.empty, spec.paper)


def _by_treatment(spec: TableSpec, numbers: Numbers, sides: Sides, labels: Labels) -> Layout:
    known = {place.key._replace(treatment="") for side in sides for place in side}
    levels = (key for each in numbers.values() for key in _levels(spec, sides[0], each))
    keys = [key for key in levels if key in known]
    blocks, places = [], []
    for who, name in labels.items():
        row = [Place(key._replace(treatment=who)) for key in keys]
        deciding = [place for place in row if place.key.modulation == OFF or not spec.both]
        if any(place in sides[0] for place in deciding):
            starts = ([name, OURS], ["", PUBLISHED])
            blocks.append(
                [
                    [*start[: len(sides)], *_texts(row, side, numbers)]
                    for start, side in zip(starts, sides, strict=False)
                    if any(place in side for place in row)
                ]
            )
            places += row
    heads = [numbers[key.number].at_level(key.level, key.modulation) for key in keys]
    return columns(("Treatment", "")[: len(sides)], heads), blocks, places


def _levels(spec: TableSpec, ours: Iterable[Place], number: Number) -> list[Key]:
    """Return the keys of a number at all levels that the table shows, with no treatment yet."""
    keys = [place.key for place in ours if place.key.number == number.name]
    found = {key.level for key in keys if key.modulation == ON and key.level is not None}
    levels: list[float | None] = [*sorted(found)] if number.by else [None]
    if spec.both:
        off = {key.level for key in keys if key.modulation == OFF}
        levels = [level for level in levels if level in off]
    if spec.strongest:
        levels = levels[-1:]
    modulations = (ON, OFF) if spec.both else (ON,)
    return [Key("", number.name, modulation, at) for at in levels for modulation in modulations]


def _texts(row: Sequence[Place], side: Side, numbers: Numbers) -> list[str]:
    """Return a treatment's numbers; those that some of its seeds lack give their n."""
    found = [side.get(place, Statistics()) for place in row]
    most = max((each.n for each in found if each.n), default=None)
    return [
        shown(each, numbers[place.key.number])
        + (f" (n = {each.n})" if each.count is None and each.n and each.n != most else "")
        for place, each in zip(row, found, strict=True)
    ]


def _by_cycle_or_seed(spec: TableSpec, numbers: Numbers, sides: Sides, labels: Labels) -> Layout:
    seeds = spec.rows == "seeds"
    have = {place.key.treatment for place in sides[0] if place.key.number in numbers}
    # A treatment without the number in any seed is shown too, for example when none relapsed.
    treatments = [who for who in labels if who in have or (seeds and who not in STATES)]
    shown_of = [(who, number) for who in treatments for number in numbers.values()]
    there = [place for side in sides[: 1 + seeds] for place in side if place.key.number in numbers]
    stubs = {place.seed if seeds else place.key.cycle for place in there}
    blocks, places = [], []
    for stub in sorted(stub for stub in stubs if stub is not None):
        line = [str(stub)]
        for who, number in shown_of:
            key = Key(who, number.name, cycle=None if seeds else stub)
            places.append(place := Place(key, stub if seeds else None))
            for found in (side.get(place, Statistics()) for side in sides):
                if seeds and found.mean is not None:
                    line.append(of_a_seed(found.mean, number))
                else:
                    line.append(shown(found, number, extremes=spec.extremes))
        blocks.append([line])
    heads = [Column(spec.rows.removesuffix("s").capitalize(), stub=True)]
    for who, number in shown_of:
        name = labels[who] + (f", {number.heading}" if len(numbers) > 1 else "")
        beside = [Column(OURS, name), Column(PUBLISHED, name)]
        heads += beside if len(sides) > 1 else [Column(name)]
    return heads, blocks, places


def _sizes(places: Sequence[Place], side: Side) -> set[int]:
    """Return how many seeds the treatments have, counting for each its most complete number."""
    sizes: dict[str, int] = {}
    for place in places:
        n, treatment = side.get(place, Statistics()).n or 0, place.key.treatment
        sizes[treatment] = max(n, sizes.get(treatment, 0))
    return set(sizes.values()) - {0}


def _span(sizes: set[int]) -> str:
    low, high = min(sizes, default=0), max(sizes, default=0)
    return str(low) if low == high else f"{low} to {high}"
