"""Lesions that split or merged: a size counts in the lesion that it is a part of, and nowhere else."""


def test_the_parts_of_a_split_lesion_are_summed(course):
    """With what is measured of it besides; a part is no new lesion and no other target, whatever it is called."""
    course("""
        person    | -66 | -10 | 46                                          | s_post_mm | new_lesions
        two       | 50  | 60  | lung 30 of liver, lung2 50 of liver         | 80        | 0
        beside    | 50  | 60  | 40, lung 40 of liver                        | 80        | 0
        new       | 50  | 60  | new lung 30 of liver, new lung2 50 of liver | 80        | 0
        of_a_part | 50  | 60  | lung 30 of liver, lung2 50 of lung          | 80        | 0
        one_gone  | 50  | 60  | lung 80 of liver, lung2 gone of liver       | 80        | 0
        small     | 50  | 60  | lung 75 of liver, lung2 small of liver      | 80        | 0
        missed    | 50  | 60  | lung 30 of liver, lung2 NE of liver         |           |
    """)
    course("""
        person | -66                                 | -10 | 46 | s_pre_mm | targets
        before | lung 20 of liver, lung2 30 of liver | 60  | 80 | 50       | liver
    """)


def test_what_merged_lies_within_the_mass(course):
    """The mass is measured once, by its longest diameter; a target that merged into it is there, and of no size."""
    course("""
        person  | -66         | -10         | 46                     | 74                     | s_post_mm | targets
        merged  | 20, lung 30 | 25, lung 35 | 80, lung seen of liver |                        | 80        | liver lung
        either  | 20, lung 30 | 25, lung 35 | lung 80 of liver       |                        | 80        | liver lung
        nothing | 20, lung 30 | 25, lung 35 | 80                     |                        |           | liver lung
        new_too | 20          | 25          | 30, new lung 12        | 40, lung seen of liver | 30        | liver
    """)


def test_what_names_no_lesion_or_itself_stands_for_itself(course):
    """A whole that nobody has ever seen, and a circle, say nothing; the size is not lost."""
    course("""
        person  | -66 | -10 | 46                                 | s_post_mm | new_lesions
        unknown | 50  | 60  | 70, new lung 12 of bone            | 70        | 1
        itself  | 50  | 60  | liver 70 of liver                  | 70        | 0
        circle  | 50  | 60  | liver 70 of lung, lung 12 of liver | 70        | 0
    """)


def test_areas_of_parts_are_summed(assess):
    """By irRC products are added, not the product of sums."""
    assess("irRC", """
        person | -10               | 28                                       | burdens
        two    | 40x20             | lung 20x10 of liver, lung2 10x8 of liver | 280
        half   | 40x20             | lung 20x10 of liver, lung2 10 of liver   | -
        merged | 40x20, lung 10x10 | 50x20, lung seen of liver                | 1000
    """)


def test_a_lesion_that_merged_stays_a_new_one(assess):
    """It is still there: the progression it was is no less one."""
    assess("RECIST1.1", """
        person | -10 | 28               | 56                      | responses
        within | 100 | 100, new lung 12 | 100, lung seen of liver | PD PD
    """)
