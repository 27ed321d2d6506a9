"""RainierCare, a make-believe Medicaid plan: delegates, other coverage over time, codes of its own."""
