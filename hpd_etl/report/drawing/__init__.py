"""Figures: from the rows of a `Figure` to a drawing for the page, and to SVG and PNG beside it."""
