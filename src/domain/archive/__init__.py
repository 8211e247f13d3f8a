"""The archive: change records of the Demand table in, rows of files by type and date out."""
