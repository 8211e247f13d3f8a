"""Compaction's own parts: a partition's rows in, sorted and without duplicates out."""
