"""What runs inside the training container and behind the endpoint; the functions ship it and never import it."""
