"""Events through the cache: an id in, the event and its sales out, asked for once by all who want them."""
