"""Verified-Fan scores: what a file of them means, what a row takes over of it, what is counted, and what is said of it."""
