"""Names in one file of the city folder that another file must hold."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from geo_reports.city.maps import MapSpec, PlacesDef, PointsDef
from geo_reports.city.model import CitySpec, LayerSpec, PlansSpec
from geo_reports.city.toml import Findings
from geo_reports.city.unit_names import words_of
from geo_reports.report import Audience, Family

if TYPE_CHECKING:
    from geo_reports.city.folder import Layer


def check_references(
    spec: CitySpec,
    plans: PlansSpec,
    maps: dict[str, MapSpec],
    layers: "dict[str, Layer]",
    findings: Findings,
) -> None:
    """Note every name that leads nowhere, every id used twice and every choice that needs a second look."""
    _city(spec, findings.root / "layers" / "city.toml", findings)
    for layer in layers.values():
        if layer.versions:
            _aliases(layer, findings.root / "layers" / "city.toml", findings)
    _plans(plans, spec, layers, findings)
    for name, definition in maps.items():
        _map(findings.root / "maps" / f"{name}.toml", definition, spec, findings)


def _city(spec: CitySpec, toml: Path, findings: Findings) -> None:
    layer_ids = [layer.id for layer in spec.layers]
    for key, value in (("primary_layer", spec.primary_layer), ("boundary_layer", spec.boundary_layer)):
        if value is not None and value not in layer_ids:
            findings.problem(toml, key, f"names no layer: {value!r}", f"name one of {', '.join(layer_ids)}")
    for key, ids in (
        ("layers", layer_ids),
        ("categories", [category.id for category in spec.categories]),
        ("questions", [question.id for question in spec.questions]),
    ):
        for repeated in sorted({name for name in ids if ids.count(name) > 1}):
            findings.problem(toml, f"{key}[{repeated}]", "appears twice", "keep one")
    for family in Family:
        if family not in spec.families:
            findings.problem(toml, f"families.{family}", "is absent", "name both families in es and en")
    for category in spec.categories:
        if category.family is Family.SECURITY and category.publish == "point":
            findings.warn(
                toml,
                f"categories[{category.id}].publish",
                "shows security reports as points",
                "make sure it is about a thing, never about a person",
            )
    _asked(spec, toml, findings)
    for layer in spec.layers:
        _editions(layer, toml, findings)
        for number, version in enumerate(layer.versions):
            for key in ("source", "licence"):
                if not getattr(version, key):
                    findings.warn(
                        toml,
                        f"layers[{layer.id}].versions[{number}].{key}",
                        "is empty",
                        "say where the data come from",
                    )


def _asked(spec: CitySpec, toml: Path, findings: Findings) -> None:
    """Note questions and a children's mode about categories that do not exist, or are of the other family."""
    families = {category.id: category.family for category in spec.categories}
    for question in spec.questions:
        for category in question.categories:
            if families.get(category) is not question.family:
                wrong = f"names no category of {question.family}: {category!r}"
                findings.problem(toml, f"questions[{question.id}].categories", wrong, "see [[categories]]")
    for category in spec.children.categories if spec.children else ():
        if category not in families:
            findings.problem(toml, "children.categories", f"names no category: {category!r}", "see [[categories]]")


def _editions(layer: LayerSpec, toml: Path, findings: Findings) -> None:
    """Note editions of one layer that hold on the same day: a report would have two units."""
    editions = sorted(layer.versions, key=lambda version: version.valid_from or date.min)
    for earlier, later in pairwise(editions):
        start = later.valid_from
        if start is None or start == earlier.valid_from or (earlier.valid_to and earlier.valid_to > start):
            findings.problem(
                toml,
                f"layers[{layer.id}].versions",
                f"{earlier.file!r} and {later.file!r} hold on the same day",
                "give each edition its own valid_from, and end the earlier one no later",
            )


def _unit(unit: str, layer: "Layer", toml: Path, where: str, findings: Findings) -> None:
    """Note a unit that is not the id of one: names and aliases are for people who ask, files name ids."""
    if unit not in layer.names.names:
        near = layer.names.near(unit)
        remedy = f"use an id of the layer: {', '.join(map(layer.names.label, near))}" if near else "see its ids"
        findings.problem(toml, where, f"names no unit of {layer.id}: {unit!r}", remedy)


