"""The Explore page: one browser's run, and what it may ask about it."""
