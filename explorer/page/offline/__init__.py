"""The page without a server: what is recorded and computed beforehand."""
