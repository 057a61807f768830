"""The Tree page: worlds, whole runs in them, and the block dial."""
