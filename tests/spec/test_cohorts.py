"""Cohorts: a person belongs to one, checkpoint inhibitor if ever treated so, else the first comparator of the study."""

COMPARATORS = {"comparators": [
    {"cohort": "taxane", "agents": {"docetaxel": {}, "paclitaxel": {}}},
    {"cohort": "antifolate", "agents": {"pemetrexed": {}}},
]}


def test_checkpoint_before_comparator(course):
    """A checkpoint inhibitor decides whenever it was given; of comparators the study's order does, not the dates."""
    course("""
        person     | doses                        | cohort               | index_agent
        checkpoint | 0 nivolumab                  | checkpoint_inhibitor | nivolumab
        comparator | 0 docetaxel                  | taxane               | docetaxel
        second     | 0 pemetrexed                 | antifolate           | pemetrexed
        later      | 0 docetaxel, 200 nivolumab   | checkpoint_inhibitor | nivolumab
        earlier    | 0 nivolumab, 200 docetaxel   | checkpoint_inhibitor | nivolumab
        by_order   | 0 pemetrexed, 200 paclitaxel | taxane               | paclitaxel
        together   | 0 docetaxel, 0 paclitaxel    | taxane               | docetaxel+paclitaxel
    """, study=COMPARATORS)


def test_the_clock_starts_with_the_first_dose_of_the_cohort(course):
    """A checkpoint inhibitor on day 100 makes the scans of day 90 and 146 baseline and first evaluation."""
    course("""
        person | 34 | 90 | 146 | doses                      | pre | baseline | post | verdict
        later  | 50 | 60 | 80  | 0 docetaxel, 100 nivolumab | -66 | -10      | 46   | HPD
    """, study=COMPARATORS)


def test_comparators_are_labelled_alike(course):
    """The same scans give the same label, under the name of the cohort."""
    course("""
        person     | -66 | -10 | 46 | doses       | cohort               | verdict
        checkpoint | 50  | 60  | 80 | 0 nivolumab | checkpoint_inhibitor | HPD
        comparator | 50  | 60  | 80 | 0 docetaxel | taxane               | HPD
    """, study=COMPARATORS)


def test_drugs_of_another_cohort_are_another_therapy(course):
    """A first docetaxel after the last nivolumab ends the treatment; one given along with it does not."""
    course("""
        person | doses                            | followup | ttf  | ttf_basis
        after  | 0, 14, 60 docetaxel              | 0..70    | 14   | therapy
        along  | 0, 0 docetaxel, 14, 60 docetaxel | 0..70    | 14.. | censored
    """, study=COMPARATORS)


def test_a_drug_of_another_cohort_is_another_therapy(course):
    """Docetaxel between two scans of a checkpoint patient leaves a progression unresolved, comparator or not."""
    course("""
        person   | doses           | therapies             | -66 | -10 | 46  | 100 | confirmation
        alone    | 0               |                       | 50  | 60  | 100 | 62  | refuted
        switched | 0, 70 docetaxel |                       | 50  | 60  | 100 | 62  | unresolved
        therapy  | 0               | systemic docetaxel 70 | 50  | 60  | 100 | 62  | unresolved
    """, study=COMPARATORS, definition="saada2017")


def test_a_checkpoint_inhibitor_that_the_study_leaves_out(course):
    """It starts no clock, is recorded as given before, and keeps its patients out of every comparator."""
    course("""
        person | doses                          | 134 | 190 | 246 | index_agent   | verdict | prior_checkpoint_inhibitor
        naive  | 200 pembrolizumab              | 50  | 60  | 80  | pembrolizumab | HPD     |
        given  | 0 nivolumab, 200 pembrolizumab | 50  | 60  | 80  | pembrolizumab | HPD     | yes
    """, study=COMPARATORS | {"index": {"agents": ["pembrolizumab"]}})
