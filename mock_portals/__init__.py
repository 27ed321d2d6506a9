"""Make-believe payers' portals on loopback; they stand alone and import nothing of the harvester."""
