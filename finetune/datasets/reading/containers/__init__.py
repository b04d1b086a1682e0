"""Files that hold records in another way than as text: packed, in columns, in sheets.

Only a worker reads them: what needs pyarrow or openpyxl is imported where it is read.
"""
