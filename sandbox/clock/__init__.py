"""Schedules in virtual time: what EventBridge would do in a day, in as long as the targets take."""

from sandbox.clock.expression import next_fire
from sandbox.clock.firing import Fired, ScheduleClock
from sandbox.clock.schedules import Schedule

__all__ = ["Fired", "Schedule", "ScheduleClock", "next_fire"]
