"""Builds the project's distributions and installs them as a user would."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")


@dataclass(frozen=True)
class Distributions:
    """What `python -m build` makes of the checkout: the wheel is built from the sdist.

    Attributes:
        sdist: The source distribution.
        wheel: The wheel.
    """

    sdist: Path
    wheel: Path

    @property
    def sdist_files(self) -> set[str]:
        """Paths in the source distribution, below its top folder."""
        with tarfile.open(self.sdist) as archive:
            return {name.partition("/")[2] for name in archive.getnames()}

    @property
    def wheel_files(self) -> set[str]:
        """Paths in the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())

    def read(self, path: str) -> bytes:
        """Return a file of the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.read(path)


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Have a folder made by the first process that asks for it; the others wait, and find it."""
    done = folder.with_name(f"{folder.name}.done")
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def build(folder: Path) -> None:
    """Build the sdist, and the wheel from it."""
    _run(sys.executable, "-m", "build", "--installer", "uv", "--outdir", folder, ROOT)


def built(folder: Path) -> Distributions:
    """Return what `build` has made."""
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Distributions(sdist, wheel)


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a fresh environment, which has pip; returns its `cockpit-gateway`."""
    python = folder / "bin" / "python"
    _run(UV, "venv", "--seed", "--allow-existing", "--python", sys.executable, folder)
    _run(UV, "pip", "install", "--python", python, wheel)
    return folder / "bin" / "cockpit-gateway"


def install_plugin(project: Path, folder: Path) -> Path:
    """Install a plugin's distribution into a folder, which PYTHONPATH then adds to an environment."""
    _run(UV, "pip", "install", "--python", sys.executable, "--no-deps", "--target", folder, project)
    return folder


def _run(*command: str | Path) -> None:
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command} failed:\n{result.stdout}\n{result.stderr}"
