"""The figure of the report that readers can handle: follow a seed, switch treatments on and off.

It is a Vega-Lite specification, which Vega draws in the browser; the page has both. The data are
the study's values and cells, and nothing is computed again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline_lib.analysis.cells import Cells
from pipeline_lib.analysis.values import BySeed
from pipeline_lib.figures.shown import axis_label
from pipeline_lib.figures.style import QUIET, Look
from pipeline_lib.names import LONGITUDINAL
from pipeline_lib.numbers import Key, Number

MOST_SEEDS = 200  # with more, the browser would be slow and the lines could not be told apart
PANEL = {"width": 240, "height": 190}  # pixels; one panel with its labels fits on a phone
CONFIG = {
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"},
    "title": {"anchor": "start", "fontSize": 13},
}
SEED = "seed"
SHAPES = {  # Vega's names for matplotlib's markers; it has no star
    **{"s": "square", "D": "diamond", "*": "diamond", "P": "cross", "X": "cross"},
    **{"^": "triangle-up", "v": "triangle-down", "<": "triangle-left", ">": "triangle-right"},
}

Spec = dict[str, Any]

# As many panels in a row as fit. Seeds can be pointed at in every panel: because the choice is also
# bound to a menu, Vega-Lite would listen to the first only. With `ast`, Vega interprets its
# expressions, so that the page's policy can forbid `eval`.
DRAW = """(async () => {
  const place = document.getElementById("seeds"), figure = place.querySelector(".live");
  document.documentElement.classList.add("drawn");
  const columns = Math.max(1, Math.floor(place.clientWidth / 360));
  const everywhere = (vega) => {
    vega.signals.find((signal) => signal.name === "chosen_seed").on = [
      {events: "view:pointerout", update: "null"},
      {events: "view:pointerover", update: "item() && item().isVoronoi ? datum.datum.seed : null"},
    ];
    return vega;
  };
  await vegaEmbed(figure, {...SPECIFICATION, columns}, {
    actions: false, ast: true, bind: place.querySelector(".controls"), patch: everywhere,
    renderer: "svg",
  });
  place.dataset.drawn = "";
})();"""


def script(
    values: Mapping[Key, BySeed],
    cells: Cells,
    looks: Mapping[str, Look],
    strips: Sequence[tuple[Number, float | None]],
    threshold: float | None,
) -> str:
    """Return JavaScript that draws the figure in the page's element `seeds`.

    The first panel follows accuracy through the stress cycles, and each of `strips`, a number and
    its level if it is a series, has one panel more. Empty without stress cycles or with more than
    `MOST_SEEDS` seeds.
    """
    cycles = cells.cycles(LONGITUDINAL)
    columns = {f"cycle_{cycle}": Key("", LONGITUDINAL, cycle=cycle) for cycle in cycles}
    columns |= {number.name: Key("", number.name, level=level) for number, level in strips}
    rows = _rows(values, cells, looks, columns)
    seeds = sorted({row[SEED] for row in rows if SEED in row})
    if not cycles or threshold is None or len(seeds) > MOST_SEEDS:
        return ""
    there = [state for state in looks if any(row["state"] == state for row in rows)]
    switches, kept = [], []
    for place, state in enumerate(there):
        box = {"input": "checkbox", "name": looks[state].label}
        switches.append({"name": f"on_{place}", "value": True, "bind": box})
        kept.append(f"(on_{place} && datum.state == '{state}')")
    tooltip = [{"field": SEED, "title": "Seed"}, {"field": "label", "title": "Network"}]
    for number, level in strips:
        tooltip.append({"field": number.name, "title": number.at_level(level), "format": ".2f"})
    marks = _marks([looks[state] for state in there])
    panels = [_course(cycles, marks, tooltip, threshold)]
    known = {column for row in rows for column in row}
    panels += [_strip(number, level, marks, tooltip, known) for number, level in strips]
    menu = {"input": "select", "options": [None, *seeds], "labels": ["none", *map(str, seeds)]}
    chosen = {
        "name": "chosen",
        "select": {"type": "point", "fields": [SEED], "nearest": True}
        | {"on": "pointerover", "clear": "pointerout"},
        "bind": {SEED: menu | {"name": "Follow seed"}},
        "views": [panel["layer"][0]["name"] for panel in panels],
    }
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": rows},
        "params": [*switches, chosen],
        "transform": [{"filter": " || ".join(kept)}],
        "concat": panels,
        "config": CONFIG,
    }
    import vl_convert  # starts a JavaScript engine, which takes a second

    library: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    text = json.dumps(specification, separators=(",", ":"), ensure_ascii=False)
    text = text.replace("<", "\\u003c")
    return f"{library}\n{DRAW.replace('SPECIFICATION', text)}"


def _rows(
    values: Mapping[Key, BySeed],
    cells: Cells,
    looks: Mapping[str, Look],
    columns: Mapping[str, Key],
) -> list[Spec]:
    """Return a row for each state and seed, and for each state one with its means and intervals."""
    rows: dict[tuple[str, int | None], Spec] = {}
    for state, look in looks.items():
        of_state = {"state": state, "label": look.label}
        for column, of_no_state in columns.items():
            key = of_no_state._replace(treatment=state)
            for seed, value in values.get(key, {}).items():
                rows.setdefault((state, seed), of_state | {SEED: seed})[column] = round(value, 4)
            if cell := cells.get(key):
                row = rows.setdefault((state, None), dict(of_state))
                for end, at in (("mean", cell.mean), ("low", cell.ci_low), ("high", cell.ci_high)):
                    if at is not None:
                        row[f"{column}_{end}"] = round(at, 4)
    return list(rows.values())


def _marks(looks: Sequence[Look]) -> Spec:
    """Return the encodings that tell states apart, also without colour."""
    labels = [look.label for look in looks]
    dashes = [[1, 0] if look.line == "-" else [2 * x for x in look.line[1]] for look in looks]
    legend = {"orient": "top", "title": None, "columns": 2, "labelFontSize": 12}

    def scaled(values: Sequence[Any]) -> Spec:
        scale = {"domain": labels, "range": values}
        return {"field": "label", "type": "nominal", "scale": scale, "legend": legend}

    return {
        "color": scaled([look.colour for look in looks]),
        "shape": scaled([SHAPES.get(look.marker, "circle") for look in looks]),
        "strokeDash": scaled(dashes),
    }


def _seen(shown: float) -> Spec:
    """Return the opacity of a seed: everything is `shown` until one seed is chosen."""
    return {
        "condition": [
            {"param": "chosen", "empty": False, "value": 1},
            {"test": "length(data('chosen_store')) > 0", "value": 0.08},
        ],
        "value": shown,
    }


def _place(field: str, title: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _layer(transform: list[Spec], mark: Spec, encoding: Spec, **name: str) -> Spec:
    return {**name, "transform": transform, "mark": mark, "encoding": encoding}


def _course(cycles: Iterable[int], marks: Spec, tooltip: list[Spec], threshold: float) -> Spec:
    """Return the panel with the lines of all seeds through the stress cycles."""

    def through(end: str) -> list[Spec]:
        """Transform the columns of the cycles, whose names end so, into a row for each cycle."""
        return [
            {"fold": [f"cycle_{cycle}{end}" for cycle in cycles], "as": ["at", "shown"]},
            {"calculate": "toNumber(split(datum.at, '_')[1])", "as": "cycle"},
            {"filter": "isValid(datum.shown)"},
        ]

    place = {
        "x": _place("cycle", "Stress cycle", axis={"tickMinStep": 1, "grid": False}),
        "y": _place("shown", "Accuracy (%)", scale={"zero": False}),
        "color": marks["color"],
    }
    dots = place | {"shape": marks["shape"], "opacity": _seen(0.5), "tooltip": tooltip}
    lines = place | {"detail": {"field": SEED}, "opacity": _seen(0.4)}
    means = place | {"strokeDash": marks["strokeDash"], "opacity": _seen(1)}
    limit = {"y": {"datum": 100 * threshold}}
    layers = [
        _layer(through(""), {"type": "point", "filled": True, "size": 14}, dots, name="course"),
        _layer(through(""), {"type": "line", "strokeWidth": 1}, lines),
        _layer(through("_mean"), {"type": "line", "strokeWidth": 3}, means),
        _layer([], {"type": "rule", "strokeDash": [4, 3], "color": QUIET}, limit),
    ]
    return {**PANEL, "title": "Combined stress, cycle by cycle", "layer": layers}


def _strip(
    number: Number, level: float | None, marks: Spec, tooltip: list[Spec], known: set[str]
) -> Spec:
    """Return a panel with a row of dots for each state, its mean and its interval."""
    name = number.name
    row: Spec = {"field": "label", "type": "nominal", "title": None}
    row["sort"] = marks["color"]["scale"]["domain"]
    row |= {"axis": {"labelLimit": 95, "ticks": False, "domain": False}}

    def at(column: str) -> Spec:
        """Place a mark at this column, in the rows that have it."""
        return {"x": _place(column, axis_label(number), scale={"zero": False}), "y": row}

    def has(column: str) -> list[Spec]:
        return [{"filter": f"isValid(datum['{column}'])"}]

    dots = at(name) | {"color": marks["color"], "shape": marks["shape"], "opacity": _seen(0.7)}
    dots |= {"yOffset": {"field": SEED, "type": "ordinal"}, "tooltip": tooltip}
    mean, low, high = (f"{name}_{end}" for end in ("mean", "low", "high"))
    interval = at(low) | {"x2": {"field": high}}
    tick = {"type": "tick", "color": "black", "thickness": 2, "size": 14}
    layers = [
        _layer(has(name), {"type": "point", "filled": True, "size": 28}, dots, name=name),
        _layer(has(mean), tick, at(mean)),
    ]
    if low in known:  # of a field that no row has, Vega would warn
        layers.append(_layer(has(low), {"type": "rule", "color": "black"}, interval))
    return {**PANEL, "title": number.at_level(level), "layer": layers}
