"""The bill of materials: every locked package with its hashes, as CycloneDX: `make sbom`."""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "locks" / "runtime.txt"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
FRONT = "node_modules/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A package as a lock names it."""

    name: str
    version: str
    hashes: tuple[str, ...]


def pinned(lock: Path = LOCK) -> Iterator[Pinned]:
    """Every package of a lock; one without a hash is refused."""
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8")):
        found = PINNED.match(entry)
        if found is None:
            continue
        hashes = tuple(HASH.findall(entry))
        assert hashes, f"{found[1]} is locked without a hash"
        yield Pinned(name=found[1].lower(), version=found[2], hashes=hashes)


def licenses_of(name: str) -> list[License]:
    """As the installed package says."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return []
    fields = told.json
    text = str(fields.get("license_expression") or fields.get("license") or "")
    one_line = text.strip().splitlines()[:1]
    return [LicenseFactory().make_from_string(one_line[0])] if one_line and one_line[0] else []


def component(each: Pinned) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=each.name,
        version=each.version,
        purl=PackageURL("pypi", None, each.name, each.version),
        bom_ref=f"pypi:{each.name}@{each.version}",
        licenses=licenses_of(each.name),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in each.hashes],
    )


def front_end() -> Iterator[Component]:
    """What pages are made of besides our own files."""
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for path, told in sorted(packages.items()):
        name = path.rpartition(FRONT)[2]
        if path:
            yield Component(
                type=ComponentType.LIBRARY,
                name=name,
                version=told["version"],
                purl=PackageURL("npm", None, name, told["version"]),
                bom_ref=f"npm:{name}@{told['version']}",
            )


def bill() -> Bom:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = Component(
        type=ComponentType.APPLICATION,
        name=project["name"],
        version=project["version"],
        bom_ref=f"{project['name']}@{project['version']}",
        licenses=[LicenseFactory().make_from_string(project["license"])],
    )
    bom = Bom()
    bom.metadata.component = own
    parts = [*map(component, pinned()), *front_end()]
    bom.components.update(parts)
    bom.register_dependency(own, parts)
    return bom


def main(target: Path) -> None:
    bom = bill()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n", encoding="utf-8")
    print(f"{target}: {len(bom.components)} components, CycloneDX 1.6")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "sbom.json")
