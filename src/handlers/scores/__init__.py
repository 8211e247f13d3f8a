"""The scores' Lambda handlers, one module a stage."""
