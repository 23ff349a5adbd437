"""The database: its version, what it promises about a crash, its room, its clock, its books."""

from collections.abc import Awaitable, Callable

from stagedoor.flags import read_overrides
from stagedoor.ops.backup import BackupError, tools_for
from stagedoor.ops.preflight.checks import Answer, Db, Place, bad, database_check, good, weak
from stagedoor.ops.rollout import newest

OLDEST = 150000
SKEW_SECONDS_MAX = 1.0
OVERDUE_SECONDS = 30
OTHERS = 10  # sessions that are not the servers': migrations, backups, psql, monitoring


@database_check("database.version")
async def version(place: Place, db: Db) -> Answer:
    number, shown = int(await place.show(db, "server_version_num")), await place.show(db, "server_version")
    if number < OLDEST:
        return bad(f"PostgreSQL {shown} is older than 15", "upgrade the server")
    return good(f"PostgreSQL {shown}")


def _durable(name: str, loses: str) -> Callable[[Place, Db], Awaitable[Answer]]:
    async def ask(place: Place, db: Db) -> Answer:
        value = await place.show(db, name)
        if value in ("off", "local") and not (name == "synchronous_commit" and value == "local"):
            return bad(f"{name} is {value}: {loses}", f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();")
        return good(f"{name} is {value}")

    return ask


database_check("database.fsync")(_durable("fsync", "a power cut can destroy everything"))
database_check("database.full_page_writes")(_durable("full_page_writes", "a power cut can tear pages"))
database_check("database.synchronous_commit")(
    _durable("synchronous_commit", "a crash loses calls and tokens that were confirmed")
)


@database_check("database.connections")
async def connections(place: Place, db: Db) -> Answer:
    most = int(await place.show(db, "max_connections")) - int(await place.show(db, "superuser_reserved_connections"))
    alive = await db.fetchval(
        "SELECT CASE WHEN to_regclass('server_processes') IS NULL THEN 0 ELSE 1 END"
    ) and await db.fetchval("SELECT count(*) FROM server_processes WHERE seen_at > now() - interval '10 seconds'")
    servers = max(1, alive or 0)
    # flags and guard; past a pooler also the relay's session, and the pooler holds the rest together
    each = 3 if place.settings.pooler_url else place.settings.pool_size + 2
    wanted = servers * each + OTHERS
    says = f"{servers} servers may open {wanted} of {most} connections"
    if wanted > most:
        return bad(says, "lower DATABASE_POOL_SIZE, raise max_connections, or put a pooler in between")
    return good(says)


@database_check("database.tools")
async def tools(place: Place, db: Db) -> Answer:
    try:
        found = await tools_for(place.dsn)
    except BackupError as error:
        return bad(str(error), f"apt-get install postgresql-client-{db.get_server_version().major}")
    return good(f"pg_dump {found.major} in {found.folder}")


@database_check("clock")
async def clock(place: Place, db: Db) -> Answer:
    """Calls run by the database's clock; tokens, logs and certificates by this machine's."""
    await db.fetchval("SELECT 1")
    before = place.now()
    theirs = await db.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    skew = abs((before + place.now()) / 2 - theirs)
    says = f"this machine and the database differ by {skew:.2f} s"
    if skew > SKEW_SECONDS_MAX:
        return bad(says, "run a time service on both (timedatectl set-ntp true)")
    return good(says)


@database_check("ledger")
async def ledger(_place: Place, db: Db) -> Answer:
    if await db.fetchval("SELECT to_regprocedure('ledger_audit()') IS NULL"):
        return good("there is no ledger yet")
    count = await db.fetchval("SELECT count(*) FROM ledger_audit()")
    return bad(f"{count} violations", "stagedoor audit names them; do not roll out") if count else good("clean")


@database_check("timers")
async def timers(_place: Place, db: Db) -> Answer:
    if await db.fetchval("SELECT to_regclass('calls') IS NULL"):
        return good("there are no calls yet")
    overdue = await db.fetchval(
        "SELECT count(*) FROM calls WHERE due_at < clock_timestamp() - make_interval(secs => $1)", OVERDUE_SECONDS
    )
    if overdue:
        return bad(f"{overdue} calls are overdue by more than {OVERDUE_SECONDS} s", "stagedoor expire; start a server")
    return good("nothing is overdue")


@database_check("operator")
async def operator(_place: Place, db: Db) -> Answer:
    if await db.fetchval("SELECT to_regclass('users') IS NULL"):
        return weak("there are no accounts yet", "stagedoor migrate up")
    if not await db.fetchval("SELECT EXISTS (SELECT 1 FROM users WHERE is_operator)"):
        return weak("nobody is an operator", "UPDATE users SET is_operator = true WHERE username = '…'")
    return good("somebody may open the operators' page")


@database_check("flags")
async def flags(place: Place, db: Db) -> Answer:
    """Calls and share cards off, privacy on, until a roll-out says otherwise."""
    if await db.fetchval("SELECT to_regclass('rollout_steps') IS NULL"):
        return good("no override yet")
    rollout = await newest(db)
    if rollout is not None and rollout.state in ("running", "completed"):
        return good(f"as roll-out {rollout.id} has them")
    overrides = {override.key: override for override in await read_overrides(db)}
    wrong = []
    for key, wanted in (("FEATURE_CALLS", False), ("FEATURE_FAN_SHARE_CARD", False), ("FEATURE_FAN_PRIVACY", True)):
        override, default = overrides.get(key), place.settings.flags.get(key, wanted)
        on = default if override is None else override.enabled or override.targeted
        if on != wanted:
            wrong.append(f"{key} is {'on' if on else 'off'}")
    if wrong:
        return bad(", ".join(wrong), "stagedoor flags set KEY off (or clear), and look at the environment")
    return good("in their starting state")
