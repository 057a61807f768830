"""A run's events as a file: written, read, verified, summed up."""
