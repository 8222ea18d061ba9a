"""What all parts of the configuration share: frozen, no unknown key, secrets only by reference."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from hpd_etl.errors import ConfigurationError


class Model(BaseModel):
    """A part of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_reference(value: str) -> str:
    if not value.startswith(("env:", "file:")):
        raise ValueError("must be a reference, env:NAME or file:PATH, never the secret itself")
    return value


Secret = Annotated[str, AfterValidator(_is_reference)]
"""Where a secret is: `env:NAME` or `file:PATH`."""


def revealed(reference: str) -> str:
    """The secret behind a reference; raises ConfigurationError where it is not there."""
    scheme, _, name = reference.partition(":")
    try:
        return os.environ[name] if scheme == "env" else Path(name).read_text("utf-8").strip()
    except (KeyError, OSError) as error:
        raise ConfigurationError(f"the secret {scheme}:… named in site.toml is not there") from error
