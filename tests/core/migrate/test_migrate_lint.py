"""What would hurt a busy platform, or cannot be taken back alone, is named by its rule and line."""

import tomllib
from pathlib import Path

import pytest

from stagedoor.core.migrate import lint, linting

FANS = "CREATE TABLE fans (id bigint PRIMARY KEY, name text);"
ROOT = Path(__file__).parents[3]


def rules(folder):
    return [(finding.file, finding.line, finding.rule) for finding in lint(folder.path)]


@pytest.fixture
def fans(folder):
    """130 made fans; 131 is the file that a test writes."""
    folder.add(130, "fans", FANS, "DROP TABLE fans;")
    return folder


def test_good_files_have_nothing_to_mend(fans):
    fans.add(
        131,
        "tips",
        "CREATE TABLE tips (id bigint PRIMARY KEY, fan bigint REFERENCES fans ON DELETE CASCADE);\n"
        "CREATE INDEX idx_tips_fan ON tips (fan);\n"
        "ALTER TABLE fans ADD COLUMN tips bigint NOT NULL DEFAULT 0;\n"
        "CREATE FUNCTION count_tip() RETURNS trigger LANGUAGE plpgsql AS\n"
        "  $$BEGIN UPDATE fans SET tips = tips + 1 WHERE id = NEW.fan; RETURN NULL; END$$;\n"
        "CREATE TRIGGER tips_count AFTER INSERT ON tips FOR EACH ROW EXECUTE FUNCTION count_tip();\n"
        "INSERT INTO tips SELECT n FROM generate_series(1, 3) n;\n"
        "UPDATE tips SET fan = NULL;",
        "DROP TRIGGER tips_count ON tips;\nDROP FUNCTION count_tip();\n"
        "ALTER TABLE fans DROP COLUMN tips;\nDROP TABLE tips;",
    )
    fans.add_index(132, "tips")
    assert rules(fans) == []


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("UPDATE fans SET name = '';", "backfill"),
        ("DELETE FROM fans WHERE name = '';", "backfill"),
        ("WITH old AS (SELECT id FROM fans) DELETE FROM fans USING old WHERE fans.id = old.id;", "backfill"),
        ("CREATE TABLE t AS SELECT 1 AS id; INSERT INTO t SELECT id FROM fans ORDER BY id;", "backfill"),
        ("DO $$BEGIN IF true THEN UPDATE fans SET name = ''; END IF; END$$;", "backfill"),
        ("DO $$BEGIN TRUNCATE fans; END$$;", "truncate"),
        ("TRUNCATE fans;", "truncate"),
        ("LOCK TABLE fans IN EXCLUSIVE MODE;", "lock-table"),
        ("VACUUM (FULL) fans;", "vacuum-full"),
        ("CLUSTER fans USING fans_pkey;", "vacuum-full"),
        ("SET lock_timeout = '1min'; ALTER TABLE fans ADD COLUMN age bigint;", "lock-timeout"),
        ("SET lock_timeout = 0; ALTER TABLE fans ADD COLUMN age bigint;", "lock-timeout"),
        ("SELECT 1; RESET ALL;", "lock-timeout"),
        ("BEGIN; SELECT 1;", "transaction-control"),
        ("SELECT 1; ROLLBACK;", "transaction-control"),
        ("\\i other.sql\nSELECT 1;", "psql-command"),
        ("ALTER TABLE fans ALTER COLUMN name SET NOT NULL;", "adding-not-nullable-field"),
        ("CREATE INDEX idx_fans_name ON fans (name);", "require-concurrent-index-creation"),
        ("DROP TABLE fans;", "ban-drop-table"),
    ],
)
def test_what_would_hurt_is_named_by_its_rule(fans, sql, rule):
    fans.write("131_hurt.sql", sql)
    fans.write("131_hurt_DOWN.sql", "SELECT 1;")
    assert rule in {found for file, _, found in rules(fans) if file == "131_hurt.sql"}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER t BEFORE UPDATE OF name ON fans FOR EACH ROW EXECUTE FUNCTION f();",
        "CREATE TABLE t (id bigint REFERENCES fans ON UPDATE CASCADE ON DELETE CASCADE);",
        "DO $$BEGIN PERFORM id FROM fans FOR UPDATE; END$$;",
        "INSERT INTO fans VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'TRUNCATE'; -- UPDATE fans",
    ],
)
def test_words_that_change_no_rows_are_no_backfill(fans, sql):
    fans.add(131, "harmless", sql)
    assert {rule for _, _, rule in rules(fans)} <= {"down-touches-earlier"}


