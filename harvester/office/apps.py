"""The office as a Django app."""

from django.apps import AppConfig
from typing_extensions import override

from harvester import logs


class Office(AppConfig):
    """What the practice keeps."""

    name = "harvester.office"
    label = "office"
    verbose_name = "Office"

    @override
    def ready(self) -> None:
        """Let nothing but listed keys into a log line, however Django was started."""
        logs.configure()
