"""Without a DATABASE_URL, Stagedoor brings its own PostgreSQL.

`start(data_dir)` starts the server whose data lives in `data_dir/pg`, or joins the one that already runs,
and returns when it accepts connections. The server lives exactly as long as somebody holds a `Lease`: when
the last holder closes it, ends or is killed, the server stops and the data stays.
"""

from stagedoor.core.embedded_pg.faults import EmbeddedPostgresError
from stagedoor.core.embedded_pg.launcher import Lease, start

__all__ = ["EmbeddedPostgresError", "Lease", "start"]
