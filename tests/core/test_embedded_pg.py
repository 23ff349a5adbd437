"""The embedded PostgreSQL lives exactly as long as its users, whoever they are and however they go."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from stagedoor.core.embedded_pg import EmbeddedPostgresError, start
from stagedoor.core.embedded_pg.folder import Folder
from tests.core import embedded_pg_people as people
from tests.core.embedded_pg_people import (
    PEOPLE,
    Person,
    User,
    eventually,
    kill,
    nobody_is_left,
    postmaster_of,
    processes_of,
    supervisors_of,
)

Enter = Callable[..., User]
BUSY_FOREVER = "DO $$ BEGIN LOOP END LOOP; END $$"


@pytest.fixture(scope="module", params=PEOPLE)
def person(request: pytest.FixtureRequest) -> Person:
    return people.person(request.param)


@pytest.fixture
def new(person: Person) -> Iterator[Path]:
    """A data folder that does not exist yet."""
    with people.folder_of(person) as folder:
        yield folder / "data"


@pytest.fixture(scope="module")
def used(person: Person) -> Iterator[Path]:
    """A folder in which Sam was stored; no server runs on it."""
    with people.folder_of(person) as folder:
        user = User(person, folder / "data").ready()
        user.sql("CREATE TABLE fan (name text); INSERT INTO fan VALUES ('Sam')")
        user.leave()
        yield folder / "data"


@pytest.fixture
def data(used: Path) -> Path:
    """The same folder through many tests: making or copying one takes longer than most of them."""
    assert nobody_is_left(used)
    return used


@pytest.fixture
def enter(person: Person) -> Iterator[Enter]:
    """Lets another user of a data folder in; all have left at the end."""
    entered: list[User] = []

    def somebody(data: Path, who: Person = person) -> User:
        entered.append(User(who, data))
        return entered[-1]

    yield somebody
    for user in entered:
        user.leave()


@pytest.fixture(scope="module", autouse=True)
def no_copies_left() -> Iterator[None]:
    yield
    shutil.rmtree(people.installation())


def socket_dir(user: User) -> Path:
    return Path(user.dsn.partition("?host=")[2].partition("&")[0])


def fans(user: User) -> set[str]:
    return set(user.sql("SELECT name FROM fan").split())


def store(user: User, name: str) -> None:
    user.sql(f"INSERT INTO fan VALUES ('{name}')")


def test_four_cold_starts_at_once_share_one_server(new: Path, enter: Enter) -> None:
    four = [enter(new) for _ in range(4)]
    assert len({user.ready().dsn for user in four}) == 1
    four[0].sql("CREATE TABLE fan AS SELECT 'Sam' AS name")
    assert [fans(user) for user in four] == [{"Sam"}] * 4
    assert len(supervisors_of(new)) == 1
    assert sum("-D" in title for title in processes_of(new).values()) == 1
    for user in four:
        user.kill()
    assert nobody_is_left(new)


def test_killing_the_last_client_leaves_no_server(data: Path, enter: Enter) -> None:
    mia = enter(data).ready()
    mia.kill()
    assert nobody_is_left(data)
    assert eventually(lambda: not socket_dir(mia).parent.exists())


def test_a_second_user_keeps_the_server_while_the_first_leaves(data: Path, enter: Enter) -> None:
    mia, sam = enter(data).ready(), enter(data).ready()
    server = postmaster_of(data)
    mia.close()
    mia.kill()
    time.sleep(0.3)  # what must not happen has time to happen
    assert "Sam" in fans(sam)
    assert postmaster_of(data) == server
    sam.kill()
    assert nobody_is_left(data)


def test_closing_twice_is_closing_once_and_stops_the_server(data: Path, enter: Enter) -> None:
    mia = enter(data).ready()
    mia.close()
    mia.close()
    assert eventually(lambda: set(processes_of(data)) <= {mia.process.pid})
    assert mia.process.poll() is None


def test_data_survives_a_restart(data: Path, enter: Enter) -> None:
    mia = enter(data).ready()
    store(mia, "Noor")
    mia.kill()
    assert nobody_is_left(data)
    again = enter(data).ready()
    assert again.dsn == mia.dsn
    assert fans(again) >= {"Sam", "Noor"}


def test_killing_supervisor_and_client_leaves_no_orphan_and_keeps_data(data: Path, enter: Enter) -> None:
    mia = enter(data).ready()
    store(mia, "Leo")
    kill(mia.process.pid, *supervisors_of(data))
    assert nobody_is_left(data)
    assert fans(enter(data).ready()) >= {"Sam", "Leo"}


def test_a_living_client_outlives_the_killed_supervisor(data: Path, enter: Enter) -> None:
    mia = enter(data).ready()
    store(mia, "Ines")
    old = [postmaster_of(data), *supervisors_of(data)]
    kill(old[1])
    assert eventually(lambda: not processes_of(data).keys() & set(old))
    assert eventually(lambda: mia.psql("SELECT").returncode == 0)
    assert fans(mia) >= {"Sam", "Ines"}
    mia.kill()
    assert nobody_is_left(data)


def test_a_killed_postmaster_is_started_again_with_what_was_committed(data: Path, enter: Enter) -> None:
    mia = enter(data).ready()
    store(mia, "Mia")
    busy = subprocess.Popen([f"{mia.bin_dir}/psql", "-Xqd", mia.dsn, "-c", BUSY_FOREVER], stderr=subprocess.DEVNULL)
    assert eventually(lambda: any(" DO" in title for title in processes_of(data).values()))
    old = {pid for pid, title in processes_of(data).items() if title != "supervisor"}
    kill(postmaster_of(data))
    assert eventually(lambda: mia.psql("SELECT").returncode == 0)
    assert fans(mia) >= {"Sam", "Mia"}
    assert busy.wait(10) != 0
    assert not processes_of(data).keys() & (old - {mia.process.pid})
    mia.kill()
    assert nobody_is_left(data)


def test_killing_every_part_at_once_leaves_nothing_in_the_way_of_the_next_start(data: Path, enter: Enter) -> None:
    mia = enter(data).ready()
    endless = [f"{mia.bin_dir}/psql", "-Xqd", mia.dsn, "-c", BUSY_FOREVER]
    with subprocess.Popen(endless, stderr=subprocess.DEVNULL):
        assert eventually(lambda: any(" DO" in title for title in processes_of(data).values()))
        old = processes_of(data).keys()
        kill(mia.process.pid, *supervisors_of(data), postmaster_of(data))
        assert "Sam" in fans(enter(data).ready())
    assert not processes_of(data).keys() & old


def test_a_first_start_that_is_killed_half_way_spoils_nothing(new: Path, enter: Enter) -> None:
    mia = enter(new)
    assert eventually(lambda: list(new.glob("pg.new-*/global")))
    kill(mia.process.pid, *supervisors_of(new))
    sam = enter(new).ready()
    assert sam.sql("SELECT 1") == "1"
    assert not list(new.glob("pg.new-*"))


def test_a_long_data_path_works(data: Path, enter: Enter) -> None:
    deep = data.parent / ("a-folder-with-a-long-name-" * 5) / ("ünd ein zweiter " * 6).strip()
    deep.parent.mkdir()
    data.rename(deep)
    try:
        sam = enter(deep).ready()
        assert "Sam" in fans(sam)
        sam.kill()
        assert nobody_is_left(deep)
    finally:
        deep.rename(data)


def test_a_read_only_folder_is_told_in_one_sentence(new: Path, person: Person, enter: Enter) -> None:
    held_to_modes = (people.CAP_DAC_OVERRIDE, people.CAP_DAC_READ_SEARCH)
    bound = Person(person.name, person.uid, person.python, person.paths, (*person.without, *held_to_modes))
    new.mkdir()
    os.chown(new, person.uid, -1)
    new.chmod(0o555)
    assert enter(new, bound).refusal() == (
        f"You have no permission to write to the data folder {new}. Set STAGEDOOR_DATA_DIR to a folder "
        "you can write to, or DATABASE_URL to a PostgreSQL of your own."
    )
    assert nobody_is_left(new)


def test_root_leaves_the_server_to_somebody_else(person: Person, data: Path, enter: Enter) -> None:
    """Not one process of the server is root, seen from the server; in a container it is `nobody` to the machine too."""
    mia = enter(data).ready()
    assert mia.sql("SHOW data_checksums") == "on"
    seen = {Path(f"/proc/{pid}").stat().st_uid for pid, title in processes_of(data).items() if title != "supervisor"}
    assert mia.process.pid not in processes_of(data)
    assert seen == {0} if person.name == "root" else {people.NOBODY, person.uid} - {0} >= seen
    assert (data / "pg").stat().st_uid in seen


# What follows does not depend on who asks.


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of our own whose server was stopped."""
    path = tmp_path_factory.mktemp("stopped") / "data"
    start(path).close()
    assert nobody_is_left(path)
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert nobody_is_left(tmp_path)


