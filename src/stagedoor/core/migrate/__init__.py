"""The schema moves only by numbered SQL files, each with its way back, each as good by plain psql.

`up`, `down`, `status` work on the database that `dsn` names; `adopt` and `forget` bring the records in line
with what somebody did by hand; `lint` reads the files alone. Problems are MigrationError: what, and the mend.
"""

from stagedoor.core.migrate.files import MIGRATIONS, Finding, MigrationError
from stagedoor.core.migrate.linting import lint
from stagedoor.core.migrate.runner import Applied, down, plan_down, up
from stagedoor.core.migrate.session import Patience
from stagedoor.core.migrate.standing import Status, adopt, forget, status

__all__ = [
    "MIGRATIONS", "Applied", "Finding", "MigrationError", "Patience", "Status",
    "adopt", "down", "forget", "lint", "plan_down", "status", "up",
]  # fmt: skip
