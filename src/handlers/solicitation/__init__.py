"""Daily batch and delivery: one handler a stage."""