def test_a_file_without_its_lock_timeout_is_named(fans):
    (fans.path / "131_hasty.sql").write_text("ALTER TABLE fans ADD COLUMN age bigint;\nSET lock_timeout = '2s';")
    (fans.path / "131_hasty_DOWN.sql").write_text("ALTER TABLE fans DROP COLUMN age;")
    found = rules(fans)
    assert ("131_hasty.sql", 1, "lock-timeout") in found
    assert ("131_hasty_DOWN.sql", 1, "lock-timeout") in found


def test_files_that_are_no_migration_are_named(folder):
    folder.add(130, "fans", FANS, "DROP TABLE fans;")
    folder.add(130, "tips", "SELECT 1;")
    folder.write("131_calls.sql", "SELECT 1;")
    folder.write("132_gone_DOWN.sql", "SELECT 1;")
    folder.write("Notes.sql", "SELECT 1;")
    (folder.path / "133_empty.sql").write_text("SET lock_timeout = '2s';\n-- later")
    folder.write("133_empty_DOWN.sql", "SELECT 1;")
    assert rules(folder) == [
        ("130_tips.sql", 1, "number-clash"),
        ("131_calls.sql", 1, "missing-twin"),
        ("132_gone_DOWN.sql", 1, "missing-twin"),
        ("133_empty.sql", 1, "empty-file"),
        ("Notes.sql", 1, "file-name"),
    ]


@pytest.mark.parametrize(
    ("down", "found"),
    [
        ("DROP TABLE tips; DROP TABLE fans;", True),
        ("DROP TABLE tips, fans;", True),
        ("ALTER TABLE fans DROP COLUMN name;", True),
        ("ALTER TABLE fans DROP COLUMN age, DROP COLUMN IF EXISTS name;", True),
        ("ALTER TABLE fans DROP CONSTRAINT fans_pkey;", True),
        ("DROP TRIGGER guard ON fans;", True),
        ("DROP FUNCTION greet(text);", True),
        ("DELETE FROM fans WHERE age > 1;", True),
        ("UPDATE ONLY fans SET name = '';", True),
        ("DO $$BEGIN DELETE FROM fans; END$$;", True),
        ("ALTER TABLE fans DROP COLUMN age, DROP CONSTRAINT age_known;", False),
        ("DROP TRIGGER mine ON fans; DROP FUNCTION mine();", False),
        ('DELETE FROM public."tips"; DROP TABLE tips;', False),
        ("ALTER TABLE fans ALTER COLUMN name DROP DEFAULT;", False),
    ],
)
def test_down_takes_back_only_what_its_up_made(fans, down, found):
    fans.write(
        "130_fans.sql", f"{FANS}\nCREATE FUNCTION greet(name text) RETURNS text LANGUAGE sql AS $$SELECT name$$;"
    )
    fans.write("130_fans_DOWN.sql", "DROP FUNCTION greet(text); DROP TABLE fans;")
    fans.add(
        131,
        "tips",
        "CREATE TABLE tips (id bigint PRIMARY KEY);\n"
        "ALTER TABLE fans ADD COLUMN age bigint, ADD CONSTRAINT age_known CHECK (age > 0) NOT VALID,\n"
        "  ALTER COLUMN name SET DEFAULT 'Sam';\n"
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;\n"
        "CREATE OR REPLACE FUNCTION greet(name text) RETURNS text LANGUAGE sql AS $$SELECT 'hi'$$;\n"
        "CREATE TRIGGER mine BEFORE UPDATE OF name ON fans FOR EACH ROW EXECUTE FUNCTION mine();",
        down,
    )
    assert ("down-touches-earlier" in {rule for _, _, rule in rules(fans)}) is found


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("id integer", True),
        ("fan_id int4 NOT NULL", True),
        ("n smallint PRIMARY KEY", True),
        ("n integer GENERATED ALWAYS AS IDENTITY", True),
        ("n serial", True),
        ("fan int REFERENCES fans ON DELETE CASCADE", True),
        ("n int, CONSTRAINT tips_key PRIMARY KEY (n)", True),
        ("tokens integer NOT NULL CHECK (tokens BETWEEN 1 AND 9), n int", False),
        ("fan bigint REFERENCES fans, day int, PRIMARY KEY (fan, day)", False),
    ],
)
def test_a_key_that_will_run_out_of_numbers_is_named(fans, column, found):
    fans.add(131, "tips", f"CREATE TABLE tips (\n  at timestamptz,\n  {column}\n);", "DROP TABLE tips;")
    assert (("131_tips.sql", 4, "narrow-key") in rules(fans)) is found


