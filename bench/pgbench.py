"""The database's own limit: the statements of a request, prepared, as fast as pgbench can ask them.

No HTTP, no JSON, no tokens: what is left is what no server in front of this database can beat.
"""

import asyncio
import re
from dataclasses import dataclass

from bench import processes
from bench.arena import POOL, Arena
from stagedoor.privacy.queries import _SETTINGS

_AUTHENTICATE = """
SELECT id, username, display_name, avatar_url, is_creator, is_operator FROM users
WHERE id = md5('c' || :n)::uuid AND NOT EXISTS (SELECT 1 FROM revoked_sessions WHERE session_id = md5('s' || :n)::uuid);
"""
# A colon before a letter is a variable to pgbench, also within a string.
_COLUMNS = _SETTINGS.replace("'HH24:MI'", "'HH24' || chr(58) || 'MI'")
ME = f"\\set n random(1, 1000)\nSELECT {_COLUMNS} FROM users WHERE id = md5('f' || :n)::uuid;\n"
# Each client has pairs of its own: a creator rings once.
INITIATE = (
    "\\set i :i + 1\n\\set n :client_id * :share + :i\n"
    + _AUTHENTICATE
    + """
SELECT * FROM call_ring(md5('c' || :n)::uuid, md5('f' || :n)::uuid, 'video', 0, 1, 'webrtc', 120, 0,
    'bench', '{"creatorName": "Mia"}');
"""
)


@dataclass(frozen=True)
class Limit:
    """What the database does by itself."""

    per_second: float
    database_us: float


async def limit(arena: Arena, name: str, script: str, seconds: int, share: int) -> Limit:
    """Runs `script` for `seconds`; stops early when a client has used up its `share` of pairs."""
    path = arena.folder / f"{name}.pgbench"
    path.write_text(script)
    command = [str(arena.bin_dir / "pgbench"), "-n", "-M", "prepared", "-c", str(POOL), "-j", "1"]
    command += ["-T", str(seconds), "-f", str(path), "-D", "i=0", "-D", f"share={share}", arena.dsn]
    before = arena.database_cpu()
    running = await asyncio.create_subprocess_exec(
        *processes.alone(processes.SERVER_CORE),
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, problems = await running.communicate()
    await asyncio.sleep(0.5)  # until the server has seen its backends end, and counts what they used
    text = out.decode()
    done = re.search(r"actually processed: (\d+)", text)
    rate = re.search(r"tps = ([\d.]+)", text)
    if running.returncode or done is None or rate is None:
        raise RuntimeError(f"pgbench: {problems.decode()[-500:]}")
    return Limit(float(rate[1]), (arena.database_cpu() - before) / max(1, int(done[1])) * 1e6)
