"""The stacks: nouns, then the arrows between them."""
