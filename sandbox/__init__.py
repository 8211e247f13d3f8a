"""The local runtime: embedded AWS, stream dispatcher, stand-ins, sample data, virtual clock."""
