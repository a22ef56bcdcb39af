"""What every worker needs, loaded once: workers are forks of the process that imports this.

Importing the cleaner and loading the tables that even sound text asks for takes 0.7 s of CPU
time, and they are the same for all; as pages of memory that nobody writes they are shared.
"""

from __future__ import annotations

import gc

from cleaning.document import Document
from cleaning.dumps import parts
from cleaning.pipeline import clean

__all__ = ["parts"]

clean(Document.from_text("一行字，什么也没有。"))
gc.freeze()  # the tables are never garbage, and to look at them would copy their pages
