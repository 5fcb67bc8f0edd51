"""Validation: from raw YAML to a `Study`, or to one sentence for each problem."""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline_lib import items
from pipeline_lib.errors import PipelineError
from pipeline_lib.options import BY_LAYER, EVERY_LAYER, RAMP, STEADY
from pipeline_lib.study.config import LIST, NUMBER, STUDY, VALUES, VARIANTS, Study
from pipeline_lib.study.sections import ELSEWHERE, KEYWORD, MAPPING

LONGEST_VALUE = 60  # the most characters of a value that a message shows

UNIONS = {
    **dict.fromkeys((NUMBER, LIST), "it must be a whole number or a list of whole numbers"),
    **dict.fromkeys((KEYWORD, MAPPING), "it must be torch or a mapping {normal: sd}"),
    **dict.fromkeys(
        (VALUES, VARIANTS), "it must be a list of values, or a mapping of names to keys"
    ),
    **dict.fromkeys((STEADY, RAMP), "it must be a number or a list of two, [first, last]"),
    **dict.fromkeys(
        (EVERY_LAYER, BY_LAYER), "it must be a share, or a list with a share for each layer"
    ),
}

# Plain sentences to replace messages of pydantic.
ALLOWED = {
    "missing": "this key is required",
    "string_type": "it must be text",
    "string_too_short": "it must not be empty",
    "string_too_long": "it must be at most {max_length} characters long",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "bool_type": "it must be true or false",
    "list_type": "it must be a list",
    "dict_type": "it must be a mapping of keys to values",
    "model_type": "it must be a mapping of keys to values",
    "too_short": "it must have {min_length} or more entries",
    "greater_than_equal": "it must be at least {ge}",
    "less_than_equal": "it must be at most {le}",
    "invalid_key": "a key must be text",
}


def validate(raw: Mapping[str, Any], *, order: Sequence[str] = ()) -> Study:
    """Return the study that `raw`, as loaded from YAML, describes.

    `order` names the treatments that the study's files define. The study has them in this order,
    followed by any others, and only these may be removed by setting them to null.

    Raises PipelineError with a line for each problem: the key, what was found, what is allowed.
    """
    lines, gone = [], list[Any]()
    if isinstance(raw, dict) and isinstance(treatments := raw.get("treatments"), dict):
        gone = [name for name, treatment in treatments.items() if treatment is None]
        lines = [
            f"treatments.{_name(str(name))} is null, which removes a treatment, but the study has "
            f"no treatment of this name; its treatments are {', '.join(order)}"
            for name in gone
            if order and name not in order
        ]
        ordered = {name: treatments[name] for name in order if name in treatments} | treatments
        kept = {name: treatment for name, treatment in ordered.items() if name not in gone}
        raw = raw | {"treatments": kept}
    try:
        study = STUDY.model_validate(raw, context={"gone": gone})
    except ValidationError as error:
        lines += [_sentence(details) for details in error.errors()]
    if lines:
        raise PipelineError("\n".join(dict.fromkeys(lines)))
    return study


def schema() -> str:
    """Return the JSON schema of a study, and of a file with only its differences, for editors."""
    found = STUDY.model_json_schema()
    models = found["$defs"]
    for name, part in [("Study", found), *models.items()]:
        if "steps" not in name and name != "Claim":  # the entries of lists are always whole
            part.pop("required", None)
    options = {
        name: models.get(f"pipeline_lib__steps__{name}__Options") for name in items.names("steps")
    }
    named = [name for name, part in options.items() if part and not part.get("required")]
    models["Step"] = {"anyOf": [models["Step"], {"enum": named}]}
    treatments = found["properties"]["treatments"]
    treatments["additionalProperties"] = {
        "anyOf": [treatments["additionalProperties"], {"type": "null"}]  # removed by an overlay
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _sentence(details: ErrorDetails) -> str:
    path, kind = _path(details["loc"]), details["type"]
    key = _spelled(path)
    if kind == ELSEWHERE:
        return details["msg"]
    if kind == "missing":
        new = " for a new treatment" if path[0] == "treatments" and len(path) == 3 else ""
        return f"{key} is missing; {ALLOWED[kind]}{new}"
    if kind == "extra_forbidden":
        return f"{key} is not a known key; {_known_keys(path)}{_about_dots(path)}"
    found = _shown(details["input"])
    if kind == "invalid_key":
        return f"{_spelled(path[:-1])} has the key {found}; {ALLOWED[kind]}"
    if details["loc"][-1:] == ("[key]",):
        return f"{_spelled(path[:-1])} has the name {found}; {_allowed(details)}"
    return f"{key} is {found}; {_allowed(details)}{_about_dots(path)}"


def _allowed(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    union = UNIONS.get(str(details["loc"][-1])) if details["loc"] else None
    if kind == "model_type" and _may_be_null(_path(details["loc"])):
        return f"{ALLOWED[kind]}, or null to leave it out"
    if union and kind.endswith(("_type", "_error", "from_float")):
        return union
    if 1 in (context.get("lt"), context.get("le")) and 1 < details["input"] <= 100:
        # Below 2, per cent is unlikely to be meant: a normal distribution may draw 1.05.
        meant = f"; did you mean {details['input'] / 100:g}?" if details["input"] >= 2 else ""
        return f"it must be a fraction, at most 1{meant}"
    own = details["msg"].replace("Input should be", "it must be")
    return ALLOWED[kind].format(**context) if kind in ALLOWED else own


def _path(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    marks = {*UNIONS, "[key]"}
    return tuple(part for part in loc if part not in marks)


def _about_dots(path: tuple[str | int, ...]) -> str:
    if path[:1] in (("axes",), ("drawn",)) and len(path) == 3 and path[1] in STUDY.model_fields:
        return f"; if you mean the key {path[1]}.{path[2]}, write it with dots"
    return ""


def _may_be_null(path: tuple[str | int, ...]) -> bool:
    if len(path) == 1:
        return not STUDY.model_fields[str(path[0])].is_required()
    return path[:1] == ("treatments",) and len(path) == 2


def _spelled(path: tuple[str | int, ...]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{_name(part)}" for part in path]
    return "".join(parts).removeprefix(".") or "the study"


def _name(key: str) -> str:
    # A key that is not a plain word is quoted, so that each message stays on one line.
    return key if key.isidentifier() and len(key) <= LONGEST_VALUE else _shown(key)


def _shown(value: Any) -> str:
    # JSON spells null, true and false like YAML.
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _known_keys(path: tuple[str | int, ...]) -> str:
    model: type[BaseModel] = STUDY
    for part in path[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    keys = [field.alias or name for name, field in model.model_fields.items()]
    close = difflib.get_close_matches(str(path[-1]), keys, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}the keys here are {', '.join(keys)}" if keys else "no keys are allowed here"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_in(argument):
            return found
    return None


if __name__ == "__main__":
    print(schema(), end="")
