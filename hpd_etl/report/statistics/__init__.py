"""What is computed from counts and times, each by a library where one has it, and named by the rule that chose it."""
