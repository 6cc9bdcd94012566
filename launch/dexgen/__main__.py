"""`python -m dexgen` is the command `dexgen`."""

import sys

from dexgen.cli import main

sys.exit(main())
