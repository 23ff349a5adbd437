"""The tool that tests the tests works, and its table speaks of the code as it is (`make mutants` runs it all)."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from tests.mutants.mutant import ROOT, Servers, run
from tests.mutants.table import LAWS, MUTANTS

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
QUICK = "a transaction need not sum to zero"
OTHER = "who joins after the end gets credentials"


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


@pytest.mark.timeout(300)
async def test_a_mutant_is_killed_and_what_no_test_sees_survives() -> None:
    blind = replace(BY_NAME[OTHER], killers=BY_NAME[QUICK].killers)
    tried = [BY_NAME[QUICK], blind]
    servers = Servers(1)
    try:
        results = await asyncio.gather(*(asyncio.to_thread(run, mutant, mutant.killers, servers) for mutant in tried))
    finally:
        servers.close()
    assert [r.outcome for r in results] == ["killed", "survived"], [r.output[-2000:] for r in results]
    assert results[0].by in " ".join(BY_NAME[QUICK].killers)
