"""Worklists in: every export is understood, every row is an item or rejected with its reason."""

from __future__ import annotations

import csv
import io
import stat
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from harvester.exchange.sheets import LARGEST
from harvester.exchange.worklists import WorklistError, read_worklist, write_rejects
from tests.exchange.exports import CLAIM, CLAIMS, EXPORTS, TODAY, as_csv, changed, imported, saved, workbook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "export.csv"


def reason(path: Path, **cells: str) -> str:
    worklist = imported(path, as_csv([CLAIMS, changed(**cells)]))
    assert worklist.items == ()
    return worklist.rejected[0].reason


# Systems


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (
            "canonical",
            {"payer_claim_number": "ICN9", "billing_npi": "1234567893", "payer_rank": 1, "appeal_days": 180},
        ),
        ("mock claims", {"claim_id": "C-1", "tin": "123456789", "submitted_date": date(2026, 6, 5)}),
        (
            "mock appointments",
            {"kind": "appointment", "appointment_id": "A-1", "service_from": date(2026, 7, 2)},
        ),
        ("PM-BAS follow-up", {"claim_id": "77", "procedure": "99213", "rendering_npi": "1234567893"}),
        ("PM-BAS aging", {"claim_id": "77", "patient_account_number": "PA-1", "plan": "Gold"}),
        ("status checker", {"member_id": "M1", "service_to": date(2026, 6, 3), "payer": "Given"}),
        ("OpenEMR", {"member_id": "M1", "patient_id": "P9", "patient_first": "Ada", "balance": Decimal(8)}),
        ("Open Dental", {"billed": Decimal(10), "submitted_date": date(2026, 6, 5), "member_id": None}),
        ("Tebra", {"claim_id": "77", "billed": Decimal(10), "payer": "Given"}),
        (
            "TherapyPMS",
            {"claim_id": "77", "service_to": date(2026, 6, 3), "adjusted": Decimal(-2), "billed": None},
        ),
    ],
)
def test_each_systems_columns_mean_what_they_mean_there(
    path: Path, system: str, expected: dict[str, object]
) -> None:
    worklist = imported(path, EXPORTS[system], payer="Given")
    assert worklist.rejected == ()
    (item,) = worklist.items
    assert {name: getattr(item, name) for name in expected} == expected
    assert (item.patient_last, item.patient_first) == ("Quill", "Ada")


@pytest.mark.parametrize(
    ("system", "searches"),
    [
        ("canonical", ("eligibility", "claim_number", "account")),
        ("mock claims", ("eligibility", "account")),
        ("mock appointments", ("eligibility",)),
        ("PM-BAS follow-up", ("eligibility", "account")),
        ("PM-BAS aging", ("eligibility", "account")),
        ("status checker", ("eligibility", "account")),
        ("OpenEMR", ("eligibility", "account")),
        ("Open Dental", ()),
        ("Tebra", ()),
        ("TherapyPMS", ()),
    ],
)
def test_what_each_systems_export_is_enough_for_is_said(
    path: Path, system: str, searches: tuple[str, ...]
) -> None:
    (item,) = imported(path, EXPORTS[system], payer="Given").items
    assert item.searches == searches


def test_an_openemr_invoice_is_written_as_on_the_claim(path: Path) -> None:
    (item,) = imported(path, EXPORTS["OpenEMR"]).items
    assert item.patient_account_number == "12-340"


@pytest.mark.parametrize("system", ["Tebra", "status checker"])
def test_a_row_of_an_export_without_payers_is_rejected_when_none_is_given(path: Path, system: str) -> None:
    worklist = imported(path, EXPORTS[system])
    assert [row.reason for row in worklist.rejected] == ["no payer is named"]


def test_headers_that_are_not_understood_are_listed(path: Path) -> None:
    columns = imported(path, EXPORTS["Open Dental"]).columns
    assert columns.not_understood == ("Phone", "Type")
    assert columns.understood["Amount"] == "billed"
    assert columns.system == "Open Dental"


