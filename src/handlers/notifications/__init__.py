"""The workers of reminders, one module a stage."""
