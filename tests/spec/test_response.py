"""Response by RECIST 1.1 and irRECIST: targets against the right reference, then non-targets and new lesions."""


def test_target_response_at_its_limits(course):
    """Progression is 20 % and 5 mm above the nadir, partial response 30 % below baseline, limits included."""
    course("""
        person      | -10 | 46    | response_first
        fifth       | 50  | 60    | PD
        four_mm     | 20  | 24    | SD
        both_limits | 25  | 30    | PD
        not_a_fifth | 26  | 31    | SD
        almost      | 100 | 119.9 | SD
        partial     | 100 | 70    | PR
        not_partial | 100 | 70.1  | SD
        complete    | 100 | gone  | CR
        too_small   | 100 | small | PR
    """)


def test_progression_is_counted_from_the_nadir(course):
    """The nadir is the least sum at baseline and on treatment; a partial response from the baseline alone.

    The first evaluation is looked for from day 80 on, so that there is a scan on treatment before it.
    """
    course("""
        person         | -10 | 56   | 112  | response_first
        still_partial  | 165 | 63   | 65   | PR
        outranks       | 100 | 40   | 50   | PD
        baseline_nadir | 50  | 80   | 60   | PD
        four_mm        | 50  | 15   | 19   | PR
        from_nothing   | 50  | gone | 3    | PD
        nothing_left   | 50  | gone | gone | CR
    """, study={"windows": {"post_from_day": 80}})


def test_the_prebaseline_scan_is_no_nadir(course):
    """What was smaller before baseline is no reference (B10a): 90 mm is 10 % below baseline."""
    course("""
        person | -66 | -10 | 46 | response_first
        before | 40  | 100 | 90 | SD
    """)


def test_overall_response_of_recist(course):
    """Each line of the published table: targets, non-target lesion in the bone, new lesion."""
    course("""
        person    | -10                          | 46                             | response_first
        cr_cr     | 100, other bone seen         | gone, other bone gone          | CR
        cr_left   | 100, other bone seen         | gone, other bone seen          | PR
        cr_missed | 100, other bone seen         | gone, other bone NE            | PR
        cr_no_row | 100, other bone seen         | gone                           | PR
        cr_alone  | 100                          | gone                           | CR
        pr_left   | 100, other bone seen         | 60, other bone seen            | PR
        pr_missed | 100, other bone seen         | 60, other bone NE              | PR
        sd_left   | 100, other bone seen         | 100, other bone seen           | SD
        sd_missed | 100, other bone seen         | 100, other bone NE             | SD
        ne_left   | 100, lung 9, other bone seen | 100, lung NE, other bone seen  | NE
        pd_gone   | 100, other bone seen         | 130, other bone gone           | PD
        pr_worse  | 100, other bone seen         | 60, other bone worse           | PD
        ne_worse  | 100, lung 9, other bone seen | 100, lung NE, other bone worse | PD
        recorded  | 100, other bone seen         | 60, nontarget PD               | PD
        cr_new    | 100                          | gone, new lung 12              | PD
        ne_new    | 100, lung 9                  | 100, lung NE, new lung2 12     | PD
    """)


def test_non_target_progression_is_never_derived_from_sizes(course):
    """A non-target that doubles is no progression unless somebody calls it so."""
    course("""
        person  | -10                | 46                 | response_first
        doubles | 100, other bone 20 | 100, other bone 40 | SD
    """)


def test_irrecist_adds_measurable_new_lesions_to_the_burden(course):
    """20 mm more on 100 mm are progression, 12 mm are not; non-targets and unmeasured lesions alone are none."""
    course("""
        person     | -10                  | 46                            | response_first
        twenty     | 100                  | 100, new lung 20              | PD
        twelve     | 100                  | 100, new lung 12              | SD
        several    | 100                  | 100, new lung 10, new bone 10 | PD
        small      | 100                  | 119, new lung 9               | SD
        shrinks    | 100                  | 50, new lung 20               | PR
        unmeasured | 100                  | 100, new lung seen            | SD
        worse      | 100, other bone seen | 100, other bone worse         | SD
    """, definition="ji2019")


def test_recist_calls_each_of_them_progression(course):
    """The same patients by RECIST 1.1: any new lesion and any unequivocal progression counts."""
    course("""
        person     | -10                  | 46                    | response_first
        twelve     | 100                  | 100, new lung 12      | PD
        shrinks    | 100                  | 50, new lung 20       | PD
        unmeasured | 100                  | 100, new lung seen    | PD
        worse      | 100, other bone seen | 100, other bone worse | PD
    """, definition="champiat2017")


def test_the_study_may_let_irrecist_count_non_targets(course):
    """Sources differ on it, so it is a parameter: with it, non-targets and unmeasured new lesions are progression."""
    course("""
        person     | -10                  | 46                    | response_first
        unmeasured | 100                  | 100, new lung seen    | PD
        worse      | 100, other bone seen | 100, other bone worse | PD
        twelve     | 100                  | 100, new lung 12      | SD
    """, definition="ji2019", study={"criteria": {"irrecist_nontarget_pd": True}})
