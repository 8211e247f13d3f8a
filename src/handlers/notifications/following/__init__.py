"""What a visitor of our links sends."""
