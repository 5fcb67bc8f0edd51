"""How numbers become a table: treatments, cycles or seeds as rows, published numbers beside.

Where treatments are rows, a row of published numbers stands below each; where they are columns,
a published column stands to the right of each. So numbers to compare are always neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from pipeline_lib.analysis.statistics import KEY, SEED, STATISTICS, Key, Numbers, by_key, frame
from pipeline_lib.names import STATES
from pipeline_lib.reporting.typesetting import PLUS_MINUS, Column, Table
from pipeline_lib.reporting.wording import OURS, PUBLISHED, head, label, shown

Place = tuple[str, str]  # a table and a metric


@dataclass(frozen=True)
class Text:
    """The words of a table; `{over}` and `{seeds}` in a caption say how many seeds there are."""

    name: str
    title: str
    caption: str
    number: str = ""
    empty: str = "This study has no such measurement."


@dataclass(frozen=True)
class Sources:
    """Our numbers, the published ones, and the labels of our treatments in their order."""

    ours: Mapping[Key, Numbers]
    published: Mapping[Key, Numbers]
    labels: Mapping[str, str]
    with_published: bool

    def metrics(self, table: str, prefix: str) -> list[str]:
        """Return our metrics of a table that begin with `prefix`, by the number at their end."""
        keys = [key for key in self.ours if key.table == table and key.metric.startswith(prefix)]
        return sorted({key.metric for key in keys}, key=_number_in)

    def treatments(self, places: Iterable[Place]) -> list[str]:
        """Return the treatments that have a number of ours in one of these places."""
        wanted = set(places)
        have = {key.treatment for key in self.ours if (key.table, key.metric) in wanted}
        return [name for name in self.labels if name in have]

    def only(self, treatments: Iterable[str]) -> Sources:
        """Return the same numbers for fewer treatments."""
        return replace(self, labels={name: self.labels[name] for name in treatments})


def sources(
    cells: pd.DataFrame, published: pd.DataFrame | None, labels: Mapping[str, str]
) -> Sources:
    """Put the numbers of both by key; what was published of no treatment of ours is left out."""
    ours = by_key(cells)
    names = {key.treatment for key in ours}
    order = dict.fromkeys([*STATES, *labels, *(key.treatment for key in ours)])
    theirs = {} if published is None else by_key(published)
    # A range may be published in Table 3 itself.
    ranges = {
        key._replace(table="3_range"): numbers
        for key, numbers in theirs.items()
        if key.table == "3" and not pd.isna(numbers["min"])
    }
    return Sources(
        ours=ours,
        published={key: row for key, row in (ranges | theirs).items() if key.treatment in names},
        labels={name: label(name, labels) for name in order if name in names},
        with_published=published is not None,
    )


def by_treatment(source: Sources, text: Text, places: Sequence[Place]) -> Table:
    """Return a table with treatments as rows and the metrics of several places as columns."""
    keys: list[Key] = []
    blocks = []
    for who in source.treatments(places):
        row = [Key(table, who, metric) for table, metric in places]
        ours = [shown(source.ours.get(key), key.metric) for key in row]
        theirs = [shown(source.published.get(key), key.metric) for key in row]
        first = [source.labels[who], *([OURS] if source.with_published else []), *ours]
        blocks.append([first])
        if any(key in source.published for key in row):
            blocks[-1].append(["", PUBLISHED, *theirs])
        keys += row
    stubs = [Column("Treatment", stub=True)]
    stubs += [Column("", stub=True)] if source.with_published else []
    columns = [*stubs, *(Column(head(metric)) for _, metric in places)]
    return _table(source, text, columns, blocks, keys)


def by_cycle(source: Sources, text: Text, place: Place, *, extremes: bool = False) -> Table:
    """Return a table with cycles as rows and treatments as columns."""
    table, metric = place
    treatments = source.treatments([place])
    cycles = {key.cycle for key in source.ours if (key.table, key.metric) == place}
    lines = [
        (str(cycle), [Key(table, who, metric, cycle) for who in treatments])
        for cycle in sorted(cycle for cycle in cycles if cycle is not None)
    ]
    columns = _paired_columns(source, "Cycle", [source.labels[who] for who in treatments])
    return _paired(source, text, columns, lines, extremes)


def by_seed(source: Sources, text: Text, table: str) -> Table:
    """Return a table with seeds as rows and treatments as columns.

    The seeds are those that have a number of any treatment of ours, here or in the published one.
    """
    treatments = source.treatments([("3", "combined")])
    metrics = {
        key.metric
        for key in (*source.ours, *source.published)
        if key.table == table and key.treatment in treatments
    }
    lines = [
        (metric.removeprefix(SEED), [Key(table, who, metric) for who in treatments])
        for metric in sorted(metrics, key=_number_in)
    ]
    columns = _paired_columns(source, "Seed", [source.labels[who] for who in treatments])
    return _paired(source, text, columns, lines, extremes=False)


def alone(source: Sources, text: Text, place: Place) -> Table:
    """Return a table with treatments as rows and one number each."""
    lines = [
        (source.labels[who], [Key(place[0], who, place[1])]) for who in source.treatments([place])
    ]
    columns = [Column("Treatment", stub=True), Column("This study"), Column("Published")]
    kept = columns if source.with_published else columns[:2]
    return _paired(source, text, kept, lines, extremes=False)


def _paired(
    source: Sources,
    text: Text,
    columns: Sequence[Column],
    lines: Sequence[tuple[str, Sequence[Key]]],
    extremes: bool,
) -> Table:
    blocks = []
    for stub, keys in lines:
        row = [stub]
        for key in keys:
            row.append(shown(source.ours.get(key), key.metric, extremes=extremes))
            if source.with_published:
                row.append(shown(source.published.get(key), key.metric, extremes=extremes))
        blocks.append([row])
    everything = [key for _, keys in lines for key in keys]
    return _table(source, text, columns, blocks, everything, extremes=extremes)


def _paired_columns(source: Sources, stub: str, names: Iterable[str]) -> list[Column]:
    columns = [Column(stub, stub=True)]
    for name in names:
        if source.with_published:
            columns += [Column(OURS, group=name), Column(PUBLISHED, group=name)]
        else:
            columns.append(Column(name))
    return columns


def _table(
    source: Sources,
    text: Text,
    columns: Sequence[Column],
    blocks: Sequence[Sequence[Sequence[str]]],
    keys: Sequence[Key],
    *,
    extremes: bool = False,
) -> Table:
    ours = {int(source.ours[key]["n_seeds"]) for key in keys if key in source.ours}
    theirs = {int(source.published[key]["n_seeds"]) for key in keys if _counted(source, key)}
    also = f" (published: {_span(theirs)})" if theirs and theirs != ours else ""
    seeds = f"{_span(ours)} {'seed' if ours == {1} else 'seeds'}{also}"
    over = f"the value of {seeds}" if ours == {1} else f"mean {PLUS_MINUS} population SD of {seeds}"
    return Table(
        name=text.name,
        title=text.title,
        number=text.number,
        caption=text.caption.format(over=over, seeds=seeds),
        columns=columns,
        blocks=blocks,
        data=_data(source, keys, ("min", "max") if extremes else STATISTICS),
        empty=text.empty,
    )


def _data(source: Sources, keys: Sequence[Key], statistics: Sequence[str]) -> pd.DataFrame:
    """Return both sides of each key side by side, tidy; a key that neither has is left out."""
    names = [*statistics, "n_seeds"]
    sides = [source.ours, source.published] if source.with_published else [source.ours]
    rows = [
        (
            *key,
            source.labels[key.treatment],
            *(side.get(key, {}).get(name) for side in sides for name in names),
        )
        for key in dict.fromkeys(keys)
        if any(key in side for side in sides)
    ]
    prefixes = ["", "published_"][: len(sides)]
    heads = [*KEY, "label", *(f"{prefix}{name}" for prefix in prefixes for name in names)]
    return frame(rows, heads)


def _counted(source: Sources, key: Key) -> bool:
    return key in source.published and not pd.isna(source.published[key]["n_seeds"])


def _span(numbers: set[int]) -> str:
    low, high = min(numbers, default=0), max(numbers, default=0)
    return str(low) if low == high else f"{low} to {high}"


def _number_in(metric: str) -> tuple[float, str]:
    found = re.search(r"\d+(\.\d+)?$", metric)
    return (float(found[0]) if found else -1.0, metric)
