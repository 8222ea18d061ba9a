"""What is measured of the pipeline itself."""
