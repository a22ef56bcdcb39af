"""Clean text: bytes and strings in, documents out.  No network, no database, no command line."""

from cleaning.document import Candidate, Document, Edit, EditError, FieldEdit, Label, Link
from cleaning.pipeline import STEPS, Step, clean

__all__ = [
    "STEPS",
    "Candidate",
    "Document",
    "Edit",
    "EditError",
    "FieldEdit",
    "Label",
    "Link",
    "Step",
    "clean",
]
