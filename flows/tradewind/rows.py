"""Tradewind's tables row by row: base rows and remaining rows of one thing belong together."""

from collections.abc import Mapping

from flows.tradewind import codes
from harvester.model.claim import ClaimRow, ServiceLine
from harvester.model.codes import MODIFIER, PROCEDURE, SERVICE_TYPE, ClaimStatus
from harvester.model.eligibility import Accumulator, Benefit, Coverage, Limit, OtherCoverage
from harvester.model.shown import Shown
from harvester.reading import Record, Region
from harvester.reading.region import Table

YEAR, LEFT = "23", "29"
OWED = ("B", "A")
"""A fee and a percentage: what the member owes."""


def meanings(found: Region, system: str) -> Mapping[str, str]:
    """Return what the hub says that the codes of one of its lists mean."""
    rows = [row for row in found.table("Codes on this page") if row.cell("List").words == system]
    return {row.cell("Code").words: row.cell("Meaning").words for row in rows}


def coverage(row: Record) -> Coverage:
    """Read one plan period."""
    return row.into(
        Coverage,
        plan_name="Plan",
        product="Product",
        group_number="Group no.",
        status=("Info", codes.COVERAGE),
        effective_date="Begin",
        end_date="End",
    )


def accumulator(rows: Table) -> Accumulator:
    """Read a base amount and what is left of it, where the payer says."""
    base = rows.only("Period", YEAR)
    return base.into(
        Accumulator,
        kind=base.one_of("Info", codes.KINDS),
        level=("Level", codes.LEVELS),
        network=("Network", codes.NETWORKS),
        period=("Period", codes.PERIODS),
        limit="Amount",
        remaining=rows.only("Period", LEFT, optional=True).money("Amount", optional=True),
    )


def benefit(rows: Table, services: Mapping[str, str]) -> Benefit:
    """Read what the member owes for a service, as fee or percentage."""
    fee, part = (rows.only("Info", info, optional=True) for info in OWED)
    return rows.rows[0].into(
        Benefit,
        service=rows.rows[0].code("Service", SERVICE_TYPE, services),
        network=("Network", codes.NETWORKS),
        copay=fee.money("Amount", optional=True),
        coinsurance=part.share("Percent", optional=True),
        authorization_required="Auth",
    )


def limit(rows: Table, services: Mapping[str, str]) -> Limit:
    """Read a limit and what is left of it."""
    base = rows.only("Period", YEAR)
    return base.into(
        Limit,
        service=base.code("Service", SERVICE_TYPE, services),
        unit=("Unit", codes.UNITS),
        period=("Period", codes.PERIODS),
        allowed="Quantity",
        remaining=rows.only("Period", LEFT, optional=True).count("Quantity", optional=True),
    )


def other(row: Record) -> OtherCoverage:
    """Read another insurer."""
    return row.into(
        OtherCoverage,
        order=("Order", codes.ORDERS),
        payer_name="Insurer",
        policy_number="Policy no.",
        group_number="Group no.",
        insured_name="Insured",
        effective_date="Begin",
        end_date="End",
        last_updated="Updated",
    )


def row(row: Record, status: Mapping[str, ClaimStatus]) -> ClaimRow:
    """Read one claim of a batch."""
    return row.into(
        ClaimRow,
        claim_number="Payer claim no.",
        patient_account_number="Account no.",
        patient_name="Patient",
        service_from="Service from",
        service_to="Service thru",
        processed_date="Finalized",
        billed="Charge",
        paid="Paid",
        status=("Category:code", status),
    )


def pended(found: Region, level: Record, table: Mapping[str, ClaimStatus]) -> tuple[Shown[str], ...]:
    """Return the hub's words for the code of a claim that is held up."""
    status = level.mapped("Category:code", table)
    if status.value not in codes.PENDED:
        return ()
    rows = found.table("Codes on this page").where("List", "Status")
    return (rows.only("Code", f"{status.words}").text("Meaning"),)


def line(row: Record, status: Mapping[str, ClaimStatus]) -> ServiceLine:
    """Read one line of a claim."""
    return row.into(
        ServiceLine,
        number="Line",
        service_from="From",
        service_to="Thru",
        procedure=row.code("Procedure", PROCEDURE),
        modifiers=row.codes("Mods", MODIFIER, separator=" "),
        units=row.quantity("Units"),
        billed="Charge",
        paid="Paid",
        status=("Category:code", status),
    )
