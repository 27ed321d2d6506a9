"""Finds installed flows: entry points of the group ``harvester.flows``, ours and other people's."""

from __future__ import annotations

from importlib.metadata import entry_points

from harvester.flow import Flow

GROUP = "harvester.flows"


def installed() -> tuple[dict[str, Flow], dict[str, str]]:
    """Return the flows by portal id, and for each entry point that is not usable the reason.

    A flow that fails to load, is not a ``Flow``, is named unlike its portal, or claims a portal that
    another one has, is not usable; the others are.
    """
    flows: dict[str, Flow] = {}
    broken: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        try:
            flow = point.load()
        except Exception as problem:  # noqa: BLE001 - a stranger's module may raise anything
            broken[point.value] = f"could not be loaded: {type(problem).__name__}"
            continue
        if not isinstance(flow, Flow):
            broken[point.value] = "is not a Flow"
        elif flow.portal.id != point.name:
            broken[point.value] = f"is registered as {point.name} but is {flow.portal.id}"
        elif point.name in flows:
            broken[point.value] = f"claims {point.name}, which another flow has"
        else:
            flows[point.name] = flow
    return flows, broken
