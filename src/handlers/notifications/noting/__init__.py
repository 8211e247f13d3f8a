"""What is told of notifications in, their rows, their demand and the list of opt-outs as they then are out."""
