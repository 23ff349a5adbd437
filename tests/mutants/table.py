"""The table: every way in which the service is broken on purpose, and the tests that should notice."""

from tests.mutants import of_the_call, of_the_money
from tests.mutants.laws import LAWS

MUTANTS = [*of_the_call.MUTANTS, *of_the_money.MUTANTS]

__all__ = ["LAWS", "MUTANTS"]