@pytest.fixture
def folder(stopped: Path) -> Iterator[Path]:
    yield stopped
    assert nobody_is_left(stopped)


async def test_the_server_is_durable_speaks_utf8_and_listens_to_nobody_else(folder: Path) -> None:
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "shared_buffers": "128MB",
        "max_connections": "100",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "log_timezone": "UTC",
        "server_encoding": "UTF8",
        "shared_preload_libraries": "pg_stat_statements",
        "unix_socket_permissions": "0700",
    }
    with start(folder) as lease:
        connection = await asyncpg.connect(lease.dsn)
        found = {name: await connection.fetchval("SELECT current_setting($1)", name) for name in expected}
        assert found == expected
        assert await connection.fetchval("SELECT upper('sängerin') || (SELECT 'Z' < 'a')") == "SÄNGERINtrue"
        assert await connection.fetchval("SELECT current_user || '@' || current_database()") == "stagedoor@stagedoor"
        await connection.close()


def test_the_servers_sizes_are_the_operators_to_change(folder: Path) -> None:
    settings = folder / "pg" / "postgresql.conf"
    before = settings.read_text()
    settings.write_text(f"{before}max_connections = 133\nfsync = off\n")
    with start(folder) as lease:
        psql: list[str | Path] = [
            lease.bin_dir / "psql",
            "-XAtqd",
            lease.dsn,
            "-c",
            "SHOW max_connections",
            "-c",
            "SHOW fsync",
        ]
        assert subprocess.run(psql, check=False, capture_output=True, text=True).stdout.split() == ["133", "on"]
    settings.write_text(before)


