"""Tradewind Exchange — Provider Desk: a make-believe clearinghouse's hub over three payers."""
