"""The wire: what a browser tab asks, and the one stream of numbered answers that it gets."""
