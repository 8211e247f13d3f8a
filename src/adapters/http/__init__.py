"""HTTP: what calls look like, and what is told to callers."""
