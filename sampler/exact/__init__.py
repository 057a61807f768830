"""What is known exactly: enumeration, certified targets, laws of whole runs, pivots, wrong kernels, the self-test."""
