"""BeaconPass's flow: a sign-in broker with codes by e-mail and authenticator, and two plans behind it."""

from flows.beaconpass import mossbridge, northpeak
from flows.beaconpass.portal import PORTAL, of_carrier, sign_in, sign_out
from harvester.flow import Flow

FLOW = Flow(
    PORTAL,
    sign_in,
    sign_out,
    eligibility=of_carrier({"NPHP4": northpeak.eligibility, "MBHC2": mossbridge.eligibility}),
    claims=of_carrier({"NPHP4": northpeak.claims, "MBHC2": mossbridge.claims}),
    claim=of_carrier({"NPHP4": northpeak.claim, "MBHC2": mossbridge.claim}),
    payments=of_carrier({"NPHP4": northpeak.payments}),
    authorizations=of_carrier({"MBHC2": mossbridge.authorizations}),
)
