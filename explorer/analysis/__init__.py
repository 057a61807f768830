"""Rows that the views draw, computed from the events of a run. No drawing, no model."""
