"""Samplers: how a run goes on, block after block."""
