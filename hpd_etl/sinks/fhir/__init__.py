"""Labels as FHIR resources: what they are, how they are compared with what is held, and where they go."""
