"""Texts that sources give as answer to "is there a new lesion?", and the status each leaves; None for no row."""

ANSWERS = {
    "Y": "present", "yes": "present", " True ": "present", "1": "present", "Present": "present", "ja, Leber": "present",
    "n": None, "No": None, "0": None, "absent": None, "Not yet  present": None,
    "not evaluable": "not_assessed", "equivocal": "not_assessed", "see report": "not_assessed", "-": "not_assessed",
    "none seen": "not_assessed", "2 lesions?": "not_assessed",
}
