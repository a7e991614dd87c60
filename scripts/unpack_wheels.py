"""Unpack downloaded wheels into the environment of the running Python: `unpack_wheels.py FOLDER`.

pip has checked their hashes. Installing with pip takes longer than all the rest of the first `make render`:
pip hashes and lists 17,000 schema files of kubernetes-validate, of which the pack reads 13, and compiles
modules that no run imports. Exit code 1, with nothing unpacked: a wheel has parts that need an installer.
"""

from __future__ import annotations

import sys
import sysconfig
import zipfile
from pathlib import Path

# The pack reads one file per version of this package (kaito_pack/kubernetes/decoding/definitions.py).
SCHEMAS, READ = "kubernetes_validate/kubernetes-json-schema/", "-local/_definitions.json"


def is_wanted(name: str) -> bool:
    """Return whether a member of a wheel is unpacked."""
    return not name.startswith(SCHEMAS) or name.endswith(READ)


def needs_an_installer(name: str) -> bool:
    """Return whether a member belongs anywhere but in site-packages."""
    return ".data/" in name.partition("/")[0] + "/"


def unpack(wheel: zipfile.ZipFile, site_packages: Path) -> None:
    """Unpack one wheel; its metadata comes last, so an interrupted package does not look complete."""
    names = sorted(filter(is_wanted, wheel.namelist()), key=lambda name: ".dist-info/" in name)
    wheel.extractall(site_packages, names)


def main() -> int:
    """Unpack all wheels of the folder; return the exit code."""
    files = sorted(Path(sys.argv[1]).iterdir())
    if not files or any(file.suffix != ".whl" for file in files):
        return 1
    wheels = [zipfile.ZipFile(file) for file in files]
    if any(needs_an_installer(name) for wheel in wheels for name in wheel.namelist()):
        return 1
    for wheel in wheels:
        unpack(wheel, Path(sysconfig.get_path("purelib")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
