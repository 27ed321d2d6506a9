"""The pages."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from harvester.office import audit
from harvester.office.models import AuditRow, Person
from harvester.review.entrance import address
from harvester.review.forms import AuditSearch
from harvester.review.gate import may_open

FIRST = ("audit",)
"""Where somebody comes first: the first of these that they may open."""

A_PAGE = 100
"""Rows."""


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show a person their first page."""
    person = _person(request)
    for name in FIRST:
        if may_open(name, person):
            return redirect(name)
    return render(request, "review/nothing.html")


@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    """Show who did what, the newest first."""
    form = AuditSearch(request.GET, label_suffix="")
    rows = AuditRow.objects.select_related("by", "account").order_by("-seq")
    if form.is_valid():
        asked = form.cleaned_data
        if asked["action"]:
            rows = rows.filter(action=asked["action"])
        if asked["by"]:
            rows = rows.filter(by=asked["by"])
        if asked["member"]:
            rows = rows.filter(patient=audit.patient(asked["member"]))
    else:
        rows = rows.none()
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)  # before this search itself is an act
    audit.looked(
        AuditRow.Action.SEARCHED,
        by=_person(request),
        address=address(request),
        count=page.paginator.count,
        result="audit",
    )
    return render(request, "review/audit.html", {"form": form, "page": page})


@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Compare the whole audit with itself, with what it is about, and with the anchors."""
    found = audit.verify()
    result = f"row {found.seq} is wrong" if found.wrong else "whole"
    audit.looked(
        AuditRow.Action.AUDIT_VERIFIED,
        by=_person(request),
        address=address(request),
        count=found.rows,
        result=result,
    )
    return render(request, "review/verified.html", {"found": found})


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user
