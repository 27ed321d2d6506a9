"""Code systems by their addresses, under which truth tells codes."""

CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
RARC = "https://x12.org/codes/remittance-advice-remark-codes"
PROCEDURE = "urn:cms:hcpcs"
MODIFIER = "urn:cms:hcpcs-modifier"
DIAGNOSIS = "http://hl7.org/fhir/sid/icd-10-cm"
SERVICE_TYPE = "https://x12.org/codes/service-type-codes"
PROVIDER_ADJUSTMENT = "https://x12.org/codes/provider-adjustment-reason-codes"