def _aliases(layer: "Layer", toml: Path, findings: Findings) -> None:
    """Note aliases of no unit, and those that also mean another unit."""
    for unit, aliases in layer.spec.aliases.items():
        where = f"layers[{layer.id}].aliases.{unit}"
        _unit(unit, layer, toml, where, findings)
        for alias in aliases:
            others = sorted(layer.names.holders(alias) - {unit})
            if not words_of(alias):
                findings.problem(toml, where, f"{alias!r} holds no letter or digit", "write a name")
            elif others:
                taken = ", ".join(map(layer.names.label, others))
                findings.problem(toml, where, f"{alias!r} also means {taken}", "keep it where it belongs")


def _plans(plans: PlansSpec, spec: CitySpec, layers: "dict[str, Layer]", findings: Findings) -> None:
    toml = findings.root / "layers" / "plans.toml"
    categories = {category.id for category in spec.categories}
    layer_ids = {layer.id for layer in spec.layers}
    ids = [plan.id for plan in plans.plans]
    for repeated in sorted({name for name in ids if ids.count(name) > 1}):
        findings.problem(toml, f"plans[{repeated}]", "appears twice", "keep one")
    for plan in plans.plans:
        where = f"plans[{plan.id}]"
        for category in plan.tracks:
            if category not in categories:
                findings.problem(toml, f"{where}.tracks", f"names no category: {category!r}", "see city.toml")
        if plan.layer not in layer_ids:
            findings.problem(toml, f"{where}.layer", f"names no layer: {plan.layer!r}", "see city.toml")
        elif plan.layer == spec.boundary_layer != spec.primary_layer:
            findings.problem(toml, f"{where}.layer", "is the boundary, which counts no reports", "name another layer")
        elif layers[plan.layer].versions:
            now = set(layers[plan.layer].current.units.unit)
            for unit in plan.units:
                _unit(unit, layers[plan.layer], toml, f"{where}.units", findings)
                if unit in layers[plan.layer].names.names and unit not in now:
                    wrong = f"{unit!r} is only in an earlier edition of {plan.layer}"
                    findings.warn(toml, f"{where}.units", wrong, "add the units that took its place")


def _map(path: Path, definition: MapSpec, spec: CitySpec, findings: Findings) -> None:
    families = {category.id: category.family for category in spec.categories}
    kinds = {places.kind for places in spec.places}
    for number, layer in enumerate(definition.layers):
        where = f"layers[{number}]"
        if isinstance(layer, PlacesDef):
            for kind in layer.kinds:
                if kind not in kinds:
                    findings.problem(
                        path, f"{where}.kinds", f"names no places: {kind!r}", "see [[places]] in city.toml"
                    )
            continue
        if not isinstance(layer, PointsDef) and not _counted(definition, layer.family, spec):
            findings.problem(
                path,
                f"{where}.family",
                f"no category of {layer.family} may be counted for the audience {definition.audience}",
                "remove the layer, or see publish in city.toml",
            )
        for category in getattr(layer, "categories", []):
            if category not in families:
                findings.problem(path, f"{where}.categories", f"names no category: {category!r}", "see city.toml")
            elif families[category] is not layer.family:
                findings.problem(
                    path,
                    f"{where}.categories",
                    f"{category!r} is not of the family {layer.family}",
                    "correct one",
                )


def _counted(definition: MapSpec, family: Family, spec: CitySpec) -> bool:
    """Tell whether a map's audience may see any count of a family: without one the whole page is refused."""
    theirs = [category for category in spec.categories if category.family is family]
    dumps_of_crews = definition.audience is Audience.CREW and family is Family.DUMP
    if definition.audience in (Audience.PUBLIC, Audience.RESIDENT, Audience.CREW) and not dumps_of_crews:
        return any(category.published != "never" for category in theirs)
    return bool(theirs)
