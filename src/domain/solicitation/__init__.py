"""Daily batch: who to ask today."""
