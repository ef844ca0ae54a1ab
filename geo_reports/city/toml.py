"""Read a TOML file into a model; every fault becomes a ``Problem`` that names file and key."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from geo_reports.errors import Problem

Model = TypeVar("Model", bound=BaseModel)


class Findings:
    """Problems and warnings gathered while a city folder is read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def problem(self, file: Path | str, where: str, wrong: str, remedy: str) -> None:
        """Note something that must be mended before the folder can be used."""
        self.problems.append(Problem(self.name(file), where, wrong, remedy))

    def warn(self, file: Path | str, where: str, wrong: str, remedy: str) -> None:
        """Note something that a person should look at, though the folder can be used."""
        self.warnings.append(Problem(self.name(file), where, wrong, remedy))

    def name(self, file: Path | str) -> str:
        """Name of a file relative to the city folder, for messages."""
        path = Path(file)
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()


def read_toml(path: Path, model: type[Model], findings: Findings) -> Model | None:
    """Read ``path`` as ``model``; on any fault note it in ``findings`` and return None."""
    data = _parse(path, findings)
    if data is None:
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for fault in _own(error.errors(include_url=False, include_context=False)):
            where = _dotted(fault["loc"], data)
            if fault["type"].startswith("union_tag"):
                where += ".kind"  # the only key that chooses between models
            findings.problem(path, where, *_explain(fault))
        return None


def _own(faults: list[Any]) -> list[Any]:
    """Drop the echo of a fault: a list whose only entry is faulty is also said to be too short."""
    places = [fault["loc"] for fault in faults]
    return [
        fault
        for fault in faults
        if not any(len(place) > len(fault["loc"]) and place[: len(fault["loc"])] == fault["loc"] for place in places)
    ]


def _parse(path: Path, findings: Findings) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        findings.problem(path, "file", "is missing", "create it, or start from geo-reports init DIR")
    except OSError as error:
        findings.problem(path, "file", f"cannot be read ({error.strerror})", "make it a file this account may read")
    except UnicodeDecodeError as error:
        findings.problem(path, f"byte {error.start}", "is not UTF-8", "save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        findings.problem(path, "file", f"is not valid TOML ({error})", "correct it at the place named")
    return None


def _dotted(location: tuple[int | str, ...], data: Any) -> str:
    """``('categories', 2, 'publish')`` as ``categories[rubble].publish``, by id where an entry has one."""
    text = ""
    for key in location:
        if isinstance(key, int):
            text += f"[{_label(data, key)}]"
            data = data[key] if isinstance(data, list) and key < len(data) else None
        elif key == "[key]" or (isinstance(data, dict) and key not in data and key == data.get("kind")):
            continue  # pydantic's mark of a faulty key, and the tag of a union, are no keys of the file
        else:
            data = data.get(key) if isinstance(data, dict) else None
            text += f".{key}" if text else key
    return text or "file"


def _label(entries: Any, number: int) -> str:
    """Id or kind of an entry where no other entry has the same, its number from 0 otherwise."""
    if not isinstance(entries, list) or number >= len(entries):
        return str(number)
    names = [entry.get("id") or entry.get("kind") if isinstance(entry, dict) else None for entry in entries]
    return str(names[number]) if names[number] and names.count(names[number]) == 1 else str(number)


def _explain(fault: Any) -> tuple[str, str]:
    kind, message = fault["type"], fault["msg"]
    if kind == "extra_forbidden":
        return "is not a known key", "remove it, or correct its spelling"
    if kind == "union_tag_invalid":
        return f"{fault['input']['kind']!r} is not known", f"write one of {message.rpartition(': ')[2]}"
    if kind in ("missing", "union_tag_not_found"):
        return "is required but absent", "add it"
    wrong, _, remedy = message.removeprefix("Value error, ").partition("; ")
    if not remedy:
        wrong, _, remedy = wrong.partition(": ")
    if not isinstance(fault["input"], (dict, list)):
        wrong += f" (found {fault['input']!r})"
    return wrong[:300], remedy or "correct the value"
