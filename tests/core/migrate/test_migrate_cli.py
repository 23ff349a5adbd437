"""`stagedoor migrate` says what it did, asks before rows are lost, and ends with a code that a script can trust."""

import json

import pytest
from typer.testing import CliRunner

from stagedoor.cli.migrate import app


@pytest.fixture
def run(dsn, folder, monkeypatch):
    """The command on this test's database and folder."""
    monkeypatch.setenv("DATABASE_URL", dsn)

    def invoke(*arguments, answer=None):
        return CliRunner().invoke(app, [*arguments, "--directory", str(folder.path)], input=answer)

    return invoke


def test_up_then_status_is_settled(run, folder):
    folder.add_table(130, "fans")
    pending = run("status")
    assert (pending.exit_code, "130_fans" in pending.output, "pending" in pending.output) == (1, True, True)
    first, second = run("up"), run("up")
    assert (first.exit_code, "1 applied." in first.output) == (0, True)
    assert (second.exit_code, "Nothing to do" in second.output) == (0, True)
    assert run("status").exit_code == 0


def test_status_as_json_is_for_scripts(run, folder):
    folder.add_table(130, "fans")
    run("up")
    folder.add_table(131, "tips")
    result = run("status", "--json")
    rows = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [(row["number"], row["name"], row["state"]) for row in rows] == [
        (130, "fans", "applied"),
        (131, "tips", "pending"),
    ]
    assert rows[0]["appliedAt"]
    assert rows[0]["durationMs"] >= 0


@pytest.mark.parametrize("answer", ["n\n", "", None])
def test_down_asks_before_rows_are_lost(run, folder, answer):
    folder.add_table(130, "fans")
    run("up")
    declined = run("down", answer=answer)
    assert declined.exit_code == 1
    assert "130_fans DOWN destroys for good: table fans." in declined.output
    assert run("status").exit_code == 0


@pytest.mark.parametrize(
    ("down", "lost"),
    [
        ("DROP TABLE IF EXISTS fans, public.tips;", "table fans, table tips"),
        ("ALTER TABLE fans DROP COLUMN age, DROP CONSTRAINT known;", "column fans.age"),
        ("DELETE FROM fans;", "rows of fans"),
        ("DO $$BEGIN TRUNCATE TABLE fans; END$$;", "rows of fans"),
    ],
)
def test_down_says_what_would_be_lost(run, folder, down, lost):
    folder.add(130, "fans", "SELECT 1;", down)
    run("up")
    assert f"130_fans DOWN destroys for good: {lost}.\n" in run("down", answer="n\n").output


def test_down_does_not_ask_when_told_so_or_when_nothing_is_lost(run, folder):
    folder.add_table(130, "fans")
    folder.add(131, "reason", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';", "DROP FUNCTION f();")
    run("up")
    assert "1 undone." in run("down").output
    assert "1 undone." in run("down", "--yes").output
    assert run("status").exit_code == 1


def test_a_yes_to_the_question_undoes(run, folder):
    folder.add_table(130, "fans")
    run("up")
    assert run("down", "--to", "0", answer="y\n").exit_code == 0
    assert "pending" in run("status").output


def test_what_was_done_by_hand_is_adopted_and_forgotten(run, folder, psql):
    folder.add_table(130, "fans")
    psql("-1", "-f", str(folder.path / "130_fans.sql"))
    assert "by hand" in run("status").output
    assert run("adopt", "130", answer="y\n").exit_code == 0
    assert run("status").exit_code == 0
    psql("-1", "-f", str(folder.path / "130_fans_DOWN.sql"))
    assert "undone by hand" in run("status").output
    assert run("forget", "130").exit_code == 0


def test_a_problem_is_a_sentence_and_code_2(run, folder):
    folder.add(130, "fans", "SELECT nobody;")
    result = run("up")
    assert result.exit_code == 2
    assert "130_fans.sql, line 2:" in result.output
    assert "Traceback" not in result.output


def test_lint_prints_a_table_and_fails(run, folder):
    folder.add_table(130, "fans")
    assert (run("lint").exit_code, run("lint").output) == (0, "Nothing to mend.\n")
    folder.add(131, "wipe", "TRUNCATE fans;")
    result = run("lint")
    assert result.exit_code == 1
    assert any(line.startswith("131_wipe.sql:2") and " truncate " in line for line in result.output.splitlines())
