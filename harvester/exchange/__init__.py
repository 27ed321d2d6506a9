"""Files in and out: worklists, spreadsheets, FHIR, X12."""
