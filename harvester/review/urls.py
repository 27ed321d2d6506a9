"""The addresses of the pages; who may open them says :mod:`harvester.review.gate`."""

from django.urls import include, path

from harvester.review import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("audit/", pages.audit_list, name="audit"),
    path("audit/verify/", pages.audit_verify, name="audit_verify"),
    path("entrance/", include("allauth.account.urls")),
    path("entrance/factors/", include("allauth.mfa.urls")),
]
