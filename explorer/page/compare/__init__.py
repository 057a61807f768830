"""The Compare page: recorded results, and one browser's own evaluation."""
