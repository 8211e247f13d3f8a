"""Gather: one Lambda handler a stage."""
