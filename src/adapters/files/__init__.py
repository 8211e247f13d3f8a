"""File formats: JSON lines and program YAML."""
