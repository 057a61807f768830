"""The explorer: a trace becomes rows (analysis), rows become pictures (views), pictures become a page (page)."""
