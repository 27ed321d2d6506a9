"""The web pages as a Django app."""

from django.apps import AppConfig
from typing_extensions import override


class Review(AppConfig):
    """The web pages."""

    name = "harvester.review"
    label = "review"

    @override
    def ready(self) -> None:
        """Let signing in be audited."""
        from harvester.review import entrance

        entrance.listen()
