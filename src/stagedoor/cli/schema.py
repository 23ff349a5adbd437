"""`stagedoor openapi`: the API's description, as clients are generated from it."""

import json

import typer
from litestar import Litestar

from stagedoor.app import handlers, openapi
from stagedoor.settings import Settings


def document() -> str:
    """OpenAPI 3.1 of every route, the demo's included; the same text for the same code."""
    app = Litestar(route_handlers=handlers(Settings(demo=True)), openapi_config=openapi(), logging_config=None)
    return json.dumps(app.openapi_schema.to_schema(), indent=1, sort_keys=True) + "\n"


def print_openapi() -> None:
    """Print the OpenAPI document."""
    typer.echo(document(), nl=False)
