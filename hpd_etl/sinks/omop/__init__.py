"""Labels as rows of a results schema that OHDSI tools can read."""
