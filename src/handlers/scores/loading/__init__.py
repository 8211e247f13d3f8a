"""What `load_scores_to_stream` is made of: its messages, and the reading of one file."""
