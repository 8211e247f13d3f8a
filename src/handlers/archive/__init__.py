"""The archive's Lambda handlers, one module a stage."""
