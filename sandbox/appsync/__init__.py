"""AppSync's place in the sandbox: the deployed GraphQL APIs over real HTTP, their resolvers run by Node, in virtual time."""

from sandbox.appsync.api import Api, Resolver, deployed_apis, templated_api
from sandbox.appsync.calling import FunctionFailed, calls_of
from sandbox.appsync.server import AppSyncServer

__all__ = ["Api", "AppSyncServer", "FunctionFailed", "Resolver", "calls_of", "deployed_apis", "templated_api"]
