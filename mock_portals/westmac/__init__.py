"""Westmac Provider Gateway: a make-believe Medicare contractor's portal, all post-backs to one address."""
