"""One table, four forms: LaTeX (booktabs), Markdown, CSV and HTML, with digits that follow the error.

The object is a :class:`Table` of named columns, some of which are the standard errors of others; :func:`write` makes the
file whose suffix is given. The same content gives the same bytes, and the provenance travels as a comment.
"""

from rmt.tables.table import Table, as_table
from rmt.tables.writing import FORMATS, write, write_all

__all__ = ["FORMATS", "Table", "as_table", "write", "write_all"]
