"""The commented study.toml and site.toml that `hpd-etl init` writes."""

from __future__ import annotations

from pathlib import Path

from hpd_etl.errors import AccessError, ConfigurationError

NAMES = ("study.toml", "site.toml")


def write(folder: Path) -> list[Path]:
    """Write both files into the folder; raises `ConfigurationError` where one of them is there already."""
    targets = [folder / name for name in NAMES]
    if there := [str(path) for path in targets if path.exists()]:
        raise ConfigurationError(f"{' and '.join(there)} exists, nothing was written", remedy="name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in targets:
            path.write_text((Path(__file__).parent / path.name).read_text("utf-8"), "utf-8")
    except OSError as error:
        raise AccessError(f"cannot write to {folder}: {error.strerror}") from error
    return targets
