"""Look for known vulnerabilities in a lock file; ends with 1 if there are any.

A service that cannot be asked, or does not answer in time, is told, and is no failure: it says nothing about the
dependencies.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PATIENCE = 120.0
"""Seconds for all answers together."""


def main(lock: Path, patience: float = PATIENCE) -> int:
    """Print what was found, and return the exit code."""
    program = str(Path(sys.executable).with_name("pip-audit"))
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    command = [program, *options, "--requirement", str(lock)]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience)
        found = json.loads(asked.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        print(f"Not audited: no answer within {patience:g} s")
        return 0
    except ValueError:
        print(f"Not audited: {asked.stderr.strip().splitlines()[-1]}")
        return 0
    skipped = [dependency["name"] for dependency in found if "skip_reason" in dependency]
    vulnerable = [dependency for dependency in found if dependency.get("vulns")]
    for dependency in vulnerable:
        for vulnerability in dependency["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
            print(f"{dependency['name']} {dependency['version']}: {vulnerability['id']}, fixed in {fixed}")
    print(f"{len(found) - len(skipped)} of {len(found)} dependencies audited, {len(vulnerable)} vulnerable.")
    if skipped:
        print(f"Not audited, since the service does not answer for them: {', '.join(skipped)}")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(float, sys.argv[2:])))
