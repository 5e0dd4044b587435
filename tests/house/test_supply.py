"""What we are made of is listed whole; an audit that asked nobody is no audit."""

import json
from typing import Any

from cyclonedx.output.json import JsonV1Dot6
from tests.house.audit import Audit, read
from tests.house.sbom import bill, pinned

LOCKED = {"jinja2": "3.1.6", "numpy": "2.4.0"}


def test_the_bill_names_every_locked_package() -> None:
    told = json.loads(JsonV1Dot6(bill()).output_as_string())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    found = {each["purl"]: each for each in told["components"]}
    for each in pinned():
        part = found[f"pkg:pypi/{each.name}@{each.version}"]
        assert {one["content"] for one in part["hashes"]} == set(each.hashes)
    assert any(purl.startswith("pkg:npm/") for purl in found)
    (own,) = (each for each in told["dependencies"] if each["ref"].startswith("ovunque@"))
    assert len(own["dependsOn"]) == len(found)


def test_a_package_counts_only_if_its_very_version_was_looked_up() -> None:
    """The trap: nothing was asked, and nothing was found."""
    whole = {
        "dependencies": [
            {"name": "Jinja2", "version": "3.1.6", "vulns": []},
            {"name": "numpy", "version": "2.4.0", "vulns": []},
        ]
    }
    assert read(whole, LOCKED, "osv").is_whole
    skipped = {"dependencies": [{"name": "jinja2", "skip_reason": "not found on PyPI"}]}
    other = {"dependencies": [{"name": "jinja2", "version": "3.1.5", "vulns": []}]}
    nothing: tuple[dict[str, Any], ...] = (skipped, other, {"dependencies": []}, {})
    for told in nothing:
        found = read(told, LOCKED, "pypi")
        assert (found.is_whole, found.audited, found.weak) == (False, 0, ())
    weak = {"dependencies": [{"name": "jinja2", "version": "3.1.6", "vulns": [{"id": "CVE-1"}]}]}
    assert read(weak, LOCKED, "osv").weak == ("jinja2 3.1.6: CVE-1",)
    assert (
        Audit(service="osv", total=2, audited=0).sentence == "osv: 0 of 2 packages audited, 0 weak"
    )
