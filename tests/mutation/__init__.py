"""Mutation testing: small errors are put into the rules on purpose, and a test has to notice each."""