def test_headers_are_compared_without_case_spaces_and_punctuation(path: Path) -> None:
    shouted = [f" {name.upper().replace(' ', '_')}: " for name in CLAIMS]
    assert len(imported(path, as_csv([shouted, CLAIM])).items) == 1


# Files that cannot be used


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n\n ", "is empty"),
        (b"\x00\x01\x02", "is not a spreadsheet"),
        (b"\x81\x8d\x8f", "unknown encoding"),
        (b"PK\x03\x04 and no more", "damaged"),
        (b"name of a song,length\nx,y\n", "no row"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old Excel file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        (b"Payer,DOB,DOS,Date of Service\n", "are both service_from"),
        (b"Payer,Member ID,DOB,ID\n", "“ID” means different things: name it member_id or"),
        (b"Payer,Member ID,Appointment,Claim ID\n", "of claims and of appointments"),
        (b"Insurance,Invoice,Appointment,DOB\n", "appointment list and of OpenEMR"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(WorklistError) as caught:
        imported(path, content)
    assert sentence in str(caught.value)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(WorklistError, match="cannot be opened"):
        read_worklist(path, today=TODAY)


def test_a_file_of_more_than_fifty_megabytes_is_refused_unread(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(WorklistError, match="larger than 50 MB"):
        read_worklist(path, today=TODAY)


def test_a_workbook_that_unpacks_to_far_more_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(501 * 2**20))
    with pytest.raises(WorklistError, match="unpacks to more"):
        read_worklist(path, today=TODAY)


def test_a_workbook_with_two_tables_is_refused(path: Path) -> None:
    book = workbook([CLAIMS, CLAIM])
    second = book.create_sheet("Old")
    second.append(CLAIMS)
    with pytest.raises(WorklistError, match="2 worksheets"):
        imported(path, saved(book))


# CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_makes_headers(path: Path, delimiter: str) -> None:
    text = as_csv([["Open claims, all; payers"], CLAIMS, CLAIM], delimiter)
    assert len(imported(path, text).items) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_names_survive_every_encoding(path: Path, encoding: str) -> None:
    text = as_csv([CLAIMS, changed(Patient_Last_Name="Núñez")])
    (item,) = imported(path, text.encode(encoding)).items
    assert item.patient_last == "Núñez"


def test_a_line_number_is_that_of_the_physical_line_on_which_the_row_starts(path: Path) -> None:
    rows = [["All claims"], [], CLAIMS, changed(Assigned_To="Rowan\nor Fern"), changed(DOB="Not Found")]
    worklist = imported(path, as_csv(rows))
    assert (worklist.header_line, worklist.lines) == (3, (4,))
    assert [row.line for row in worklist.rejected] == [6]


def test_an_unpaired_quotation_mark_costs_one_row(path: Path) -> None:
    text = as_csv([CLAIMS]) + '"C-0,PA-1\r\n' + as_csv([CLAIM, changed(Claim_ID="C-2", Assigned_To='"R"')])
    worklist = imported(path, text)
    assert [item.claim_id for item in worklist.items] == ["C-1", "C-2"]
    assert [(row.line, row.cells) for row in worklist.rejected] == [(2, ('"C-0,PA-1',))]
    assert "quotation marks" in worklist.rejected[0].reason


def test_a_row_whose_cells_have_slipped_is_rejected(path: Path) -> None:
    text = as_csv([CLAIMS]) + ",".join(changed(Billed_Amount="1,234.50")) + "\n"
    assert "17 cells where the header has 15" in imported(path, text).rejected[0].reason


def test_a_row_that_breaks_off_is_rejected(path: Path) -> None:
    worklist = imported(path, as_csv([CLAIMS, CLAIM[:9]]))
    assert "9 cells where the header has 15" in worklist.rejected[0].reason


# Rows that are no rows


def test_titles_above_the_header_are_passed_over(path: Path) -> None:
    text = as_csv([["Open claims"], ["Payer:", "All"], [], CLAIMS, CLAIM])
    assert len(imported(path, text).items) == 1


@pytest.mark.parametrize(
    "row",
    [
        ["Total", *[""] * 8, "$1,234.50", "$1,234.50", *[""] * 4],
        ["", "Grand Total (1 claims):", *[""] * 7, "$1,234.50", *[""] * 5],
        ["", *[""] * 8, "$1,234.50", "$1,234.50", *[""] * 4],
        ["Totals", "$1,234.50"],
    ],
)
def test_a_total_is_reported_as_one(path: Path, row: list[str]) -> None:
    worklist = imported(path, as_csv([CLAIMS, CLAIM, row]))
    assert [row.reason for row in worklist.rejected] == ["a total, not a claim"]
    assert len(worklist.items) == 1


def test_a_patient_called_total_is_followed(path: Path) -> None:
    assert len(imported(path, as_csv([CLAIMS, changed(Patient_Last_Name="Total")])).items) == 1


def test_the_header_repeated_on_the_next_page_is_reported(path: Path) -> None:
    worklist = imported(path, as_csv([CLAIMS, CLAIM, CLAIMS]))
    assert [row.reason for row in worklist.rejected] == ["the header again, not a row"]


# Repeats


def test_a_row_that_repeats_another_is_reported_with_its_line(path: Path) -> None:
    worklist = imported(path, as_csv([CLAIMS, CLAIM, CLAIM]))
    assert [(row.line, row.reason) for row in worklist.rejected] == [(3, "the same row as line 2")]


def test_a_claim_listed_twice_with_different_details_says_which(path: Path) -> None:
    worklist = imported(path, as_csv([CLAIMS, CLAIM, changed(Balance="5.00", Assigned_To="Fern")]))
    assert [row.reason for row in worklist.rejected] == [
        "the same claim as line 2, but different in balance, assigned_to"
    ]


def test_service_lines_of_one_claim_are_followed_once(path: Path) -> None:
    text = EXPORTS["PM-BAS follow-up"]
    second = text.splitlines()[1].replace("99213", "93000")
    worklist = imported(path, text + second + "\n")
    assert [row.reason for row in worklist.rejected] == [
        "another service line of the claim in line 2, which is followed once"
    ]


def test_a_claim_at_its_second_payer_is_another_item(path: Path) -> None:
    assert len(imported(path, as_csv([CLAIMS, CLAIM, changed(Payer="Southlight")])).items) == 2


# Cells


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"DOB": "Not Found"}, "“DOB” is not a date"),
        ({"DOB": "02/30/1980"}, "“DOB” is a day that does not exist"),
        ({"DOB": "13/12/1980"}, "“DOB” is a day that does not exist"),
        ({"DOB": "01/02/0206"}, "“DOB” is more than 120 years ago"),
        ({"DOB": "07/02/2026"}, "“DOB” is after today"),
        ({"DOB": "1985"}, "“DOB” is more than 120 years ago"),
        ({"DOB": "06/02/2026"}, "the date of service is before the patient's birth"),
        ({"DOS_From": "07/02/2026", "DOS_To": ""}, "“DOS From” is after today"),
        ({"DOS_From": "06/04/2026"}, "the last day of service is before the first"),
        ({"DOS_From": ""}, "there is a last day of service without a first"),
        ({"DOS_From": "06/01/2026 - 06/03/2026"}, "“DOS From” holds two days"),
        ({"Billed_Amount": "ten"}, "“Billed Amount” is not an amount in dollars"),
        ({"Billed_Amount": "1.234,50"}, "“Billed Amount” is not an amount in dollars"),
        ({"Member_ID": "1.23457E+11"}, "“Member ID” lost its digits in a spreadsheet"),
        ({"Member_ID": "2026-06-01"}, "“Member ID” was turned into a date"),
        ({"Member_ID": "#REF!"}, "“Member ID” holds a spreadsheet's error"),
        ({"Member_ID": "M\x07"}, "“Member ID” holds characters that cannot be printed"),
        ({"Member_ID": "M1\nM2"}, "“Member ID” has several lines"),
        ({"Member_ID": "M" * 81}, "“Member ID” is not usable: string should have at most 80 characters"),
        ({"Rendering_NPI": "12345"}, "“Rendering NPI” is not an NPI of ten digits"),
        ({"Tax_ID": "xxx-xx-1234"}, "“Tax ID” is not a tax id of nine digits"),
        ({"Payer": "NaN"}, "no payer is named"),
        (
            {"Patient_Account": "", "Member_ID": "--", "Patient_Last_Name": "", "Patient_First_Name": ""},
            "nothing to search by",
        ),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(path: Path, cells: dict[str, str], sentence: str) -> None:
    assert sentence in reason(path, **cells)


