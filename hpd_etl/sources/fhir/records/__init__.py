"""What resources mean: from them to the tables of Records, refusals included."""
