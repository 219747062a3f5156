"""A plugin that is to be disabled: its import leaves a trace."""

import os

os.environ["FAULTY_BLOCKED_WAS_IMPORTED"] = "yes"
