"""How a part of a stream, or what of it had to wait, is offered to the Entry Service."""
