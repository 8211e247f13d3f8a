"""Act: one module a service, a table, an outside API or a file format."""
