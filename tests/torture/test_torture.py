# SPDX-License-Identifier: MIT
"""The short form of every scenario; `make torture` is the long one."""
import pytest

import torture
from scenario import run, scenarios

assert torture.scenarios is scenarios
SHORT = [one for one in scenarios.values() if one.in_short]


@pytest.mark.parametrize("scenario", SHORT, ids=lambda one: one.name)
def test_it_holds_under_torture(scenario, tmp_path):
    result = run(scenario, False, tmp_path)
    if result["skipped"]:
        pytest.skip(result["skipped"])
    assert not result["failures"], "\n".join([scenario.title, *result["failures"]])
