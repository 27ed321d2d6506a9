"""For whoever tests a flow: the portal's truth against what was read."""
