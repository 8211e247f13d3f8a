"""A third party's list of fans: read whole, then saved part by part, highest scores first."""
