"""Write the code systems and value sets of ours to `mappings/fhir/`: `python docs/codes.py`. A test compares them."""

from __future__ import annotations

import json

from hpd_etl import __version__, assets, library
from hpd_etl.config import Site
from hpd_etl.sinks.fhir import terms


def artefacts() -> dict[str, str]:
    """File name -> content, under the canonical that is the default."""
    canonical = Site.model_fields["canonical"].default
    published = [each for one in library.published() for each in (one, *library.variants(one))]
    return {f"{each['resourceType']}-{each['id']}.json": json.dumps(each, indent=2, ensure_ascii=False) + "\n"
            for each in terms.artefacts(canonical, __version__, published)}


if __name__ == "__main__":
    folder = assets.folder("mappings") / "fhir"
    folder.mkdir(exist_ok=True)
    for name, content in artefacts().items():
        (folder / name).write_text(content, encoding="utf-8")
