"""Asks whether a locked package is known to be weak, and counts what was asked: `make audit`.

An auditor that reaches no source of advisories finds nothing, and says so as if all were well. Here
a package counts only when its very version was looked up; one less than there are fails.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.house.sbom import LOCK, pinned

SERVICES = ("osv", "pypi")  # Asked in turn, until one answers for all.
SECONDS_MAX = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What one source of advisories said."""

    service: str
    total: int
    audited: int
    weak: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def is_whole(self) -> bool:
        return self.audited == self.total

    @property
    def sentence(self) -> str:
        told = f"{self.service}: {self.audited} of {self.total} packages audited"
        return f"{told}, {len(self.weak)} weak" + (f" ({self.trouble})" if self.trouble else "")


def read(told: Mapping[str, Any], wanted: Mapping[str, str], service: str) -> Audit:
    """What a report of pip-audit is worth: a package that was skipped was not audited."""
    audited, weak = set(), []
    for each in told.get("dependencies", ()):
        name = each["name"].lower()
        if "skip_reason" in each or wanted.get(name) != each.get("version"):
            continue
        audited.add(name)
        weak += [f"{name} {each['version']}: {found['id']}" for found in each.get("vulns", ())]
    return Audit(service=service, total=len(wanted), audited=len(audited), weak=tuple(sorted(weak)))


def ask(service: str, wanted: Mapping[str, str], lock: Path = LOCK) -> Audit:
    command: Sequence[str] = [
        *(sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"),
        *("--disable-pip", "--no-deps", "--vulnerability-service", service, "-r", str(lock)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    try:
        return read(json.loads(done.stdout), wanted, service)
    except json.JSONDecodeError:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return Audit(service=service, total=len(wanted), audited=0, trouble=said[:160])


def main() -> int:
    wanted = {each.name: each.version for each in pinned()}
    for service in SERVICES:
        audit = ask(service, wanted)
        print(audit.sentence)
        for each in audit.weak:
            print(f"  {each}")
        if audit.weak:
            return 1
        if audit.is_whole:
            return 0
    print("Not audited: no source of advisories answered for every package.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
