"""What a size means (C3, C8, A8): disappeared is 0 mm, too small 5 mm, impossible no size at all."""


def test_values_by_convention(course):
    """Disappeared and not yet present count 0 mm, too small 5 mm; a written size counts as written."""
    course("""
        person  | -10         | 46             | s0_mm | s_post_mm
        zero    | 60, lung 20 | 60, lung 0     | 80    | 60
        gone    | 60, lung 20 | 60, lung gone  | 80    | 60
        small   | 60, lung 20 | 60, lung small | 80    | 65
        written | 60, lung 20 | 60, lung 3     | 80    | 63
        unsized | 60, lung 20 | 60, lung seen  | 80    |
        worse   | 60, lung 20 | 60, lung worse | 80    |
    """)


def test_nodes_keep_their_short_axis(course):
    """A node below 10 mm is normal but stays in the sum, which may be above zero at a complete response."""
    course("""
        person      | -10               | 46        | s_post_mm | response_first
        node_normal | node 16           | node 9    | 9         | CR
        node_ten    | node 16           | node 10   | 10        | PR
        node_gone   | node 16           | node gone | 0         | CR
        with_liver  | node 16, liver 30 | node 9, 0 | 9         | CR
        liver_left  | node 16, liver 30 | node 9, 5 | 14        | PR
    """)


def test_a_node_without_short_axis(course):
    """A node that is seen but has no short axis leaves the sum missing, and the reason says so."""
    course("""
        person       | -66           | -10         | 46            | s_post_mm | reason
        no_axis      | 50, node 16   | 60, node 18 | 80, node seen |           | node_short_axis_missing
        not_assessed | 50, node 16   | 60, node 18 | 80, node NE   |           | lesion_set_mismatch
        before       | 50, node seen | 60, node 18 | 80, node 20   | 100       | node_short_axis_missing
    """)


def test_impossible_sizes_are_refused_and_the_person_goes_on(course):
    """Below 0 and above 500 mm are no sizes; the lesion is not assessed that day, the others stand."""
    course("""
        person   | -66         | -10         | 46             | s_post_mm | rejected
        negative | 50, lung 10 | 60, lung 20 | 80, lung -5    |           | 1 lesions impossible_size
        above    | 50, lung 10 | 60, lung 20 | 80, lung 500.1 |           | 1 lesions impossible_size
        limit    | 50, lung 10 | 60, lung 20 | 80, lung 500   | 580       |
        infinite | 50, lung 10 | 60, lung 20 | 80, lung inf   |           | 1 lesions impossible_size
        at_pre   | 50, lung -1 | 60, lung 20 | 80, lung 60    | 140       | 1 lesions impossible_size
    """)


def test_sizes_and_sums_are_rounded_before_they_are_compared(course):
    """10.1 + 20.2 mm against 30.3 mm is no growth, though binary arithmetic says so (A10)."""
    course("""
        person | -66             | -10               | 46              | tgk_post | reason
        same   | 20, lung absent | 30.3, lung absent | 10.1, lung 20.2 | 0        | post_nonpositive
    """)
