"""Erasure's own parts: one object without a fan, all versions of it, all objects."""
