"""`python -m stagedoor`."""

from stagedoor.cli import app

app()
