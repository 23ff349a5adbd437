"""A file is cut where psql cuts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.core.migrate.statements import cut

# each holds semicolons and commands that do not count
WHOLE = [
    "SELECT 1",
    "SELECT 'a;b', 'it''s; COMMIT'",
    r"SELECT E'\';', date'2026-01-01'",
    'SELECT ";" FROM "odd;name"',
    "SELECT /* ; /* nested ; */ COMMIT; */ 2",
    "SELECT 1 -- ; COMMIT;\n + 1",
    "DO $$BEGIN COMMIT; END$$",
    "DO $a$BEGIN EXECUTE $$SELECT 1;$$; END$a$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $f$ SELECT 1; $f$",
    "CREATE FUNCTION f(i int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN i > 0 THEN 1 ELSE 2 END; SELECT 3; END",
    "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
    "SELECT $1, a$b$c FROM t",
]


@given(st.lists(st.tuples(st.sampled_from(WHOLE), st.sampled_from(["", "\n", " -- ;\n", "\n/* ; */ "])), max_size=6))
def test_statements_come_apart_as_they_were_put_together(pieces):
    sql = "".join(f"{gap}{whole};" for whole, gap in pieces)
    assert [statement.text for statement in cut(sql).statements] == [whole for whole, _ in pieces]


@given(st.lists(st.sampled_from(WHOLE), min_size=1, max_size=6))
def test_a_statement_knows_its_line(pieces):
    sql = ";\n\n".join(pieces) + "\n"
    lines = sql.splitlines()
    for statement in cut(sql).statements:
        assert lines[statement.line - 1].startswith(statement.text.splitlines()[0])
        assert len(statement.code) == len(statement.text)
        assert statement.last_line == statement.line + statement.text.count("\n")


@pytest.mark.parametrize("whole", WHOLE)
def test_what_is_not_code_is_blank(whole):
    code = cut(whole).statements[0].code
    assert "COMMIT" not in code
    assert code.startswith(whole[:2])


@given(st.text(alphabet="a;'\"$-/*() \n\\E", max_size=40))
def test_any_text_is_cut_without_losing_a_character_of_code(text):
    script = cut(text)
    assert len(script.code) == len(text)
    assert script.code.count("\n") == text.count("\n")
    for statement in script.statements:
        assert statement.text in text
