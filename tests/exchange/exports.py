"""Example files, one for each system, as text; every person and number in them is made up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from openpyxl import Workbook

from harvester.exchange.worklists import Worklist, read_worklist

TODAY = date(2026, 7, 1)

CLAIMS = [
    "Claim ID", "Patient Account #", "Payer", "Member ID", "Patient Last Name", "Patient First Name", "DOB",
    "DOS From", "DOS To", "Billed Amount", "Balance", "Rendering NPI", "Tax ID", "Submitted", "Assigned To",
]  # fmt: skip
CLAIM = [
    "C-1", "PA-100", "Northlight", "NLH001", "Quill", "Ada", "02/03/1980",
    "06/01/2026", "06/03/2026", "$1,234.50", "1,234.50", "1234567893", "12-3456789", "06/05/2026", "Rowan",
]  # fmt: skip

EXPORTS = {
    "canonical": (
        "pcn,payer_key,member_id,patient_last,patient_first,dob,dos_from,dos_to,billed,billing_npi,rendering_npi,"
        "tin,payer_rank,icn,submitted_at,clearinghouse_status,last_checked,timely_filing_days,appeal_days,"
        "assigned_to,priority\n"
        "PA-1,NLH01,M1,Quill,Ada,1980-02-03,2026-06-01,2026-06-03,10.00,1234567893,1987654328,123456789,1,"
        "ICN9,2026-06-05,A2,2026-06-20,90,180,Rowan,high\n"
    ),
    "mock claims": ",".join(CLAIMS)
    + "\nC-1,PA-1,Northlight,M1,Quill,Ada,02/03/1980,06/01/2026,06/03/2026,10.00,10.00,1234567893,12-3456789,"
    "06/05/2026,Rowan\n",
    "mock appointments": (
        "Appointment,Date,Time,Payer,Member ID,Patient Last Name,Patient First Name,DOB,Provider,Service\n"
        "A-1,07/02/2026,09:30,Northlight,M1,Quill,Ada,02/03/1980,Dr Moss,Office visit\n"
    ),
    "PM-BAS follow-up": (
        "Account ID,Balance,Billed Amount,Claim Date,Claim,Date of Service,Days Outstanding,Facility,"
        "Patient ID,Patient DOB,Patient Name,Payer Rank,Practice,Tax ID,Payer,Plan,Procedure Code,Quantity,"
        "Rendering,NPI,Member Number,Group Number\n"
        'PA-1,10.00,10.00,06/02/2026,77,06/01/2026,29,Main,P9,02/03/1980,"Quill, Ada",1,Main,123456789,'
        "Northlight,Gold,99213,1,Dr Moss,1234567893,M1,G7\n"
    ),
    "PM-BAS aging": (
        "Practice,Account ID,Case ID,Claim ID,Guarantor,Patient,DOB,Gender,Member ID,Facility,Rendering,"
        "Payer,Plan,DOS,CPT,Billed,Expected,Balance,Age\n"
        'Main,PA-1,CA1,77,x,"Quill, Ada",02/03/1980,F,M1,Main,Dr Moss,Northlight,Gold,06/01/2026,99213,10.00,'
        "8.00,10.00,29\n"
    ),
    "status checker": (
        "AltPatientID,PatientName,DOB,StartDate,EndDate,InvoiceNumber,VisitDate\n"
        'M1,"Quill, Ada",02/03/1980,06/01/2026,06/03/2026,PA-1,06/02/2026\n'
    ),
    # As its source writes it: the header ends with a comma, and a row has the days of inactivity there.
    "OpenEMR": (
        "Insurance,Name,DOB,ID,Policy,Group Number,Invoice,DOS,Provider,Charge,Adjust,Paid,Balance,\n"
        '"Northlight","Quill, Ada M","1980-02-03","P9","M1","G7","12.340","2026-06-01","Moss, Fern","10.00",'
        '"-2.00","0.00","8.00","29",\n'
    ),
    "Open Dental": (
        "Carrier,Phone,Type,Patient Name,Date of Service,Date Sent,Amount\n"
        'Northlight,555-0100,P,"Quill, Ada",06/01/2026,06/05/2026,10.00\n'
    ),
    "Tebra": (
        'Date of service,Claim ID,Patient,Provider,Total charge\n06/01/2026,77,"Quill, Ada",Dr Moss,$10.00\n'
    ),
    "TherapyPMS": (
        "Claim,Patient Name,Payor Name,Date Range,Allowed amount,Paid,Adj,Balance\n"
        '77,"Quill, Ada",Northlight,06/01/2026 - 06/03/2026,$10.00,$0.00,($2.00),$8.00\n'
    ),
}


def imported(path: Path, content: str | bytes, *, payer: str | None = None) -> Worklist:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_worklist(path, today=TODAY, payer=payer)


def as_csv(rows: Iterable[Iterable[str]], delimiter: str = ",") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


def changed(**cells: str) -> list[str]:
    """Return the example claim with some cells changed, by the field's place in ``CLAIMS``."""
    places = {name.replace(" ", "_").replace("_#", ""): at for at, name in enumerate(CLAIMS)}
    row = list(CLAIM)
    for name, cell in cells.items():
        row[places[name]] = cell
    return row


def workbook(rows: Iterable[Iterable[object]]) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    return book


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
