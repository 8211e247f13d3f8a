"""The people and machines that mails reach: they read, follow links, answer through the real pages, and prefetch."""

from sandbox.people.acting import Act, Deed, acts_on
from sandbox.people.callers import Shop
from sandbox.people.habits import MUSIC, REVIEWS, Habits, habits_of
from sandbox.people.mails import Letter, count, letters

__all__ = ["MUSIC", "REVIEWS", "Act", "Deed", "Habits", "Letter", "Shop", "acts_on", "count", "habits_of", "letters"]
