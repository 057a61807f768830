"""The classroom: the embedded model's own small world of problems, and the making and measuring of that model."""
