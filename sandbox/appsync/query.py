"""The text of a query in, its document out, or why AppSync would not even begin: too long, too deep, too much, or no query."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoSchemaIntrospectionCustomRule

from sandbox.appsync.api import Api

MOST_TOKENS = 15_000  # of one document
MOST_FIELDS = 2_000  # of one operation, its fragments unfolded: checking that they can be merged takes their square


class Refused(Exception):
    """Nothing was run; these errors tell why."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def document_of(text: str, schema: GraphQLSchema, api: Api) -> DocumentNode:
    """GraphQLSyntaxError: it cannot be read. Refused: what it asks for is not there, or too much."""
    document = parse(text, max_tokens=MOST_TOKENS)
    for operation in (it for it in document.definitions if isinstance(it, OperationDefinitionNode)):
        _bound(operation, _fragments(document), api)
    rules = specified_rules if api.introspection else [*specified_rules, NoSchemaIntrospectionCustomRule]
    if errors := validate(schema, document, rules, max_errors=20):
        raise Refused(*errors)
    return document


def fields_of(
    selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], within: tuple[str, ...] = ()
) -> Iterator[tuple[str, FieldNode]]:
    """Fields and those of fragments among them, as often as they are spread; a fragment within itself ends there."""
    for it in selections.selections:
        if isinstance(it, FieldNode):
            yield it.name.value, it
        elif isinstance(it, FragmentSpreadNode):
            name = it.name.value
            if name in fragments and name not in within:
                yield from fields_of(fragments[name].selection_set, fragments, (*within, name))
        elif isinstance(it, InlineFragmentNode):
            yield from fields_of(it.selection_set, fragments, within)


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {it.name.value: it for it in document.definitions if isinstance(it, FragmentDefinitionNode)}


def _bound(operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode], api: Api) -> None:
    """Refused: it is deeper than the API lets anybody ask, or has more fields of its own than may be resolved."""
    depth, level = 0, [operation.selection_set]
    seen = 0
    while level:
        depth += 1
        if api.depth and depth > api.depth:
            raise Refused(GraphQLError(f"Query depth limit of {api.depth} exceeded.", operation))
        below = []
        for selections in level:
            for _, field in fields_of(selections, fragments):
                seen += 1
                if seen > MOST_FIELDS:
                    raise Refused(GraphQLError("The query asks for too many fields.", operation))
                if field.selection_set:
                    below.append(field.selection_set)
        if depth == 1 and api.resolvers_a_query and seen > api.resolvers_a_query:
            raise Refused(GraphQLError(f"Resolver count limit of {api.resolvers_a_query} exceeded.", operation))
        level = below
