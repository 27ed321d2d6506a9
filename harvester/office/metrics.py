"""Counters for operators, as OpenMetrics text; portals, kinds and words of our own are the only labels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Sum
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector
from typing_extensions import override

from harvester.office import status
from harvester.office.clock import Clock
from harvester.office.models import Hold, Lookup, Stay
from harvester.office.plan import Urgency


def metrics(clock: Clock | None = None) -> str:
    """Return how much was looked up, what waits and for how long, holds and stays, by portal."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Rows(clock or Clock()))
    return str(generate_latest(registry), "utf-8")  # type: ignore[no-untyped-call]


class _Rows(Collector):
    """Counts rows when it is asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    def collect(self) -> Iterator[Metric]:
        ended = CounterMetricFamily(
            "harvester_lookups", "Lookups that ended.", labels=["portal", "kind", "state"]
        )
        rows = Lookup.objects.exclude(state=Lookup.State.WAITING).order_by()
        for portal, kind, state, count in rows.values_list("portal", "kind", "state").annotate(Count("pk")):
            ended.add_metric([portal, kind, state], count)
        yield ended
        yield from self._waiting()
        yield self._served()
        holds = GaugeMetricFamily(
            "harvester_accounts_held", "Accounts on hold.", labels=["portal", "trouble"]
        )
        held = Hold.objects.filter(release=None).order_by().values_list("account__portal", "trouble")
        for portal, trouble, count in held.annotate(Count("account", distinct=True)):
            holds.add_metric([portal, trouble], count)
        yield holds
        stays = CounterMetricFamily(
            "harvester_stays", "Stays that ended, by what ended them.", labels=["portal", "trouble"]
        )
        made = Stay.objects.filter(ended__isnull=False).order_by().values_list("account__portal", "trouble")
        for portal, trouble, count in made.annotate(Count("pk")):
            stays.add_metric([portal, trouble or "none"], count)
        yield stays
        yield GaugeMetricFamily("harvester_workers", "Workers that live.", value=len(status.working()))

    def _waiting(self) -> Iterator[Metric]:
        labels = ["portal", "who"]
        waiting = GaugeMetricFamily("harvester_lookups_waiting", "Lookups that wait.", labels=labels)
        oldest = GaugeMetricFamily(
            "harvester_lookups_waiting_oldest_seconds", "Since when the oldest of them waits.", labels=labels
        )
        now = self._clock.now()
        rows = Lookup.objects.filter(state=Lookup.State.WAITING).order_by()
        for who, which in _WHO.items():
            counted = rows.filter(which).values_list("portal").annotate(Count("pk"), Min("created"))
            for portal, count, since in counted:
                waiting.add_metric([portal, who], count)
                oldest.add_metric([portal, who], max((now - since).total_seconds(), 0))
        yield waiting
        yield oldest

    def _served(self) -> Metric:
        served = SummaryMetricFamily(
            "harvester_person_waited_seconds",
            "How long people waited for the lookups that they asked for.",
            labels=["portal"],
        )
        waited = ExpressionWrapper(F("done_at") - F("created"), output_field=DurationField())
        rows = Lookup.objects.filter(_WHO["person"], done_at__isnull=False).order_by()
        for portal, count, total in rows.values_list("portal").annotate(Count("pk"), total=Sum(waited)):
            served.add_metric([portal], count_value=count, sum_value=(total or timedelta()).total_seconds())
        return served


_WHO = {
    "person": Q(urgency__gte=Urgency.PERSON_WAITS),
    "sweep": Q(urgency__lt=Urgency.PERSON_WAITS),
}
