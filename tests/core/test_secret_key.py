"""The key that signs local sessions: one for all who share a folder, readable by its owner alone."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stagedoor.core.secret_key import local_key
from stagedoor.settings import Identity, Settings, SettingsError

ASK = """
import sys
from pathlib import Path
from stagedoor.core.secret_key import local_key
from stagedoor.settings import Settings
sys.stdin.readline()
print(local_key(Settings(data_dir=Path(sys.argv[1]))).hex())
"""


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    asking = [
        subprocess.Popen([sys.executable, "-c", ASK, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    for process in asking:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
    keys = {process.communicate(timeout=60)[0].strip() for process in asking}
    assert len(keys) == 1
    assert [path.name for path in folder.iterdir()] == ["secret.key"]
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert local_key(Settings(data_dir=folder)).hex() in keys, "and a later start finds it"


def test_a_key_from_the_environment_needs_no_file(tmp_path: Path) -> None:
    here = local_key(Settings(data_dir=tmp_path / "a", identity=Identity(secret_key="shared")))
    assert here == local_key(Settings(data_dir=tmp_path / "b", identity=Identity(secret_key="shared")))
    assert here != local_key(Settings(identity=Identity(secret_key="another")))
    assert b"shared" not in here
    assert list(tmp_path.iterdir()) == []


def test_the_local_key_is_never_the_issuers_secret() -> None:
    assert local_key(Settings(identity=Identity(jwt_secret="x" * 32))) != b"x" * 32


@pytest.mark.parametrize("content", ["", "abcd", "no hexadecimal at all", "00" * 16])
def test_a_damaged_key_stops_the_start_and_names_the_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    with pytest.raises(SettingsError, match=r"secret\.key.*STAGEDOOR_SECRET_KEY"):
        local_key(Settings(data_dir=tmp_path))


def test_a_folder_that_cannot_be_made_stops_the_start_and_names_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="Make the folder writable, or set STAGEDOOR_SECRET_KEY"):
        local_key(Settings(data_dir=tmp_path / "file" / "data"))
