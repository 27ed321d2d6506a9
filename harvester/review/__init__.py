"""The web pages: what billers, the front desk and the administrator open. Never a browser, never a portal."""
