"""The Avro schemas in, a writer of rows and files for each kind out."""

from functools import cache, partial

from adapters.files.avro_schemas import schemas
from domain.archive.batch import KindWriter
from domain.archive.container import container, header
from domain.archive.encoder import compile_encoder


@cache
def kind_writers() -> dict[str, KindWriter]:
    """By kind. Compiling takes a while, so it is done once a process."""
    return {
        kind: KindWriter(compile_encoder(schema), partial(container, header(schema)))
        for kind, schema in schemas().items()
    }
