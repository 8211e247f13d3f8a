"""Synthetic warehouses whose funnel is known to the candidate: `write_sample` makes one."""

from sandbox.sample.writing import SAMPLES, write_sample

__all__ = ["SAMPLES", "write_sample"]
