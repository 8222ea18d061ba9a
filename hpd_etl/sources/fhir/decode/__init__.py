"""Which resources can matter, decoded in two typed stages; the shapes of R4; no resource twice."""
