"""What `send` does with one chunk of a recipient list, step by step."""
