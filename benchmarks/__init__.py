"""Generator, limits, peers and measurements: what the pipeline costs beside what it could cost."""
