"""What each of the pages does with a visit: a request in, the reply out."""
