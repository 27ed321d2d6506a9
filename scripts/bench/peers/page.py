"""Where things stand on the portal's claim page: one XPath a fact, for every peer the same."""

from __future__ import annotations

SUMMARY = {
    "claim_number": "Claim number",
    "patient_account_number": "Patient account number",
    "status": "Status",
    "received_date": "Received date",
    "processed_date": "Processed date",
}
PATIENT = {"patient_name": "Patient name", "member_id": "Member ID"}
AMOUNTS = {
    "billed": "Total billed",
    "allowed": "Total allowed",
    "paid": "Total paid",
    "patient_responsibility": "Patient responsibility",
}
WHERE = (
    {name: f'//dt[.="{label}"]/following-sibling::dd[1]' for name, label in SUMMARY.items()}
    | {name: f'//label[.="{label}"]/following-sibling::span[1]' for name, label in PATIENT.items()}
    | {name: f'//p[b="{label}:"]' for name, label in AMOUNTS.items()}
)
ROWS = '//table[contains(@class, "numbers")]/tbody/tr'
UNWANTED = ("image", "font", "media", "stylesheet")
"""What reading does not need, by Playwright's names of resource types."""
PAGES = 4
"""How many pages a tuned crawler has open at once."""


def words(name: str, text: str | None) -> str:
    """Return a fact's words: an amount's paragraph begins with its label."""
    label = AMOUNTS.get(name)
    return (text or "").strip().removeprefix(f"{label}:") if label else text or ""
