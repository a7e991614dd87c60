"""The vLLM version in an image, from the rows of `facts/vllm/images.json`."""

from __future__ import annotations

from kaito_pack.facts.tables import Rows, per_pack, table

VERSION_TAG = r"v?([0-9]+(?:\.[0-9]+){2,3})(?:-[a-z0-9._-]+)?"


@per_pack
def images_table() -> Rows:
    """Return the rows: the vLLM of tags, images whose tag is the version, and images of presets."""
    return table("vllm/images.json")


def vllm_of(image: str) -> str | None:
    """Return the vLLM version in an image `[registry/]…/name:tag[@digest]`; None if it is not known.

    The registry is ignored because private mirrors keep the name. The tag of `vllm-openai` is the version.
    """
    name, tag = _name_and_tag(image)
    version: str | None = images_table()["tags"].get(name, {}).get(tag)
    if version is None and name in images_table()["versionInTag"]:
        import re

        match = re.fullmatch(VERSION_TAG, tag)
        version = match[1] if match else None
    return version


def lacks_program(image: str, program: str) -> bool:
    """Return whether the image is known to lack a program of that name on its path."""
    return program in images_table()["withoutProgram"].get(_name_and_tag(image)[0], ())


def preset_vllm(kaito: str) -> str | None:
    """Return the vLLM that runs the presets of a KAITO minor version ("0.12"); None if unknown."""
    image = images_table()["presetImages"].get(kaito)
    return vllm_of(image) if image else None


def _name_and_tag(image: str) -> tuple[str, str]:
    name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    return name, tag
