"""The archive's files in, tables of one local database out: what `ovation query` asks."""