def test_a_reason_never_repeats_a_cell(path: Path) -> None:
    assert "Not Found" not in reason(path, DOB="Not Found")


@pytest.mark.parametrize(
    "blank", ["", "  ", "NaN", "None", "N/A", "--", "null", "NULL", "NaT", "\N{EM DASH}"]
)
def test_what_means_nothing_is_nothing(path: Path, blank: str) -> None:
    (item,) = imported(path, as_csv([CLAIMS, changed(Member_ID=blank)])).items
    assert item.member_id is None


@pytest.mark.parametrize("name", ["Null", "NA"])
def test_names_that_look_like_nothing_are_names(path: Path, name: str) -> None:
    (item,) = imported(path, as_csv([CLAIMS, changed(Patient_Last_Name=name)])).items
    assert item.patient_last == name


@pytest.mark.parametrize("name", ["Ada Quill", "Quill Ada", "Quill, Ada, Jr", "Quill,"])
def test_a_name_that_cannot_be_split_is_kept_whole(path: Path, name: str) -> None:
    text = as_csv([["Payer", "Member ID", "DOB", "DOS", "Patient"], ["N", "M1", "2/3/80", "6/1/26", name]])
    (item,) = imported(path, text).items
    assert (item.patient_name, item.patient_last, item.searches) == (name, None, ())
    assert item.missing_for("eligibility") == ("the patient's last and first name apart",)


