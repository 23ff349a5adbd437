"""How generated stories are told: the same ones in every run; STORIES=N tells N others."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test


def tell(machine: Callable[[], Any], *, stories: int, steps: int) -> None:
    """`stories` unless STORIES says how many, of up to `steps` steps each."""
    made: Any = machine  # the library asks for a class and calls it
    run_state_machine_as_test(
        made,
        settings=settings(
            max_examples=int(os.environ.get("STORIES", stories)),
            stateful_step_count=steps,
            derandomize="STORIES" not in os.environ,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