def test_a_narrow_key_added_to_a_table_is_named(fans):
    fans.add(131, "tips", "ALTER TABLE fans\n  ADD COLUMN age int,\n  ADD COLUMN tip_id int;",
             "ALTER TABLE fans DROP COLUMN age, DROP COLUMN tip_id;")  # fmt: skip
    assert rules(fans) == [("131_tips.sql", 4, "narrow-key")]


def test_cascade_is_named_because_it_takes_what_nobody_wrote(fans):
    fans.write("130_fans_DOWN.sql", "DROP TABLE fans CASCADE;")
    assert rules(fans) == [("130_fans_DOWN.sql", 2, "drop-cascade")]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE fans SET name = ''; -- lint: allow backfill: forty rows\n",
        "-- lint: allow backfill: forty rows\nUPDATE fans\nSET name = '';",
        "-- lint: allow backfill: forty rows\n-- that is all\n\nWITH a AS (SELECT 1)\nUPDATE fans SET name = '';",
    ],
)
def test_a_written_exception_with_its_why_is_honoured(fans, sql):
    fans.add(131, "names", sql)
    assert rules(fans) == []


def test_an_exception_covers_its_own_line_and_no_other(fans):
    fans.add(
        131,
        "names",
        "CREATE TABLE names (\n  fan_id int, -- lint: allow narrow-key: a few\n  tip_id int\n);\n"
        "UPDATE fans SET name = ''; -- lint: allow truncate: the wrong rule\n",
        "DROP TABLE names;",
    )
    assert rules(fans) == [
        ("131_names.sql", 4, "narrow-key"),
        ("131_names.sql", 6, "backfill"),
        ("131_names.sql", 6, "unused-exception"),
    ]


def test_an_exception_above_a_statement_ends_with_it(fans):
    fans.add(131, "names", "-- lint: allow backfill: forty rows\nUPDATE fans\nSET name = '';\nDELETE FROM fans;")
    assert rules(fans) == [("131_names.sql", 5, "backfill")]


@pytest.mark.parametrize(
    "remark", ["-- lint: allow backfill", "-- lint: allow backfill:  ", "-- squawk-ignore prefer-text-field"]
)
def test_an_exception_without_its_why_is_none(fans, remark):
    fans.add(131, "names", f"{remark}\nUPDATE fans SET name = '';")
    assert {rule for _, _, rule in rules(fans)} == {"backfill", "exception"}


def test_no_transaction_files_are_judged_as_such(fans):
    fans.add_index(131, "fans")
    fans.write("131_idx_fans.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY idx_fans ON fans (name);")
    fans.write(
        "131_idx_fans_DOWN.sql", "-- no-transaction\nSET lock_timeout = '2h';\nDROP INDEX CONCURRENTLY idx_fans;"
    )
    found = rules(fans)
    assert ("131_idx_fans.sql", 2, "lock-timeout") in found
    assert ("131_idx_fans_DOWN.sql", 3, "no-transaction") in found
    assert "ban-concurrent-index-creation-in-transaction" not in {rule for _, _, rule in found}


def test_squawk_by_itself_has_the_same_settings():
    settings = tomllib.loads((ROOT / ".squawk.toml").read_text())
    assert settings == {
        "pg_version": linting.PG_VERSION,
        "assume_in_transaction": True,
        "excluded_rules": list(linting.EXCLUDED),
    }


def test_the_shipped_migrations_have_nothing_to_mend():
    assert [str(finding) for finding in lint()] == []
