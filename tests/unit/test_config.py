"""The two configuration files: what is wrong in them is said at once, with the nearest word and without a secret."""

from __future__ import annotations

import pytest

from hpd_etl.config import read_site, read_study
from hpd_etl.errors import ConfigurationError

SITE = """
name = "clinic"
[source]
cdm = "cdm"
vocabulary = "vocab"
[source.access]
url = "postgresql://db.example/omop"
user = "reader"
password = "env:READER"
[sink]
results = "hpd"
[sink.access]
url = "postgresql://db.example/omop"
"""


def refused(read, folder, text):
    """The message with which this text is refused."""
    path = folder / "file.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        read(path)
    return str(error.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(("text", "message"), [
    ('titel = "x"', "unknown key titel, did you mean title?"),
    ("[windows]\nbaseline_from_days = -28", "unknown key windows.baseline_from_days, did you mean baseline_from_day?"),
    ("[lesion]", "unknown key lesion, did you mean lesions?"),
    ("[criteria]\nmonth = 30", "unknown key criteria.month, did you mean month_days?"),
    ('[[comparators]]\ncohort = "c"\nagent = {}\nagents.x = {}',
     "unknown key comparators.0.agent, did you mean agents?"),
    ("zzz = 1", "unknown key zzz"),
])
def test_an_unknown_key_of_a_study(tmp_path, text, message):
    """It is named with its place, and the nearest known key is suggested where there is one."""
    assert refused(read_study, tmp_path, f'id = "study"\n{text}') == message


@pytest.mark.parametrize(("old", "new", "message"), [
    ('name =', 'nmae =', "unknown key nmae, did you mean name?"),
    ("[sink]\nresults", "[sink]\nresult", "unknown key sink.result, did you mean results?"),
    ("user =", "usr =", "unknown key source.access.usr, did you mean user?"),
])
def test_an_unknown_key_of_a_site(tmp_path, old, new, message):
    """A misspelt key is never ignored."""
    assert message in refused(read_site, tmp_path, SITE.replace(old, new, 1))


@pytest.mark.parametrize(("old", "new"), [
    ('"env:READER"', '"tiger"'), ('"env:READER"', '"ENV:tiger"'),
    ("postgresql://db.example", "postgresql://reader:tiger@db.example"),
    ("postgresql://db.example", "postgresql+psycopg://reader:tiger@db.example:5432"),
])
def test_a_secret_in_the_file_is_refused(tmp_path, old, new):
    """Neither as password nor within the url; and the message does not repeat it."""
    message = refused(read_site, tmp_path, SITE.replace(old, new, 1))
    assert "env:NAME" in message
    assert "tiger" not in message


def test_a_reference_is_resolved_late(tmp_path, monkeypatch):
    """A file names where the secret is; what is not there is an error only when it is needed."""
    (tmp_path / "secret").write_text("tiger\n")
    path = tmp_path / "site.toml"
    path.write_text(SITE.replace("env:READER", f"file:{tmp_path / 'secret'}"))
    assert read_site(path).source.access.secret() == "tiger"
    path.write_text(SITE)
    site = read_site(path)
    monkeypatch.delenv("READER", raising=False)
    with pytest.raises(ConfigurationError, match="the secret env:"):
        site.source.access.secret()
    monkeypatch.setenv("READER", "lion")
    assert site.source.access.secret() == "lion"
    assert site.sink is not None
    assert site.sink.access.secret() is None


@pytest.mark.parametrize(("text", "message"), [
    ("baseline_from_day = 0\nbaseline_to_day = -1", "baseline_from_day lies after baseline_to_day"),
    ("baseline_to_day = 1", "baseline_to_day lies after the first dose; use baseline_grace_days"),
    ("pre_min_gap_days = 200", "pre_min_gap_days is above pre_max_gap_days"),
    ("post_from_day = 121", "post_from_day lies after post_to_day"),
])
def test_windows_out_of_order(tmp_path, text, message):
    """A window that is empty or lies on the wrong side of the first dose is refused."""
    assert message in refused(read_study, tmp_path, f'id = "study"\n[windows]\n{text}')


@pytest.mark.parametrize(("text", "message"), [
    ("[criteria]\nmonth_days = inf", "criteria.month_days: Input should be less than or equal to 366"),
    ("[criteria]\nmonth_days = 1e9", "criteria.month_days: Input should be less than or equal to 366"),
    ("[criteria]\nuse = []", "criteria.use: the list is empty"),
    ('[criteria]\nuse = "saada2017"', "criteria.use: a list is expected, in brackets"),
    ('[gate]\nchecks.doses.order = { severity = "info", by = "A", why = "B" }',
     'gate.checks: quote a name with a dot: checks."doses.order"'),
    ("[responses]\nframeworks = []", "responses.frameworks: the list is empty"),
])
def test_what_a_study_cannot_mean(tmp_path, text, message):
    """What would end a run in the middle is refused before it begins, in words of the file."""
    assert refused(read_study, tmp_path, f'id = "study"\n{text}') == message


def test_a_byte_order_mark_is_no_fault(tmp_path):
    """Editors on Windows put one before the first word."""
    (tmp_path / "study.toml").write_text('id = "study"\n', "utf-8-sig")
    assert read_study(tmp_path / "study.toml").id == "study"


@pytest.mark.parametrize("text", ["post_from_day = 0", "pre_min_gap_days = 0", "baseline_grace_days = -1"])
def test_windows_out_of_range(tmp_path, text):
    """The first evaluation comes after the first dose, and the scan before the baseline before it."""
    key = text.partition(" ")[0]
    assert refused(read_study, tmp_path, f'id = "study"\n[windows]\n{text}').startswith(f"windows.{key}: ")


@pytest.mark.parametrize("schema", ["cdm", "vocab"])
def test_results_never_go_to_a_schema_of_the_source(tmp_path, schema):
    """Nothing is ever written to the CDM's schema or to the vocabulary's; elsewhere the same name is another schema."""
    same = SITE.replace('results = "hpd"', f'results = "{schema}"')
    assert "nothing is ever written there" in refused(read_site, tmp_path, same)
    head, _, tail = same.rpartition("db.example")
    path = tmp_path / "site.toml"
    path.write_text(f"{head}other.example{tail}")
    assert read_site(path).sink is not None


def test_two_cohorts_of_one_name(tmp_path):
    """A cohort is told by its name, so no comparator may take that of another or of the checkpoint inhibitors."""
    for names in (("chemo", "chemo"), ("checkpoint_inhibitor",)):
        text = "".join(f'[[comparators]]\ncohort = "{name}"\nagents.x = {{}}\n' for name in names)
        assert "two cohorts have the same name" in refused(read_study, tmp_path, f'id = "study"\n{text}')


def test_what_is_no_toml_or_not_there(tmp_path):
    """The file is named, with what to do."""
    assert "is not TOML" in refused(read_study, tmp_path, "id = ")
    with pytest.raises(ConfigurationError, match="cannot read") as error:
        read_study(tmp_path / "nowhere.toml")
    assert error.value.remedy == "hpd-etl init writes one"


def test_the_folder_of_definitions_counts_from_the_file(tmp_path):
    """A study and its own definitions can be moved together."""
    path = tmp_path / "study.toml"
    path.write_text('id = "study"\n[criteria]\nfolder = "own"\n')
    assert read_study(path).criteria.folder == (tmp_path / "own").resolve()


@pytest.mark.parametrize(("source", "told", "fine"), [
    ('kind = "fhir_server"\naccess.url = "http://localhost:1/fhir/"', "", True),
    ('kind = "fhir_server"\naccess.url = "http://localhost:2/fhir"', "", False),
    ('kind = "fhir_files"\nfolder = "export"', "", False),
    ('kind = "fhir_files"\nfolder = "export"', "same_persons = true", True),
    ('kind = "fhir_server"\naccess.url = "http://localhost:2/fhir"', 'crosswalk = "persons.csv"', True),
])
def test_an_id_of_another_server_is_taken_for_the_same_person_only_where_the_site_says_so(tmp_path, source, told, fine):
    """Equal ids on two servers may be two persons: a label is written to another one only on the site's word."""
    path = tmp_path / "site.toml"
    path.write_text(f'[source]\n{source}\n[sink]\nkind = "fhir_server"\naccess.url = "http://localhost:1/fhir"\n{told}\n')
    if fine:
        assert read_site(path).sink is not None
    else:
        with pytest.raises(ConfigurationError, match="another person"):
            read_site(path)
