"""The mathematics, the records, the random numbers and the kernel: pure Python and NumPy."""
