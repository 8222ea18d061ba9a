"""What a run says while it works, where stderr is no terminal."""

from __future__ import annotations

from hpd_etl import progress


def test_how_far_a_stage_is_stands_on_a_line_of_its_own(capsys):
    """It is said at once; the last line holds only what came of the stage, and the time it took."""
    with progress.lines("sensitivity") as note:
        note("100 of 1,000 draws", so_far=True)
        assert capsys.readouterr().err == "sensitivity ...\nsensitivity: 100 of 1,000 draws ...\n"
        note("12 flips")
    assert capsys.readouterr().err.startswith("sensitivity: 12 flips (")


def test_a_bar_shows_how_far_it_is_and_silence_nothing(capsys):
    """Both take the same notes."""
    with progress.silent("label") as note:
        note("half", so_far=True)
    assert capsys.readouterr().err == ""
    with progress.bar("label") as note:
        note("half", so_far=True)
        note("12 labels")
    assert "12 labels" in capsys.readouterr().err
