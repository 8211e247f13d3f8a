"""The `ovation` command, for operators and developers."""
