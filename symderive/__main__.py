"""Run the command line with ``python -m symderive``."""

import sys

from symderive.cli import main

sys.exit(main())
