"""StateComp, the provider site of a make-believe state's workers' compensation board."""