def test_a_stranger_with_the_dead_servers_process_id_is_no_hindrance(folder: Path) -> None:
    """After a container's restart the ids begin anew: that of the killed server may be anybody's."""
    (folder / "pg" / "postmaster.pid").write_text(f"{os.getppid()}\n{folder}/pg\n1\n5432\n/tmp\n\n1 1\nready\n")
    start(folder).close()


def test_a_server_that_somebody_else_started_is_left_alone(folder: Path) -> None:
    """Stands in for it: a process called postgres that works in the folder, and its record."""
    with subprocess.Popen(["postgres", "60"], executable="/bin/sleep", cwd=folder / "pg") as foreign:
        (folder / "pg" / "postmaster.pid").write_text(f"{foreign.pid}\n")
        with pytest.raises(EmbeddedPostgresError, match=rf"process {foreign.pid}\) uses .* Stop it"):
            start(folder)
        assert foreign.poll() is None
        foreign.kill()


def test_two_ways_to_one_folder_lead_to_one_server(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(folder)
    with start(folder) as mia, start(tmp_path / "way") as sam:
        assert sam.dsn == mia.dsn


def test_data_of_another_version_is_refused_and_kept(empty: Path) -> None:
    (empty / "pg").mkdir(mode=0o700)
    (empty / "pg" / "PG_VERSION").write_text("99\n")
    with pytest.raises(EmbeddedPostgresError, match="was made by PostgreSQL 99, and this machine has 18"):
        start(empty)
    assert (empty / "pg" / "PG_VERSION").read_text() == "99\n"


def test_a_folder_of_other_files_is_refused_and_kept(empty: Path) -> None:
    (empty / "pg").mkdir()
    (empty / "pg" / "diary").write_text("Mia's")
    with pytest.raises(EmbeddedPostgresError, match=r"holds no PostgreSQL data\. Move it away"):
        start(empty)
    assert (empty / "pg" / "diary").read_text() == "Mia's"


def test_damaged_data_is_told_with_the_servers_own_reason(folder: Path) -> None:
    control = folder / "pg" / "global" / "pg_control"
    whole = control.read_bytes()
    control.write_bytes(b"")
    with pytest.raises(EmbeddedPostgresError, match=r"could not start on .*pg_control.* restore a backup\."):
        start(folder)
    control.write_bytes(whole)


def test_a_file_in_the_folders_place_is_told(empty: Path) -> None:
    (empty / "data").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="because a file is in its place"):
        start(empty / "data")


def test_an_impostors_socket_folder_is_passed_over(folder: Path) -> None:
    trap = Path("/tmp") / f"stagedoor-{Folder(folder).fingerprint()}"
    (folder / "elsewhere").mkdir()
    trap.symlink_to(folder / "elsewhere")
    try:
        with start(folder) as lease:
            assert f"{trap}/" not in lease.dsn
        assert nobody_is_left(folder)
        assert not list((folder / "elsewhere").iterdir())
    finally:
        trap.unlink()


def test_a_request_to_end_waits_for_the_last_user(folder: Path) -> None:
    """A machine that is shut down asks all processes at once; Mia's must still be able to store what it holds."""
    with start(folder) as lease:
        psql: list[str | Path] = [lease.bin_dir / "psql", "-Xqd", lease.dsn, "-c", "SELECT"]
        (supervisor,) = supervisors_of(folder)
        os.kill(supervisor, signal.SIGTERM)
        time.sleep(0.2)  # what must not happen has time to happen
        assert subprocess.run(psql, check=False).returncode == 0
        assert supervisors_of(folder) == [supervisor]
