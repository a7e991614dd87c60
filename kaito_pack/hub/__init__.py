"""Reads the facts of a model from the Hugging Face Hub, and stores them in a catalogue file."""

from __future__ import annotations

import os
from importlib.util import find_spec

OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def is_available() -> bool:
    """Return whether the Hub may be used: the extra is installed, and no variable forbids it."""
    is_offline = any(os.environ.get(name, "").lower() in ("1", "true", "yes", "on") for name in OFFLINE)
    return not is_offline and find_spec("huggingface_hub") is not None