def test_a_range_of_days_is_a_first_and_a_last_day(path: Path) -> None:
    for text in ("06/01/2026 - 06/03/2026", "06/01/2026-06/03/2026", "2026-06-01 to 2026-06-03"):
        table = as_csv([["Payer", "Member ID", "Patient", "DOS"], ["N", "M1", "Quill, Ada", text]])
        (item,) = imported(path, table).items
        assert (item.service_from, item.service_to) == (date(2026, 6, 1), date(2026, 6, 3))


def test_one_day_of_service_is_the_first_and_the_last(path: Path) -> None:
    (item,) = imported(path, as_csv([CLAIMS, changed(DOS_To="")])).items
    assert item.service_to == date(2026, 6, 1)


# Spreadsheets


def test_typed_cells_of_a_workbook_are_read(path: Path) -> None:
    row = [
        77, 100200, "Northlight", 12345.0, "Quill", "Ada", datetime(1980, 2, 3),  # noqa: DTZ001 - as openpyxl has it
        date(2026, 6, 1), 46176, 1234.5, 0.1 + 0.2, 1234567893, 12345678, "46178", None,
    ]  # fmt: skip
    (item,) = imported(path, saved(workbook([CLAIMS, row]))).items
    assert (item.claim_id, item.patient_account_number, item.member_id) == ("77", "100200", "12345")
    assert (item.birth_date, item.service_from) == (date(1980, 2, 3), date(2026, 6, 1))
    assert (item.service_to, item.submitted_date) == (date(2026, 6, 3), date(2026, 6, 5))
    assert (item.billed, item.balance) == (Decimal("1234.50"), Decimal("0.30"))
    assert (item.rendering_npi, item.tin) == ("1234567893", "012345678")


