"""Write the pages that derive from the code: `python docs/generate.py`. A test compares them."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main

from hpd_etl import artefacts, assets, config, errors, library, quality, schema
from hpd_etl.cli import app
from hpd_etl.criteria.flags import FLAGS
from hpd_etl.criteria.metrics import METRIC_SOURCES, failed_reason
from hpd_etl.criteria.reasons import PROGRESSION_REFUTED
from hpd_etl.criteria.rules import leaves
from hpd_etl.quality import suspicions as looked_for
from hpd_etl.sinks.omop import results
from hpd_etl.sources import ledger
from hpd_etl.timeline import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = Path(__file__).parent
MADE = "<!-- Made by docs/generate.py; change the code and run it again. -->"


# --- tables.md --------------------------------------------------------------------------------


def tables() -> str:
    """The tables of every bundle."""
    parts = [f"# Tables\n\n{MADE}\n", inspect.cleandoc(schema.__doc__ or ""), ""]
    bundles: dict[str, tuple[schema.Table, ...]] = {
        "Records": schema.Records.tables(),
        "Timeline": tuple(table for table in schema.Timeline.tables() if table.name not in _names(schema.Records)),
        "Suspicions": schema.Suspicions.tables(),
        "Labels": schema.Labels.tables(),
        "Attrition": schema.Attrition.tables(),
        "Sensitivity": schema.Sensitivity.tables(),
        "Agreement": schema.Agreement.tables(),
        "Growth": schema.Growth.tables(),
    }
    for title, held in bundles.items():
        parts.append(f"## {title}\n")
        if title == "Timeline":
            dated = [table.name for table in schema.Records.tables() if table.name in schema.DATE_OF]
            parts.append("The tables of Records; " + ", ".join(f"`{name}`" for name in dated)
                         + " with `days_from_index` (days since the first dose, day 0) as their last column; and:\n")
        parts += [_table(table) for table in held]
    return "\n".join(parts)


def _names(bundle: type[schema.Bundle]) -> set[str]:
    return {table.name for table in bundle.tables()}


def _table(table: schema.Table) -> str:
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    lines = [f"### {table.name}\n", f"A row is {table.doc}.{key}\n", "| column | kind | unit | meaning |",
             "| --- | --- | --- | --- |"]
    lines += [f"| `{column.name}` | {column.kind} | {column.unit} | {_meaning(column)} |" for column in table.columns]
    return "\n".join(lines) + "\n"


def _meaning(column: schema.Column) -> str:
    codes = ", ".join(f"`{value}`" for value in column.values)
    return _cell(f"{column.doc}: {codes}" if codes else column.doc)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<NA>", "`<NA>`").replace("\n", " ")


# --- rejections.md ----------------------------------------------------------------------------


def rejections() -> str:
    """Why a source row is refused."""
    head = "A source row that cannot be read without guessing is refused, with its reason."
    parts = [f"# Rejections\n\n{MADE}\n\n{head}\n"]
    for stage, remedies in (("extract", ledger.REMEDIES), ("align", refusals._REMEDIES)):
        parts.append(f"## {stage}\n\n| reason | what would mend it |\n| --- | --- |")
        parts += [f"| `{reason}` | {_cell(remedy)} |" for reason, remedy in remedies.items()]
        parts.append("")
    parts.append("## Left aside\n\nA row or resource that is ignored is no refusal: it is counted by table and reason "
                 "(`ignored` in `manifest.json` and `3-quality.json`).\n\n| reason | what it is |\n| --- | --- |")
    parts += [f"| `{reason}` | {_cell(told)} |" for reason, told in ledger.IGNORED.items()]
    return "\n".join([*parts, ""])


# --- suspicions.md ----------------------------------------------------------------------------


def suspicions() -> str:
    """What a careful reviewer would look for."""
    parts = [f"# Suspicions\n\n{MADE}\n\n{inspect.cleandoc(looked_for.__doc__ or '')}\n",
             "A `warning` may change a label; an `info` may be as it is. Thresholds:\n"]
    for module in (looked_for.units, looked_for.identity, looked_for.course, looked_for.answers, looked_for.treatment,
                   looked_for.dates, looked_for.people):
        parts += [f"- `{name}` = {value}: {said}" for name, value, said in _constants(module)]
    parts.append("\n| suspicion | severity | what is looked for | why | what would mend it | reference |\n"
                 "| --- | --- | --- | --- | --- | --- |")
    for each in looked_for.LOOKED_FOR:
        told = (inspect.getdoc(each.find) or "", each.why, each.remedy, each.reference)
        parts.append(f"| `{each.name}` | {each.severity} | {' | '.join(map(_cell, told))} |")
    return "\n".join([*parts, ""])


def _constants(module: Any) -> Iterator[tuple[str, object, str]]:
    """The thresholds of a module with what is said below each."""
    body = ast.parse(inspect.getsource(module)).body
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _doc(after):
            name = node.targets[0].id
            yield name, ast.unparse(node.value), _cell(_doc(after))


# --- public_surface.md ------------------------------------------------------------------------


def public_surface() -> str:
    """What others may rely on; a change here is a change for users and belongs in the changelog."""
    return "\n".join([f"# Public surface\n\n{MADE}\n\n{inspect.getdoc(public_surface)}\n",
                      *_verbs(), *_exit_codes(), *_artefacts(), *_reasons(), *_flags(), *_results(), *_keys()])


def _verbs() -> Iterator[str]:
    yield "## Verbs of `hpd-etl`\n\n| verb | does | arguments |\n| --- | --- | --- |"
    yield from _commands(typer.main.get_command(app), "")
    yield ""


def _commands(group: Any, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} ")
            continue
        shown = ", ".join(_parameter(each) for each in command.params if each.name != "help")
        yield f"| `{prefix}{name}` | {_cell(inspect.cleandoc(command.help))} | {_cell(shown)} |"


def _parameter(parameter: Any) -> str:
    name = parameter.opts[0] if parameter.opts[0].startswith("-") else (parameter.metavar or parameter.name).upper()
    default = parameter.default
    plain = default not in (None, False) and not callable(default) and name.startswith("-")
    return f"`{name}`" + (f" (`{default}`)" if plain else "")


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n\n| code | error | meaning |\n| --- | --- | --- |\n| 0 | | done |"
    family = [errors.HpdEtlError, *errors.HpdEtlError.__subclasses__()]
    yield from (f"| {each.exit_code} | `{each.__name__}` | {_first(inspect.getdoc(each))} |" for each in family)
    yield "| 130 | | interrupted; run folder and results schema are consistent |\n"


def _first(doc: str | None) -> str:
    return (doc or "").splitlines()[0]


def _artefacts() -> Iterator[str]:
    yield "## Run folder\n\n| artefact | made by | holds |\n| --- | --- | --- |"
    held: dict[str, type[schema.Bundle]] = {
        artefacts.RECORDS: schema.Records, artefacts.TIMELINE: schema.Timeline, artefacts.SUSPICIONS: schema.Suspicions,
        artefacts.LABELS: schema.Labels,
        artefacts.SENSITIVITY: schema.Sensitivity, artefacts.AGREEMENT: schema.Agreement,
        artefacts.GROWTH: schema.Growth, artefacts.FUNNEL: schema.Attrition}
    told = {artefacts.REPORT: "page, figures and tables of aggregates, small counts hidden",
            artefacts.REPORT_OF_PATIENTS: "the same with single patients under pseudonyms: patient data"}
    for name, verb in artefacts.MADE_BY.items():
        bundle = held.get(name)
        content = ", ".join(f"`{table.name}`" for table in bundle.tables()) if bundle else (
            told.get(name, "counts and codes"))
        yield f"| `{name}` | `{verb}` | {content} |"
    yield "\nThe columns are those of [tables.md](tables.md); layout version " + f"{artefacts.FORMAT}.\n"


def _reasons() -> Iterator[str]:
    yield "## Reasons of a label\n\n| reason | verdict | given |\n| --- | --- | --- |"
    for reason in schema.Reason:
        yield f"| `{reason}` | NOT_EVALUABLE | as the primary reason in this order |"
    metrics: dict[str, list[str]] = {}
    for name, source in METRIC_SOURCES.items():
        metrics.setdefault(source.failed, []).append(f"`{name}`")
    for leaf in dict.fromkeys(leaf for each in library.everything(None).values() for leaf in leaves(each.rule)):
        if failed_reason(leaf) != METRIC_SOURCES[leaf.metric].failed:
            metrics.setdefault(failed_reason(leaf), []).append(f"`{leaf}`")
    yield from (f"| `{failed}` | NOT_HPD | where a leaf on {' or '.join(names)} fails |"
                for failed, names in metrics.items())
    yield f"| `{PROGRESSION_REFUTED}` | NOT_HPD | where the next scan refutes what a `_confirmed` waits for |"
    yield "| `rule_met` | HPD | always |\n"


def _flags() -> Iterator[str]:
    yield "## Flags of a label\n\n| flag | means |\n| --- | --- |"
    yield from (f"| `{name}` | {_cell(meaning)} |" for name, meaning in FLAGS.items())
    yield ""


def _results() -> Iterator[str]:
    yield "## Tables of the results schema\n\n| table | holds |\n| --- | --- |"
    for table in (*results.TABLES, results.VERSION_TABLE):
        first = (assets.folder("sql") / f"results_{table}.sql").read_text("utf-8").splitlines()[0]
        yield f"| `{table}` | {_cell(first.removeprefix('-- '))} |"
    yield f"\nThe columns are those of `sql/results_*.sql`; schema version {results.SCHEMA_VERSION}.\n"


def _keys() -> Iterator[str]:
    """Every key of the two files with its type, default and docstring, as written in `hpd_etl/config/`."""
    parsed = [node for module in (config.study, config.site) for node in ast.parse(inspect.getsource(module)).body]
    classes: Classes = {node.name: [node] for node in parsed if isinstance(node, ast.ClassDef)}
    for node in parsed:  # `Source` and `Sink`: one kind of several
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in _UNIONS:
            names = [part.id for part in ast.walk(node.value) if isinstance(part, ast.Name) and part.id in classes]
            classes[node.targets[0].id] = [classes[name][0] for name in sorted(names, key=_kind_order)]
    for file, root in (("study.toml", "Study"), ("site.toml", "Site")):
        yield f"## Keys of `{file}`\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |"
        yield from _fields(classes, root, "", set())
        yield ""


Classes = dict[str, list[ast.ClassDef]]
_UNIONS = ("Source", "Sink")


def _kind_order(name: str) -> tuple[bool, str]:
    return not name.startswith("Omop"), name


def _fields(classes: Classes, name: str, prefix: str, told: set[tuple[str, str]]) -> Iterator[str]:
    """The keys of a class; what several kinds share is told once."""
    for kind in classes[name]:
        if len(classes[name]) > 1:
            said = ast.get_docstring(kind) or ""
            yield f"| **{prefix.rstrip('.')}** | | | **{_cell(said.rstrip('.'))}** |"
        if (kind.name, prefix) in told:
            yield f"| `{prefix}*` | | | as above |"
            continue
        told.add((kind.name, prefix))
        for base in kind.bases:
            if isinstance(base, ast.Name) and base.id in classes:
                yield from _fields(classes, base.id, prefix, told)
        yield from _own_fields(classes, kind.body, prefix, told)


def _own_fields(classes: Classes, body: list[ast.stmt], prefix: str,
                told: set[tuple[str, str]]) -> Iterator[str]:
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        key, kind = prefix + node.target.id, ast.unparse(node.annotation)
        nested = [part.id for part in ast.walk(node.annotation) if isinstance(part, ast.Name) and part.id in classes]
        if nested:
            many = {"tuple": "[]", "dict": ".NAME"}.get(kind.split("[")[0], "")
            yield from _fields(classes, nested[0], f"{key}{many}.", told)
            continue
        yield f"| `{key}` | {_cell(_plain(kind))} | {_default(node.value)} | {_cell(_doc(after))} |"


def _plain(kind: str) -> str:
    if kind.startswith("Literal["):
        return kind.removeprefix("Literal[").removesuffix("]").replace("'", "`").replace(", ", " or ")
    for alias, written in _ALIASES.items():
        kind = kind.replace(alias, written)
    return kind.replace(" | None", "").replace(", ...", "")


_LIMIT = "number or { value, by, why }"
_ALIASES = {"Fraction": _LIMIT, "Number": _LIMIT, "Words": "str"}
"""Types of `hpd_etl/config/` that have a name of their own there, as a reader would say them."""


def _default(value: ast.expr | None) -> str:
    if isinstance(value, ast.Call) and value.args:
        value = value.args[0]
    elif isinstance(value, ast.Call):
        given = [keyword.value for keyword in value.keywords if keyword.arg in {"default", "value"}]
        value = given[0] if given else None
    if value is None:
        return "required"
    written = str(getattr(config, value.id)) if isinstance(value, ast.Name) else ast.unparse(value)
    return "" if written in {"None", "()", "{}", "''"} else f"`{written}`"


def _doc(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split())
    return ""


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables, "rejections.md": rejections, "suspicions.md": suspicions, "public_surface.md": public_surface,
    "3-quality.schema.json": quality.json_schema,
}


if __name__ == "__main__":
    for page, made in PAGES.items():
        (DOCS / page).write_text(made(), encoding="utf-8")
