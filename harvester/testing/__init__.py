"""What flows are tested with: mock portals, their truth, and the contract that every flow keeps."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harvester.testing.contract import Ending, FlowContract, Outcome

__all__ = ["Ending", "FlowContract", "Outcome"]


def __getattr__(name: str) -> Any:
    # The contract needs pytest and a browser, which the demo's comparison with the truth does not.
    if name not in __all__:
        raise AttributeError(name)
    import pytest

    pytest.register_assert_rewrite("harvester.testing.contract")
    from harvester.testing import contract

    return getattr(contract, name)
