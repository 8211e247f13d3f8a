"""The parts of `verdict_reporter`."""
