"""The table of mutants speaks of the code as it is. `make mutants` breaks it."""

from collections import Counter

from tests.mutants.mutant import ROOT
from tests.mutants.table import LAWS, MUTANTS


def test_every_mutant_has_a_place_in_the_code() -> None:
    for mutant in MUTANTS:
        assert (ROOT / mutant.path).read_text().count(mutant.old) == 1, mutant.name
        assert mutant.old != mutant.new
    assert [name for name, times in Counter(mutant.name for mutant in MUTANTS).items() if times > 1] == []


def test_every_killer_is_a_test() -> None:
    for killer in {killer for mutant in MUTANTS for killer in mutant.killers}:
        path, _, name = killer.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text() if name else (ROOT / path).exists(), killer


def test_every_law_is_broken_by_some_mutant() -> None:
    assert {mutant.law for mutant in MUTANTS} == set(LAWS)
