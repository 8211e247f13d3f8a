"""Reminders before a ticket sale: what is on sale, whom to remind, in which words, and what became of each."""
