"""Where resources come from: a server searched in proven slices, a bulk export, a folder."""
