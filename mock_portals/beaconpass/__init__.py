"""BeaconPass: a make-believe sign-in broker, and the two health plans that people reach through it."""
