"""`python -m escalation` is the command `escalation`."""

from escalation.cli.app import main

main()