def test_a_workbook_of_the_1904_system_counts_from_1904(path: Path) -> None:
    book = workbook([CLAIMS])
    book.epoch = CALENDAR_MAC_1904
    days = (date(2026, 6, 1) - date(1904, 1, 1)).days
    assert book.active is not None
    book.active.append([*CLAIM[:6], date(1980, 2, 3), days, str(days + 2), *CLAIM[9:]])
    worklist = imported(path, saved(book))
    (item,) = worklist.items
    assert worklist.date_system == "1904"
    assert (item.birth_date, item.service_from, item.service_to) == (
        date(1980, 2, 3),
        date(2026, 6, 1),
        date(2026, 6, 3),
    )


def test_leading_zeros_that_a_format_shows_are_kept(path: Path) -> None:
    book = workbook([CLAIMS, [*CLAIM[:3], 123, *CLAIM[4:]]])
    assert book.active is not None
    book.active["D2"].number_format = "000000"
    (item,) = imported(path, saved(book)).items
    assert item.member_id == "000123"


@pytest.mark.parametrize(("number", "sentence"), [(12.34, "decimal number"), (10**16, "more digits")])
def test_an_identifier_whose_digits_a_spreadsheet_may_have_lost_is_rejected(
    path: Path, number: float, sentence: str
) -> None:
    worklist = imported(path, saved(workbook([CLAIMS, [*CLAIM[:3], number, *CLAIM[4:]]])))
    assert sentence in worklist.rejected[0].reason


def test_rows_beyond_a_wrong_dimension_are_read(path: Path) -> None:
    content = saved(workbook([CLAIMS, CLAIM]))
    changed_file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed_file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<dimension ref="A1:O2"', b'<dimension ref="A1"'))
    assert b'ref="A1"' in zipfile.ZipFile(changed_file).read("xl/worksheets/sheet1.xml")
    assert len(imported(path, changed_file.getvalue()).items) == 1


def test_the_line_of_a_workbooks_row_is_its_row_number(path: Path) -> None:
    worklist = imported(path, saved(workbook([["Open claims"], [], CLAIMS, [], CLAIM])))
    assert (worklist.header_line, worklist.lines) == (3, (5,))


def test_notes_beside_a_workbooks_table_do_no_harm(path: Path) -> None:
    assert len(imported(path, saved(workbook([CLAIMS, [*CLAIM, None, "call them"]]))).items) == 1


# Rejects


def test_rejects_are_written_with_line_reason_and_cells(path: Path, tmp_path: Path) -> None:
    worklist = imported(path, as_csv([CLAIMS, changed(DOB="Not Found")]))
    write_rejects(worklist, tmp_path / "rejects.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "rejects.csv").read_text("utf-8-sig"), newline="")))
    assert rows == [["Line", "Reason", *CLAIMS], ["2", "“DOB” is not a date", *changed(DOB="Not Found")]]


def test_rejects_are_readable_by_their_owner_only(path: Path, tmp_path: Path) -> None:
    write_rejects(imported(path, as_csv([CLAIMS, CLAIM])), tmp_path / "rejects.csv")
    assert stat.S_IMODE((tmp_path / "rejects.csv").stat().st_mode) == 0o600


def test_corrected_rejects_can_be_imported(path: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    write_rejects(imported(path, as_csv([CLAIMS, changed(DOB="Not Found", Assigned_To="=Rowan")])), rejects)
    rejects.write_text(rejects.read_text("utf-8-sig").replace("Not Found", "02/03/1980"), "utf-8")
    (item,) = read_worklist(rejects, today=TODAY).items
    assert item.assigned_to == "=Rowan"
