"""Print the reports that ``compare.py`` has written: ``python summarise.py pretix.json ...``."""

import json
import sys
from pathlib import Path

from comparing.report import summary

for name in sys.argv[1:]:
    print(summary(json.loads(Path(name).read_text())))
