"""A warehouse on a laptop: Athena's and Redshift Data's own protocols in, DuckDB behind, UNLOAD to S3 out."""

from sandbox.warehouse.faults import WarehouseFaults
from sandbox.warehouse.server import WarehouseServer

__all__ = ["WarehouseFaults", "WarehouseServer"]
