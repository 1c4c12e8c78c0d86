"""Known faults of a training, found in its numbers and named with their remedies."""
